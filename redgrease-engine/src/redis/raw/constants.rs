//! The flags and numbers of the module API that the engine uses, each with the type in which it is passed.

use super::types::RedisModuleACLLogEntryReason;
use std::ffi::{c_int, c_long};

macro_rules! constants {
    ($($type:ty { $($name:ident = $value:expr;)* })*) => {
        $($(pub(in crate::redis) const $name: $type = $value;)*)*

        /// The values by their names, for the test that compares them with the header.
        #[cfg(test)]
        pub(super) const CONSTANTS: &[(&str, i128)] = &[$($((stringify!($name), $name as i128),)*)*];
    };
}

constants! {
    c_int {
        REDISMODULE_OK = 0;
        REDISMODULE_ERR = 1;
        REDISMODULE_APIVER_1 = 1;

        REDISMODULE_AUX_BEFORE_RDB = 1 << 0;
        REDISMODULE_AUX_AFTER_RDB = 1 << 1;

        REDISMODULE_CMDFILTER_NOSELF = 1 << 0;

        REDISMODULE_CTX_FLAGS_LUA = 1 << 0;
        REDISMODULE_CTX_FLAGS_MULTI = 1 << 1;
        REDISMODULE_CTX_FLAGS_SLAVE = 1 << 3;
        REDISMODULE_CTX_FLAGS_READONLY = 1 << 4;
        REDISMODULE_CTX_FLAGS_CLUSTER = 1 << 5;
        REDISMODULE_CTX_FLAGS_EVICT = 1 << 9;
        REDISMODULE_CTX_FLAGS_OOM = 1 << 10;
        REDISMODULE_CTX_FLAGS_REPLICATED = 1 << 12;
        REDISMODULE_CTX_FLAGS_LOADING = 1 << 13;
        REDISMODULE_CTX_FLAGS_DENY_BLOCKING = 1 << 21;
        REDISMODULE_CTX_FLAGS_ASYNC_LOADING = 1 << 23;

        REDISMODULE_KEYTYPE_EMPTY = 0;
        REDISMODULE_KEYTYPE_STRING = 1;
        REDISMODULE_KEYTYPE_LIST = 2;
        REDISMODULE_KEYTYPE_HASH = 3;
        REDISMODULE_KEYTYPE_SET = 4;
        REDISMODULE_KEYTYPE_ZSET = 5;
        REDISMODULE_KEYTYPE_MODULE = 6;

        REDISMODULE_NOTIFY_KEY_MISS = 1 << 11;
        REDISMODULE_NOTIFY_ALL = 0x27fc;

        REDISMODULE_OPTIONS_HANDLE_IO_ERRORS = 1 << 0;

        REDISMODULE_READ = 1 << 0;
        REDISMODULE_WRITE = 1 << 1;
        REDISMODULE_OPEN_KEY_NOTOUCH = 1 << 16;

        REDISMODULE_REPLY_STRING = 0;
        REDISMODULE_REPLY_ERROR = 1;
        REDISMODULE_REPLY_INTEGER = 2;
        REDISMODULE_REPLY_ARRAY = 3;
    }
    c_long {
        REDISMODULE_POSTPONED_LEN = -1;
    }
    u64 {
        REDISMODULE_CLIENTINFO_VERSION = 1;
        REDISMODULE_CLIENTINFO_FLAG_PUBSUB = 1 << 1;
        REDISMODULE_CLIENTINFO_FLAG_MULTI = 1 << 5;

        REDISMODULE_EVENT_REPLICATION_ROLE_CHANGED = 0;
        REDISMODULE_EVENT_PERSISTENCE = 1;
        REDISMODULE_EVENT_FLUSHDB = 2;
        REDISMODULE_EVENT_LOADING = 3;
        REDISMODULE_EVENT_SHUTDOWN = 5;
        REDISMODULE_EVENT_SWAPDB = 11;
        REDISMODULE_EVENT_FORK_CHILD = 13;
        REDISMODULE_EVENT_EVENTLOOP = 15;

        REDISMODULE_SUBEVENT_EVENTLOOP_BEFORE_SLEEP = 0;
        REDISMODULE_SUBEVENT_EVENTLOOP_AFTER_SLEEP = 1;
        REDISMODULE_SUBEVENT_FORK_CHILD_BORN = 0;
        REDISMODULE_SUBEVENT_LOADING_RDB_START = 0;
        REDISMODULE_SUBEVENT_LOADING_AOF_START = 1;
        REDISMODULE_SUBEVENT_LOADING_REPL_START = 2;
        REDISMODULE_SUBEVENT_LOADING_ENDED = 3;
        REDISMODULE_SUBEVENT_PERSISTENCE_SYNC_RDB_START = 2;
        REDISMODULE_SUBEVENT_PERSISTENCE_SYNC_AOF_START = 5;
    }
    RedisModuleACLLogEntryReason {
        REDISMODULE_ACL_LOG_CMD = 1;
        REDISMODULE_ACL_LOG_KEY = 2;
        REDISMODULE_ACL_LOG_CHANNEL = 3;
    }
}
