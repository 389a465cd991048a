//! The context of a command or callback.

use super::lock;
use super::reply::Reply;
use redis_module::raw;
use std::ptr::NonNull;

/// Proof that this thread holds the server's lock: commands and event callbacks get one, and
/// [`super::locked`] lends one to other threads.
#[derive(Debug)]
pub(crate) struct Context {
    raw: NonNull<raw::RedisModuleCtx>,
}

const NO_BLOCKING: u32 = raw::REDISMODULE_CTX_FLAGS_MULTI
    | raw::REDISMODULE_CTX_FLAGS_LUA
    | raw::REDISMODULE_CTX_FLAGS_DENY_BLOCKING
    | raw::REDISMODULE_CTX_FLAGS_LOADING;

impl Context {
    /// # Safety
    /// `raw` is live, and this thread holds the server's lock, for as long as the value lives.
    pub(super) unsafe fn new(raw: NonNull<raw::RedisModuleCtx>) -> Self {
        Context { raw }
    }

    pub(super) fn as_ptr(&self) -> *mut raw::RedisModuleCtx {
        self.raw.as_ptr()
    }

    pub(crate) fn reply(&self) -> Reply<'_> {
        // SAFETY: the context is live for as long as it is borrowed.
        unsafe { Reply::new(self.as_ptr()) }
    }

    #[cfg(not(test))]
    fn flags(&self) -> u32 {
        // SAFETY: the context is live.
        unsafe { rm!(RedisModule_GetContextFlags(self.as_ptr())) }.cast_unsigned()
    }

    /// Unit tests run without a server: a context has no flags there.
    #[cfg(test)]
    #[allow(clippy::unused_self, reason = "as the real one")]
    fn flags(&self) -> u32 {
        0
    }

    /// `false` inside MULTI, Lua, another module's call or while loading: blocking a client there
    /// ends older servers with an assertion.
    pub(crate) fn may_block(&self) -> bool {
        self.flags() & NO_BLOCKING == 0
    }

    /// The command is not run: the server asks which of its words are keys.
    pub(super) fn asks_for_keys(&self) -> bool {
        // SAFETY: the context is live.
        unsafe {
            raw::RedisModule_IsKeysPositionRequest.is_some_and(|asks| asks(self.as_ptr()) != 0)
        }
    }

    /// Whether the server reads its data from a file, or from its master.
    pub(super) fn is_loading(&self) -> bool {
        let loading = raw::REDISMODULE_CTX_FLAGS_LOADING | raw::REDISMODULE_CTX_FLAGS_ASYNC_LOADING;
        self.flags() & loading != 0
    }

    /// `false` while loading and on a replica: events were handled where they first happened.
    pub(crate) fn may_handle_events(&self) -> bool {
        let unfit = raw::REDISMODULE_CTX_FLAGS_LOADING | raw::REDISMODULE_CTX_FLAGS_SLAVE;
        self.flags() & unfit == 0
    }

    /// Runs `body` with this context as the one that [`super::locked`] finds on this thread: every
    /// command and callback of the server runs in there.
    pub(super) fn enter<R>(&self, body: impl FnOnce() -> R) -> R {
        lock::with_current(self, body)
    }

    /// `N` random hexadecimal digits.
    #[allow(
        clippy::unused_self,
        reason = "a live context is what makes calling the server possible"
    )]
    pub(crate) fn random_hex<const N: usize>(&self) -> String {
        let mut digits = [0_u8; N];
        // SAFETY: the server fills the bytes it is given.
        unsafe { rm!(RedisModule_GetRandomHexChars(digits.as_mut_ptr().cast(), N)) };
        String::from_utf8_lossy(&digits).into_owned()
    }
}
