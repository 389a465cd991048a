//! Clients that wait for an answer from another thread.

use super::context::Context;
use super::reply::Reply;
use redis_module::raw;
use std::mem;
use std::ptr::{self, NonNull};

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

    /// Answers. Needs no lock: the answer is kept apart until the main thread sends it.
    pub(crate) fn answer(self, write: impl FnOnce(&Reply)) {
        let raw = self.raw;
        mem::forget(self);
        // SAFETY: `raw` is live until it is unblocked here, once: `self` was owned.
        unsafe {
            let context = rm!(RedisModule_GetThreadSafeContext(raw.as_ptr()));
            write(&Reply::new(context));
            rm!(RedisModule_FreeThreadSafeContext(context));
            rm!(RedisModule_UnblockClient(raw.as_ptr(), ptr::null_mut()));
        }
    }
}

impl Drop for BlockedClient {
    fn drop(&mut self) {
        let again = BlockedClient { raw: self.raw };
        again.answer(|reply| reply.error("ERR the execution was dropped before it was answered"));
    }
}
