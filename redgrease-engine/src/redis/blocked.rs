//! Clients that wait for an answer of another thread.

use super::context::Context;
use super::lock;
use super::raw;
use super::reply::Reply;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
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

    /// From now on the server tells when the client disconnects. `context` is that of the command that blocked the client.
    pub(crate) fn watch(&self, _context: &Context) {
        watched().insert(self.raw.as_ptr() as usize, Watched::Here(None));
        self.ask_for_disconnect();
    }

    /// The caller holds the server's lock.
    fn ask_for_disconnect(&self) {
        // SAFETY: `raw` is live until it is unblocked; the callback lives as long as the process. The server reads the callback with
        // its lock held, which this thread holds.
        unsafe {
            if let Some(set) = raw::RedisModule_SetDisconnectCallback {
                set(self.raw.as_ptr(), Some(on_disconnect));
            }
        }
    }

    /// Runs `job` with the server's lock if the client disconnects before it was answered, or has done so. A thread without that
    /// lock calls this for a client that is watched only.
    pub(crate) fn when_disconnected(&self, job: impl FnOnce() + Send + 'static) {
        let address = self.raw.as_ptr() as usize;
        let mut all = watched();
        match all.get_mut(&address) {
            Some(Watched::Here(wanted)) => *wanted = Some(Box::new(job)),
            Some(Watched::Left) => {
                drop(all);
                lock::locked(|_| job());
            }
            None if lock::is_locked() => {
                all.insert(address, Watched::Here(Some(Box::new(job))));
                drop(all);
                self.ask_for_disconnect();
            }
            None => {}
        }
    }

    /// Answers the client with what `write` writes. Needs no lock: the server keeps the answer until the main thread sends
    /// it.
    pub(crate) fn answer(self, write: impl FnOnce(&Reply<'_>)) {
        let raw = self.raw;
        let measured = self.measured;
        mem::forget(self);
        let unused = watched().remove(&(raw.as_ptr() as usize));
        drop(unused);
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

/// A client whose disconnect matters.
enum Watched {
    /// The job runs when the client disconnects.
    Here(Option<Job>),
    /// The client has disconnected when there was no job.
    Left,
}

/// The clients whose disconnect matters, by the address of the blocked client.
static WATCHED: Mutex<FxHashMap<usize, Watched>> =
    Mutex::new(FxHashMap::with_hasher(FxBuildHasher));

fn watched() -> MutexGuard<'static, FxHashMap<usize, Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn on_disconnect(
    _ctx: *mut raw::RedisModuleCtx,
    client: *mut raw::RedisModuleBlockedClient,
) {
    let done = catch_unwind(AssertUnwindSafe(|| {
        let job = match watched().get_mut(&(client as usize)) {
            Some(one) => match mem::replace(one, Watched::Left) {
                Watched::Here(job) => job,
                Watched::Left => None,
            },
            None => None,
        };
        if let Some(job) = job {
            // SAFETY: the server calls this with its lock held, on the thread that closes the connection.
            unsafe { lock::assume_locked(|_| job()) };
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
