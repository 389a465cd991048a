//! Calls of the module API, which is a table of function pointers that the server fills while it loads the module.

use redis_module::raw;
use std::ffi::c_int;

/// The return values of functions that only succeed or fail.
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

/// Calls a function of the module API. Expands to an `unsafe` operation: the caller states why the arguments are valid.
/// [`missing`] has checked that the pointer of the function is set.
macro_rules! rm {
    ($name:ident($($argument:expr),* $(,)?)) => {
        (redis_module::raw::$name.unwrap_unchecked())($($argument),*)
    };
}

macro_rules! required {
    ($($name:ident)*) => {
        /// The names of the functions that this engine requires and the server does not have.
        pub(crate) fn missing() -> Vec<&'static str> {
            // SAFETY: the statics are written once, by `Export_RedisModule_Init`, which has returned before this runs.
            // Only copies of the function pointers are read.
            let present = unsafe { [$((stringify!($name), { let pointer = raw::$name; pointer.is_some() })),*] };
            present.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect()
        }
    };
}

required! {
    RedisModule_BlockClient RedisModule_CreateDataType RedisModule_CreateTimer RedisModule_StopTimer RedisModule_UnblockClient RedisModule_Call RedisModule_CallReplyArrayElement
    RedisModule_CallReplyInteger RedisModule_CallReplyProto RedisModule_CallReplyLength RedisModule_CallReplyStringPtr
    RedisModule_CallReplyType RedisModule_CloseKey RedisModule_CreateCommand RedisModule_CreateString
    RedisModule_FreeCallReply RedisModule_Free RedisModule_FreeString RedisModule_FreeThreadSafeContext
    RedisModule_GetContextFlags RedisModule_GetDetachedThreadSafeContext
    RedisModule_GetRandomHexChars RedisModule_GetSelectedDb
    RedisModule_GetThreadSafeContext RedisModule_KeyType RedisModule_LoadStringBuffer RedisModule_Log RedisModule_OpenKey
    RedisModule_Replicate RedisModule_SaveStringBuffer
    RedisModule_ReplySetArrayLength RedisModule_ReplyWithArray RedisModule_ReplyWithError
    RedisModule_ReplyWithLongLong RedisModule_ReplyWithNull RedisModule_ReplyWithSimpleString
    RedisModule_ReplyWithStringBuffer RedisModule_ReplyWithCallReply RedisModule_Scan RedisModule_ScanCursorCreate
    RedisModule_ScanCursorDestroy RedisModule_SelectDb RedisModule_StringDMA
    RedisModule_StringPtrLen RedisModule_SubscribeToServerEvent RedisModule_ThreadSafeContextLock
    RedisModule_ThreadSafeContextUnlock
    RedisModule_CommandFilterArgGet RedisModule_CommandFilterArgInsert RedisModule_CommandFilterArgReplace RedisModule_CommandFilterArgsCount
    RedisModule_FreeModuleUser RedisModule_RetainString RedisModule_SetModuleOptions
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// The names of functions of the module API that follow `mark` in a source.
    fn names_behind(source: &str, mark: &str) -> BTreeSet<String> {
        source
            .split(mark)
            .skip(1)
            .map(|rest| {
                let name = |c: &char| c.is_alphanumeric() || *c == '_';
                rest.chars().take_while(name).collect()
            })
            .collect()
    }

    /// [`rm!`] does not check the pointer of its function, so [`missing`](super::missing) has to.
    #[test]
    fn every_function_that_is_called_unchecked_is_required() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/redis");
        let mut called = BTreeSet::new();
        for file in fs::read_dir(&folder).unwrap() {
            let source = fs::read_to_string(file.unwrap().path()).unwrap();
            called.extend(names_behind(&source, concat!("rm!", "(RedisModule_")));
        }
        let own = fs::read_to_string(folder.join("api.rs")).unwrap();
        let list = own.split(concat!("\nrequired", "! {")).nth(1).unwrap();
        let list = list.split('}').next().unwrap();
        let required = names_behind(list, "RedisModule_");
        assert!(called.len() > 40, "{called:?}");
        let forgotten: Vec<_> = called.difference(&required).collect();
        assert!(
            forgotten.is_empty(),
            "not in the list of required functions: {forgotten:?}"
        );
    }
}
