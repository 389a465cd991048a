//! The end of the server.
//!
//! Valkey releases its lock while it shuts down, to wait for threads of its scripting engines, and ends itself with an assertion
//! if another thread has the lock then. So on Valkey no thread waits for the lock in the server's queue: it waits in the engine's
//! own (`queue.rs`), and no longer looks for the lock once the server shuts down.

use super::call::{Rights, call};
use super::context::Context;
use super::lock;
use super::log::{Level, log};
use super::queue;
use super::raw;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// The server may release its lock while it shuts down.
static RELEASES: AtomicBool = AtomicBool::new(false);
/// The server shuts down.
static ENDS: AtomicBool = AtomicBool::new(false);
/// The number of threads that try to take the lock at this moment.
static TRYING: AtomicUsize = AtomicUsize::new(0);

/// Learns what kind of server it is.
pub(super) fn learn(context: &Context) {
    let info = call(context, Rights::Question, b"INFO", &[b"server"]);
    let is_valkey = info.is_ok_and(|reply| {
        let text = String::from_utf8_lossy(reply.bytes()).into_owned();
        text.contains("valkey_version:")
    });
    RELEASES.store(is_valkey, Ordering::Relaxed);
}

/// `true` if the server is Valkey.
pub(super) fn is_valkey() -> bool {
    RELEASES.load(Ordering::Relaxed)
}

/// Takes the server's lock.
///
/// # Safety
/// `context` is a live context of this thread, which does not hold the lock.
pub(super) unsafe fn wait_for_lock(context: *mut raw::RedisModuleCtx) {
    // SAFETY: the static is written once, while loading; a copy is read.
    let can_try = unsafe { raw::RedisModule_ThreadSafeContextTryLock }.is_some();
    if can_try && RELEASES.load(Ordering::Relaxed) {
        return queue::wait(|| {
            if ENDS.load(Ordering::Relaxed) {
                // In vain, and nothing is to do but wait for the end.
                thread::sleep(Duration::from_millis(10));
            }
            // SAFETY: the caller guarantees what `try_lock` needs.
            unsafe { try_lock(context) == Some(true) }
        });
    }
    // SAFETY: the caller guarantees that the context is live, and that this thread does not hold the lock.
    unsafe { rm!(RedisModule_ThreadSafeContextLock(context)) };
}

/// Takes the server's lock if it is free and the server does not shut down. `None` if the server cannot try.
///
/// # Safety
/// As [`wait_for_lock`].
pub(super) unsafe fn try_lock(context: *mut raw::RedisModuleCtx) -> Option<bool> {
    // SAFETY: the static is written once, while loading; a copy is read.
    let try_lock = unsafe { raw::RedisModule_ThreadSafeContextTryLock }?;
    // Either this thread sees that the server shuts down, or the server sees that this thread tries.
    TRYING.fetch_add(1, Ordering::SeqCst);
    // SAFETY: the caller guarantees that the context is live, and that this thread does not hold the lock.
    let is_taken = !ENDS.load(Ordering::SeqCst) && unsafe { try_lock(context) } == super::api::OK;
    TRYING.fetch_sub(1, Ordering::SeqCst);
    Some(is_taken)
}

/// The server shuts down: from now on no thread gets the lock.
pub(super) fn begin() {
    ENDS.store(true, Ordering::SeqCst);
    // A try takes a moment.
    while TRYING.load(Ordering::SeqCst) > 0 {
        thread::yield_now();
    }
}

/// How long a server that ends on a thread of the engine may take for it.
const ENDS_WITHIN: Duration = Duration::from_secs(3);

/// Ends the process if the server cannot. A client may send `SHUTDOWN NOSAVE` while a slow script runs on a thread of the engine, and
/// that thread then runs the command. Valkey unloads its scripting engine there, and waits for its own lock, which it holds.
pub(super) fn end_on_this_thread() {
    if lock::is_main() || !RELEASES.load(Ordering::Relaxed) {
        return;
    }
    let end = || {
        thread::sleep(ENDS_WITHIN);
        if ENDS.load(Ordering::SeqCst) {
            log(
                Level::Warning,
                "the server ends without unloading its modules, because a script was running",
            );
            // SAFETY: ends the process. The server has written its files before it unloads its modules.
            unsafe { libc::_exit(0) };
        }
    };
    if thread::Builder::new()
        .name("rg-ending".into())
        .spawn(end)
        .is_err()
    {
        log(
            Level::Warning,
            "the server may not end by itself: end its process",
        );
    }
}

/// The server goes on: it could not save its data.
pub(super) fn has_failed() {
    ENDS.store(false, Ordering::SeqCst);
}
