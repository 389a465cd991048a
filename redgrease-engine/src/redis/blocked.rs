//! Clients that wait for an answer of another thread.

use super::context::Context;
use super::reply::Reply;
use redis_module::raw;
use std::collections::BTreeMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A client that waits for an answer. A value that is dropped without an answer sends an error to the client.
#[derive(Debug)]
pub(crate) struct BlockedClient {
    raw: NonNull<raw::RedisModuleBlockedClient>,
    /// The server measures how long the client waits.
    measured: bool,
}

// SAFETY: the server allows any thread to answer a blocked client. The value is not `Sync`, so that one thread at a time
// uses it.
unsafe impl Send for BlockedClient {}

impl BlockedClient {
    /// Blocks the client of `context`. The caller has checked that [`Context::may_block`] is true. `None` if the server
    /// refused.
    pub(crate) fn block(context: &Context) -> Option<BlockedClient> {
        // SAFETY: the context is live. Without callbacks and timeout, the client waits until `UnblockClient`, and then gets
        // everything that was written for it.
        let raw = unsafe {
            rm!(RedisModule_BlockClient(
                context.as_ptr(),
                None,
                None,
                None,
                0
            ))
        };
        NonNull::new(raw).map(|raw| BlockedClient {
            raw,
            measured: false,
        })
    }

    /// Measures from now on how long the command takes, until its answer. So it appears in `SLOWLOG`, `LATENCY HISTOGRAM` and
    /// the statistics of commands.
    pub(crate) fn measured(mut self) -> BlockedClient {
        if self.measured {
            return self;
        }
        // SAFETY: `raw` is live until it is unblocked, and no other thread has it.
        unsafe {
            if let Some(start) = raw::RedisModule_BlockedClientMeasureTimeStart {
                start(self.raw.as_ptr());
                self.measured = true;
            }
        }
        self
    }

    /// Runs `job` with the server's lock if the client disconnects before it was answered.
    pub(crate) fn when_disconnected(&self, job: impl FnOnce() + Send + 'static) {
        // SAFETY: `raw` is live until it is unblocked; the callback lives as long as the process.
        unsafe {
            if let Some(set) = raw::RedisModule_SetDisconnectCallback {
                waiting().insert(self.raw.as_ptr() as usize, Box::new(job));
                set(self.raw.as_ptr(), Some(on_disconnect));
            }
        }
    }

    /// Answers the client with what `write` writes. Needs no lock: the server keeps the answer until the main thread sends
    /// it.
    pub(crate) fn answer(self, write: impl FnOnce(&Reply<'_>)) {
        let raw = self.raw;
        let measured = self.measured;
        mem::forget(self);
        if WAITED_FOR.load(Ordering::Relaxed) {
            waiting().remove(&(raw.as_ptr() as usize));
        }
        // SAFETY: `raw` is live until it is unblocked here. That happens once, because the method consumes `self`. The
        // context lives until it is freed below, and the reply is lent to `write` only.
        unsafe {
            let context = rm!(RedisModule_GetThreadSafeContext(raw.as_ptr()));
            write(&Reply::new(context));
            rm!(RedisModule_FreeThreadSafeContext(context));
            if measured && let Some(end) = raw::RedisModule_BlockedClientMeasureTimeEnd {
                end(raw.as_ptr());
            }
            rm!(RedisModule_UnblockClient(raw.as_ptr(), ptr::null_mut()));
        }
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// The jobs of clients that may disconnect, by the address of the blocked client.
static WAITING: Mutex<BTreeMap<usize, Job>> = Mutex::new(BTreeMap::new());
/// `true` once `WAITING` was used. Servers without `AbortOnDisconnect` never lock it.
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
            // SAFETY: the server calls this with its lock held, on the thread that closes the connection.
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
        let again = BlockedClient {
            raw: self.raw,
            measured: self.measured,
        };
        again.answer(|reply| reply.error("ERR the execution was dropped before it was answered"));
    }
}
