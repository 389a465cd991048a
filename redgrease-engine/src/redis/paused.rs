//! Waiting for a server that pauses its clients, or hands over to a replica. It would end itself at the first write.

use super::context::Context;
use super::lend::keep;
use super::lock::{self, LockGuard};
use super::timer::after;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How long a thread or a job waits before it looks again.
pub(crate) const WHILE_PAUSED: Duration = Duration::from_millis(10);

/// `true` while the server must not write: during `CLIENT PAUSE`, `FAILOVER`, and a `SHUTDOWN` that waits for replicas.
#[cfg(not(test))]
pub(crate) fn is_paused() -> bool {
    // SAFETY: the static is written once, while loading; a copy is read. The function has no preconditions.
    unsafe { super::raw::RedisModule_AvoidReplicaTraffic.is_some_and(|avoid| avoid() != 0) }
}

/// Unit tests run without a server.
#[cfg(test)]
pub(crate) fn is_paused() -> bool {
    false
}

/// The server was paused when its role changed last.
static HANDED_OVER: AtomicBool = AtomicBool::new(false);

/// Called while the role of the server changes.
pub(super) fn role_changes() {
    HANDED_OVER.store(is_paused(), Ordering::Relaxed);
}

/// `true` if this server, which is a replica now, has handed over to its new master, which has all of its writes. A master that was
/// replaced because it did not answer may have made writes that are lost.
pub(crate) fn has_handed_over() -> bool {
    HANDED_OVER.load(Ordering::Relaxed)
}

/// As [`super::locked`], for a body that writes or tells replicas something: a thread without the lock waits while the server is
/// paused. A thread that holds the lock began when the server was not paused.
pub(crate) fn locked_to_write<R>(body: impl FnOnce(&Context) -> R) -> R {
    if let Some(_kept) = keep() {
        return lock::locked(body);
    }
    loop {
        let guard = LockGuard::acquire();
        if !is_paused() {
            let outcome = lock::locked(body);
            drop(guard);
            return outcome;
        }
        drop(guard);
        thread::sleep(WHILE_PAUSED);
    }
}

/// As [`super::after`], for a job that writes or tells replicas something: it waits while the server is paused.
pub(crate) fn after_to_write(
    context: &Context,
    delay: Duration,
    job: impl FnOnce(&Context) + Send + 'static,
) {
    after(context, delay, |context| {
        if is_paused() {
            after_to_write(context, WHILE_PAUSED, job);
        } else {
            job(context);
        }
    });
}
