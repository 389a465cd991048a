//! The types of the module API that the engine uses.

use std::ffi::{c_char, c_int, c_longlong, c_uchar, c_uint, c_void};
use std::marker::{PhantomData, PhantomPinned};

pub(in crate::redis) type mstime_t = c_longlong;
pub(in crate::redis) type RedisModuleTimerID = u64;
pub(in crate::redis) type RedisModuleACLLogEntryReason = c_uint;

/// Values of the server, which modules know by their addresses only.
macro_rules! handles {
    ($($name:ident)*) => {
        $(
            #[repr(C)]
            #[derive(Debug)]
            pub(crate) struct $name {
                content: [u8; 0],
                marker: PhantomData<(*mut u8, PhantomPinned)>,
            }
        )*
    };
}

handles! {
    RedisModuleBlockedClient
    RedisModuleCallReply
    RedisModuleCommand
    RedisModuleCommandFilter
    RedisModuleCommandFilterCtx
    RedisModuleCtx
    RedisModuleIO
    RedisModuleInfoCtx
    RedisModuleKey
    RedisModuleScanCursor
    RedisModuleString
    RedisModuleType
    RedisModuleUser
}

/// Functions of the module that the server calls. `None` is a null pointer.
macro_rules! callbacks {
    ($(fn $name:ident($($parameters:tt)*) $(-> $result:ty)?;)*) => {
        $(pub(in crate::redis) type $name = Option<unsafe extern "C" fn($($parameters)*) $(-> $result)?>;)*

        /// The declarations as text, for the test that compares them with the header.
        #[cfg(test)]
        pub(super) const CALLBACKS: &[super::tests::Function] = &[
            $(super::tests::Function {
                name: stringify!($name),
                parameters: stringify!($($parameters)*),
                result: concat!($(stringify!($result))?),
            },)*
        ];
    };
}

callbacks! {
    fn RedisModuleClusterMessageReceiver(
        ctx: *mut RedisModuleCtx, sender: *const c_char, kind: u8, message: *const c_uchar, len: u32
    );
    fn RedisModuleCmdFunc(ctx: *mut RedisModuleCtx, words: *mut *mut RedisModuleString, count: c_int) -> c_int;
    fn RedisModuleCommandFilterFunc(filter: *mut RedisModuleCommandFilterCtx);
    fn RedisModuleDisconnectFunc(ctx: *mut RedisModuleCtx, client: *mut RedisModuleBlockedClient);
    fn RedisModuleEventCallback(ctx: *mut RedisModuleCtx, event: RedisModuleEvent, subevent: u64, data: *mut c_void);
    fn RedisModuleEventLoopFunc(fd: c_int, data: *mut c_void, mask: c_int);
    fn RedisModuleEventLoopOneShotFunc(data: *mut c_void);
    fn RedisModuleInfoFunc(info: *mut RedisModuleInfoCtx, for_crash_report: c_int);
    fn RedisModuleNotificationFunc(
        ctx: *mut RedisModuleCtx, kind: c_int, event: *const c_char, key: *mut RedisModuleString
    ) -> c_int;
    fn RedisModulePostNotificationJobFunc(ctx: *mut RedisModuleCtx, data: *mut c_void);
    fn RedisModuleScanCB(
        ctx: *mut RedisModuleCtx, name: *mut RedisModuleString, key: *mut RedisModuleKey, data: *mut c_void
    );
    fn RedisModuleScanKeyCB(
        key: *mut RedisModuleKey, field: *mut RedisModuleString, value: *mut RedisModuleString, data: *mut c_void
    );
    fn RedisModuleTimerProc(ctx: *mut RedisModuleCtx, data: *mut c_void);

    fn RedisModuleTypeAuxLoadFunc(io: *mut RedisModuleIO, version: c_int, when: c_int) -> c_int;
    fn RedisModuleTypeAuxSaveFunc(io: *mut RedisModuleIO, when: c_int);
    fn RedisModuleTypeCopyFunc(
        from: *mut RedisModuleString, to: *mut RedisModuleString, value: *const c_void
    ) -> *mut c_void;
    fn RedisModuleTypeFreeFunc(value: *mut c_void);
    fn RedisModuleTypeLoadFunc(io: *mut RedisModuleIO, version: c_int) -> *mut c_void;
    fn RedisModuleTypeMemUsageFunc(value: *const c_void) -> usize;
    fn RedisModuleTypeRewriteFunc(io: *mut RedisModuleIO, key: *mut RedisModuleString, value: *mut c_void);
    fn RedisModuleTypeSaveFunc(io: *mut RedisModuleIO, value: *mut c_void);

    fn FreeData(data: *mut c_void);
    fn FreePrivateData(ctx: *mut RedisModuleCtx, data: *mut c_void);
}

/// A field for a callback that the engine never sets.
type Unset = Option<unsafe extern "C" fn()>;

macro_rules! structures {
    ($($name:ident { $($field:ident: $type:ty,)* })*) => {
        $(
            #[repr(C)]
            #[derive(Debug, Clone, Copy)]
            pub(in crate::redis) struct $name {
                $(pub(in crate::redis) $field: $type,)*
            }
        )*

        /// The sizes and the offsets of the fields, for the test that compares them with the header.
        #[cfg(test)]
        pub(super) const STRUCTURES: &[super::tests::Structure] = &[
            $(super::tests::Structure {
                name: stringify!($name),
                size: size_of::<$name>(),
                fields: &[$((stringify!($field), std::mem::offset_of!($name, $field)),)*],
            },)*
        ];
    };
}

structures! {
    RedisModuleClientInfo {
        version: u64,
        flags: u64,
        id: u64,
        addr: [c_char; 46],
        port: u16,
        db: u16,
    }
    RedisModuleEvent {
        id: u64,
        dataver: u64,
    }
    RedisModuleFlushInfo {
        version: u64,
        sync: i32,
        dbnum: i32,
    }
    RedisModuleSwapDbInfo {
        version: u64,
        dbnum_first: i32,
        dbnum_second: i32,
    }
    RedisModuleTypeMethods {
        version: u64,
        rdb_load: RedisModuleTypeLoadFunc,
        rdb_save: RedisModuleTypeSaveFunc,
        aof_rewrite: RedisModuleTypeRewriteFunc,
        mem_usage: RedisModuleTypeMemUsageFunc,
        digest: Unset,
        free: RedisModuleTypeFreeFunc,
        aux_load: RedisModuleTypeAuxLoadFunc,
        aux_save: RedisModuleTypeAuxSaveFunc,
        aux_save_triggers: c_int,
        free_effort: Unset,
        unlink: Unset,
        copy: RedisModuleTypeCopyFunc,
        defrag: Unset,
        mem_usage2: Unset,
        free_effort2: Unset,
        unlink2: Unset,
        copy2: Unset,
        aux_save2: RedisModuleTypeAuxSaveFunc,
    }
}
