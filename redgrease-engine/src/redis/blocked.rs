//! Clients that wait for an answer from another thread.

use super::context::Context;
use super::reply::Reply;
use redis_module::raw;
use std::collections::BTreeMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A client that waits. It is always answered: a value that is dropped unanswered says so to the
/// client.
#[derive(Debug)]
pub(crate) struct BlockedClient {
    raw: NonNull<raw::RedisModuleBlockedClient>,
}

// SAFETY: a blocked client may be answered from any thread, and is owned by one at a time.
unsafe impl Send for BlockedClient {}

impl BlockedClient {
    /// Blocks the client of `context`, which must allow it ([`Context::may_block`]).
    pub(crate) fn block(context: &Context) -> Option<BlockedClient> {
        // SAFETY: the context is live; without callbacks and timeout the client waits until
        // `UnblockClient`, and what was written by then is what it gets.
        let raw = unsafe {
            rm!(RedisModule_BlockClient(
                context.as_ptr(),
                None,
                None,
                None,
                0
            ))
        };
        NonNull::new(raw).map(|raw| BlockedClient { raw })
    }

    /// Runs `job` on the main thread if the client goes away before it was answered.
    pub(crate) fn when_disconnected(&self, job: impl FnOnce() + Send + 'static) {
        // SAFETY: `raw` is live until it is unblocked; the callback lives as long as the process.
        unsafe {
            if let Some(set) = raw::RedisModule_SetDisconnectCallback {
                waiting().insert(self.raw.as_ptr() as usize, Box::new(job));
                set(self.raw.as_ptr(), Some(on_disconnect));
            }
        }
    }

    /// Answers. Needs no lock: the answer is kept apart until the main thread sends it.
    pub(crate) fn answer(self, write: impl FnOnce(&Reply<'_>)) {
        let raw = self.raw;
        mem::forget(self);
        if WAITED_FOR.load(Ordering::Relaxed) {
            waiting().remove(&(raw.as_ptr() as usize));
        }
        // SAFETY: `raw` is live until it is unblocked here, once: `self` was owned.
        unsafe {
            let context = rm!(RedisModule_GetThreadSafeContext(raw.as_ptr()));
            write(&Reply::new(context));
            rm!(RedisModule_FreeThreadSafeContext(context));
            rm!(RedisModule_UnblockClient(raw.as_ptr(), ptr::null_mut()));
        }
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// What is done for clients that go away, by the address of what blocks them.
static WAITING: Mutex<BTreeMap<usize, Job>> = Mutex::new(BTreeMap::new());
/// Whether there was ever anything in it.
static WAITED_FOR: AtomicBool = AtomicBool::new(false);

fn waiting() -> MutexGuard<'static, BTreeMap<usize, Job>> {
    WAITED_FOR.store(true, Ordering::Relaxed);
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn on_disconnect(
    _ctx: *mut raw::RedisModuleCtx,
    client: *mut raw::RedisModuleBlockedClient,
) {
    let job = waiting().remove(&(client as usize));
    let done = catch_unwind(AssertUnwindSafe(|| {
        if let Some(job) = job {
            // SAFETY: the server calls with its lock held.
            unsafe { super::lock::assume_locked(|_| job()) };
        }
    }));
    if done.is_err() {
        super::log(
            super::Level::Warning,
            "a disconnected client could not be handled: please report it",
        );
    }
}

impl Drop for BlockedClient {
    fn drop(&mut self) {
        let again = BlockedClient { raw: self.raw };
        again.answer(|reply| reply.error("ERR the execution was dropped before it was answered"));
    }
}
