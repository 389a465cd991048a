//! The module API is a table of function pointers that the server fills in while loading.

use redis_module::raw;
use std::ffi::c_int;

/// The answer of functions that can only succeed or fail.
#[allow(
    clippy::cast_possible_truncation,
    reason = "0 and 1, which the bindings give as isize"
)]
mod status {
    use super::{c_int, raw};
    pub(in crate::redis) const OK: c_int = raw::REDISMODULE_OK as c_int;
    pub(in crate::redis) const ERR: c_int = raw::REDISMODULE_ERR as c_int;
}
pub(super) use status::{ERR, OK};

/// Calls a function of the module API. Expands to an `unsafe` operation: the caller states why its
/// arguments are valid; that the pointer is set is checked once, in [`missing`].
macro_rules! rm {
    ($name:ident($($argument:expr),* $(,)?)) => {
        (redis_module::raw::$name.unwrap_unchecked())($($argument),*)
    };
}

macro_rules! required {
    ($($name:ident)*) => {
        /// Names of the functions this engine cannot do without and the server does not have.
        pub(crate) fn missing() -> Vec<&'static str> {
            // SAFETY: the statics are written once, by the server's own initialisation, which has
            // returned before this runs; reading a copy of a function pointer is fine.
            let present = unsafe { [$((stringify!($name), { let pointer = raw::$name; pointer.is_some() })),*] };
            present.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect()
        }
    };
}

required! {
    RedisModule_BlockClient RedisModule_CreateDataType RedisModule_CreateTimer RedisModule_UnblockClient RedisModule_Call RedisModule_CallReplyArrayElement
    RedisModule_CallReplyInteger RedisModule_CallReplyProto RedisModule_CallReplyLength RedisModule_CallReplyStringPtr
    RedisModule_CallReplyType RedisModule_CloseKey RedisModule_CreateCommand RedisModule_CreateString
    RedisModule_FreeCallReply RedisModule_Free RedisModule_FreeString RedisModule_FreeThreadSafeContext
    RedisModule_GetContextFlags RedisModule_GetDetachedThreadSafeContext
    RedisModule_GetRandomHexChars RedisModule_GetSelectedDb
    RedisModule_GetThreadSafeContext RedisModule_KeyType RedisModule_LoadStringBuffer RedisModule_Log RedisModule_OpenKey
    RedisModule_Replicate RedisModule_SaveStringBuffer
    RedisModule_ReplySetArrayLength RedisModule_ReplyWithArray RedisModule_ReplyWithError
    RedisModule_ReplyWithLongLong RedisModule_ReplyWithNull RedisModule_ReplyWithSimpleString
    RedisModule_ReplyWithStringBuffer RedisModule_Scan RedisModule_ScanCursorCreate
    RedisModule_ScanCursorDestroy RedisModule_SelectDb RedisModule_StringDMA
    RedisModule_StringPtrLen RedisModule_SubscribeToServerEvent RedisModule_ThreadSafeContextLock
    RedisModule_ThreadSafeContextUnlock
}
