//! The context of a command or callback.

use super::lock;
use super::raw;
use super::reply::Reply;
use std::ffi::c_int;
use std::ptr::NonNull;

/// The proof that this thread holds the server's lock. Commands and callbacks of the server get a context, and
/// [`super::locked`] lends one to other threads. Neither `Send` nor `Sync`.
#[derive(Debug)]
pub(crate) struct Context {
    raw: NonNull<raw::RedisModuleCtx>,
}

/// The state of the server, as far as it decides about writes.
#[derive(Debug, Clone, Copy)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "flags of the server, which are independent of each other"
)]
pub(super) struct ServerState {
    pub(super) is_replica: bool,
    /// A replica that takes writes from its master only.
    pub(super) is_read_only: bool,
    /// More memory is used than the limit allows.
    pub(super) is_full: bool,
    /// The server evicts keys when it is full.
    pub(super) evicts: bool,
}

const NO_BLOCKING: c_int = raw::REDISMODULE_CTX_FLAGS_MULTI
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
    fn flags(&self) -> c_int {
        // SAFETY: the context is live.
        unsafe { rm!(RedisModule_GetContextFlags(self.as_ptr())) }
    }

    /// Unit tests run without a server. A context has no flags there.
    #[cfg(test)]
    #[allow(clippy::unused_self, reason = "as the real one")]
    fn flags(&self) -> c_int {
        0
    }

    /// `false` inside MULTI, in a script, in a call of another module, and while loading. Older servers abort if a client is
    /// blocked then.
    pub(crate) fn may_block(&self) -> bool {
        self.flags() & NO_BLOCKING == 0
    }

    /// `true` for a client that must not block: inside MULTI, in a script, and in a call of a module.
    pub(super) fn denies_blocking(&self) -> bool {
        self.flags() & raw::REDISMODULE_CTX_FLAGS_DENY_BLOCKING != 0
    }

    /// `true` if the server asks which words of the command are keys, instead of running the command.
    pub(super) fn asks_for_keys(&self) -> bool {
        // SAFETY: the context is live.
        unsafe {
            raw::RedisModule_IsKeysPositionRequest.is_some_and(|asks| asks(self.as_ptr()) != 0)
        }
    }

    /// `true` while the server reads its data from a file or from its master.
    pub(crate) fn is_loading(&self) -> bool {
        let loading = raw::REDISMODULE_CTX_FLAGS_LOADING | raw::REDISMODULE_CTX_FLAGS_ASYNC_LOADING;
        self.flags() & loading != 0
    }

    /// The state of the server that its guards look at.
    pub(super) fn server_state(&self) -> ServerState {
        let flags = self.flags();
        let has = |flag: c_int| flags & flag != 0;
        let is_replica = has(raw::REDISMODULE_CTX_FLAGS_SLAVE);
        ServerState {
            is_replica,
            is_read_only: is_replica && has(raw::REDISMODULE_CTX_FLAGS_READONLY),
            is_full: has(raw::REDISMODULE_CTX_FLAGS_OOM),
            evicts: has(raw::REDISMODULE_CTX_FLAGS_EVICT),
        }
    }

    /// `true` on a server that was started for a cluster.
    pub(crate) fn is_in_cluster_mode(&self) -> bool {
        self.flags() & raw::REDISMODULE_CTX_FLAGS_CLUSTER != 0
    }

    /// `true` on a server that follows a master.
    pub(crate) fn is_replica(&self) -> bool {
        self.flags() & raw::REDISMODULE_CTX_FLAGS_SLAVE != 0
    }

    /// `true` for a command that a master sends, or that the server reads from a file: it has had its effects on another
    /// server, or before a restart.
    pub(crate) fn is_told(&self) -> bool {
        let told = raw::REDISMODULE_CTX_FLAGS_REPLICATED | raw::REDISMODULE_CTX_FLAGS_LOADING;
        self.flags() & told != 0
    }

    /// `true` if only the master of this server may change registrations, sessions and keys, and this is not its command.
    pub(crate) fn is_read_only(&self) -> bool {
        self.is_replica() && !self.is_told()
    }

    /// `true` while the server runs the commands of a transaction.
    pub(super) fn is_in_transaction(&self) -> bool {
        self.flags() & raw::REDISMODULE_CTX_FLAGS_MULTI != 0
    }

    /// `true` while a Lua script or function of the server runs.
    pub(crate) fn is_in_lua(&self) -> bool {
        self.flags() & raw::REDISMODULE_CTX_FLAGS_LUA != 0
    }

    /// The number of the database that is selected.
    #[cfg(not(test))]
    pub(crate) fn database(&self) -> i32 {
        // SAFETY: the context is live.
        unsafe { rm!(RedisModule_GetSelectedDb(self.as_ptr())) }
    }

    /// Unit tests run without a server, which has the databases.
    #[cfg(test)]
    #[allow(clippy::unused_self, reason = "as the real one")]
    pub(crate) fn database(&self) -> i32 {
        0
    }

    /// Selects a database until the value is dropped. The context may be that of a client's command, which goes on in the
    /// client's database.
    pub(super) fn select(&self, database: i32) -> Selected<'_> {
        let before = self.database();
        // SAFETY: the context is live. A number that the server does not know changes nothing.
        unsafe { rm!(RedisModule_SelectDb(self.as_ptr(), database)) };
        Selected {
            context: self,
            before,
        }
    }

    /// `false` while loading and on a replica: the server where the events first happened has handled them.
    pub(crate) fn may_handle_events(&self) -> bool {
        let unfit = raw::REDISMODULE_CTX_FLAGS_LOADING | raw::REDISMODULE_CTX_FLAGS_SLAVE;
        self.flags() & unfit == 0
    }

    /// Runs `body` while [`super::locked`] lends this context on this thread. Every command and callback of the server runs
    /// like that.
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
        // SAFETY: the server writes `N` bytes to `digits`, which has room for them.
        unsafe { rm!(RedisModule_GetRandomHexChars(digits.as_mut_ptr().cast(), N)) };
        String::from_utf8_lossy(&digits).into_owned()
    }
}

/// A selected database.
#[derive(Debug)]
#[must_use = "the database is selected while the value lives"]
pub(super) struct Selected<'a> {
    context: &'a Context,
    before: i32,
}

impl Drop for Selected<'_> {
    fn drop(&mut self) {
        // SAFETY: the context is live, because it is borrowed.
        unsafe { rm!(RedisModule_SelectDb(self.context.as_ptr(), self.before)) };
    }
}
