//! The functions of the module API that the engine calls: one table, filled when the module is loaded.

use super::table::{GetApi, find};
use super::types::{
    FreeData, FreePrivateData, RedisModuleACLLogEntryReason, RedisModuleBlockedClient,
    RedisModuleCallReply, RedisModuleClusterMessageReceiver, RedisModuleCmdFunc,
    RedisModuleCommand, RedisModuleCommandFilter, RedisModuleCommandFilterCtx,
    RedisModuleCommandFilterFunc, RedisModuleCtx, RedisModuleDisconnectFunc, RedisModuleEvent,
    RedisModuleEventCallback, RedisModuleEventLoopFunc, RedisModuleEventLoopOneShotFunc,
    RedisModuleIO, RedisModuleInfoCtx, RedisModuleInfoFunc, RedisModuleKey,
    RedisModuleNotificationFunc, RedisModulePostNotificationJobFunc, RedisModuleScanCB,
    RedisModuleScanCursor, RedisModuleScanKeyCB, RedisModuleString, RedisModuleTimerID,
    RedisModuleTimerProc, RedisModuleType, RedisModuleTypeMethods, RedisModuleUser, mstime_t,
};
use std::ffi::{c_char, c_int, c_long, c_longlong, c_ulonglong, c_void};

functions! {
    required {
        fn RedisModule_BlockClient(
            ctx: *mut RedisModuleCtx, reply: RedisModuleCmdFunc, timeout: RedisModuleCmdFunc,
            free: FreePrivateData, timeout_ms: c_longlong
        ) -> *mut RedisModuleBlockedClient;
        fn RedisModule_Call(
            ctx: *mut RedisModuleCtx, command: *const c_char, format: *const c_char, ...
        ) -> *mut RedisModuleCallReply;
        fn RedisModule_CallReplyArrayElement(
            reply: *mut RedisModuleCallReply, index: usize
        ) -> *mut RedisModuleCallReply;
        fn RedisModule_CallReplyInteger(reply: *mut RedisModuleCallReply) -> c_longlong;
        fn RedisModule_CallReplyLength(reply: *mut RedisModuleCallReply) -> usize;
        fn RedisModule_CallReplyProto(reply: *mut RedisModuleCallReply, len: *mut usize) -> *const c_char;
        fn RedisModule_CallReplyStringPtr(reply: *mut RedisModuleCallReply, len: *mut usize) -> *const c_char;
        fn RedisModule_CallReplyType(reply: *mut RedisModuleCallReply) -> c_int;
        fn RedisModule_CloseKey(key: *mut RedisModuleKey);
        fn RedisModule_CommandFilterArgGet(
            filter: *mut RedisModuleCommandFilterCtx, position: c_int
        ) -> *mut RedisModuleString;
        fn RedisModule_CommandFilterArgInsert(
            filter: *mut RedisModuleCommandFilterCtx, position: c_int, word: *mut RedisModuleString
        ) -> c_int;
        fn RedisModule_CommandFilterArgReplace(
            filter: *mut RedisModuleCommandFilterCtx, position: c_int, word: *mut RedisModuleString
        ) -> c_int;
        fn RedisModule_CommandFilterArgsCount(filter: *mut RedisModuleCommandFilterCtx) -> c_int;
        fn RedisModule_CreateCommand(
            ctx: *mut RedisModuleCtx, name: *const c_char, run: RedisModuleCmdFunc, flags: *const c_char,
            first_key: c_int, last_key: c_int, key_step: c_int
        ) -> c_int;
        fn RedisModule_CreateDataType(
            ctx: *mut RedisModuleCtx, name: *const c_char, version: c_int, methods: *mut RedisModuleTypeMethods
        ) -> *mut RedisModuleType;
        fn RedisModule_CreateString(
            ctx: *mut RedisModuleCtx, start: *const c_char, len: usize
        ) -> *mut RedisModuleString;
        fn RedisModule_CreateTimer(
            ctx: *mut RedisModuleCtx, period: mstime_t, callback: RedisModuleTimerProc, data: *mut c_void
        ) -> RedisModuleTimerID;
        fn RedisModule_Free(start: *mut c_void);
        fn RedisModule_FreeCallReply(reply: *mut RedisModuleCallReply);
        fn RedisModule_FreeModuleUser(user: *mut RedisModuleUser);
        fn RedisModule_FreeString(ctx: *mut RedisModuleCtx, string: *mut RedisModuleString);
        fn RedisModule_FreeThreadSafeContext(ctx: *mut RedisModuleCtx);
        fn RedisModule_GetContextFlags(ctx: *mut RedisModuleCtx) -> c_int;
        fn RedisModule_GetDetachedThreadSafeContext(ctx: *mut RedisModuleCtx) -> *mut RedisModuleCtx;
        fn RedisModule_GetRandomHexChars(digits: *mut c_char, len: usize);
        fn RedisModule_GetSelectedDb(ctx: *mut RedisModuleCtx) -> c_int;
        fn RedisModule_GetThreadSafeContext(client: *mut RedisModuleBlockedClient) -> *mut RedisModuleCtx;
        fn RedisModule_KeyType(key: *mut RedisModuleKey) -> c_int;
        fn RedisModule_LoadStringBuffer(io: *mut RedisModuleIO, len: *mut usize) -> *mut c_char;
        fn RedisModule_OpenKey(
            ctx: *mut RedisModuleCtx, name: *mut RedisModuleString, mode: c_int
        ) -> *mut RedisModuleKey;
        fn RedisModule_Replicate(
            ctx: *mut RedisModuleCtx, command: *const c_char, format: *const c_char, ...
        ) -> c_int;
        fn RedisModule_ReplySetArrayLength(ctx: *mut RedisModuleCtx, len: c_long);
        fn RedisModule_ReplyWithArray(ctx: *mut RedisModuleCtx, len: c_long) -> c_int;
        fn RedisModule_ReplyWithCallReply(ctx: *mut RedisModuleCtx, reply: *mut RedisModuleCallReply) -> c_int;
        fn RedisModule_ReplyWithError(ctx: *mut RedisModuleCtx, line: *const c_char) -> c_int;
        fn RedisModule_ReplyWithLongLong(ctx: *mut RedisModuleCtx, value: c_longlong) -> c_int;
        fn RedisModule_ReplyWithNull(ctx: *mut RedisModuleCtx) -> c_int;
        fn RedisModule_ReplyWithSimpleString(ctx: *mut RedisModuleCtx, line: *const c_char) -> c_int;
        fn RedisModule_ReplyWithStringBuffer(ctx: *mut RedisModuleCtx, bytes: *const c_char, len: usize) -> c_int;
        fn RedisModule_RetainString(ctx: *mut RedisModuleCtx, string: *mut RedisModuleString);
        fn RedisModule_SaveStringBuffer(io: *mut RedisModuleIO, string: *const c_char, len: usize);
        fn RedisModule_Scan(
            ctx: *mut RedisModuleCtx, cursor: *mut RedisModuleScanCursor, callback: RedisModuleScanCB,
            data: *mut c_void
        ) -> c_int;
        fn RedisModule_ScanKey(
            key: *mut RedisModuleKey, cursor: *mut RedisModuleScanCursor, callback: RedisModuleScanKeyCB,
            data: *mut c_void
        ) -> c_int;
        fn RedisModule_ScanCursorCreate() -> *mut RedisModuleScanCursor;
        fn RedisModule_ScanCursorDestroy(cursor: *mut RedisModuleScanCursor);
        fn RedisModule_SelectDb(ctx: *mut RedisModuleCtx, database: c_int) -> c_int;
        fn RedisModule_SetModuleAttribs(
            ctx: *mut RedisModuleCtx, name: *const c_char, version: c_int, api_version: c_int
        );
        fn RedisModule_SetModuleOptions(ctx: *mut RedisModuleCtx, options: c_int);
        fn RedisModule_StopTimer(ctx: *mut RedisModuleCtx, id: RedisModuleTimerID, data: *mut *mut c_void) -> c_int;
        fn RedisModule_StringDMA(key: *mut RedisModuleKey, len: *mut usize, mode: c_int) -> *mut c_char;
        fn RedisModule_StringPtrLen(string: *const RedisModuleString, len: *mut usize) -> *const c_char;
        fn RedisModule_SubscribeToServerEvent(
            ctx: *mut RedisModuleCtx, event: RedisModuleEvent, callback: RedisModuleEventCallback
        ) -> c_int;
        fn RedisModule_ThreadSafeContextLock(ctx: *mut RedisModuleCtx);
        fn RedisModule_ThreadSafeContextUnlock(ctx: *mut RedisModuleCtx);
        fn RedisModule_ValueLength(key: *mut RedisModuleKey) -> usize;
        fn RedisModule_UnblockClient(client: *mut RedisModuleBlockedClient, data: *mut c_void) -> c_int;
    }

    optional {
        fn RedisModule_ACLAddLogEntry(
            ctx: *mut RedisModuleCtx, user: *mut RedisModuleUser, object: *mut RedisModuleString,
            reason: RedisModuleACLLogEntryReason
        );
        fn RedisModule_ACLAddLogEntryByUserName(
            ctx: *mut RedisModuleCtx, user: *mut RedisModuleString, object: *mut RedisModuleString,
            reason: RedisModuleACLLogEntryReason
        );
        fn RedisModule_ACLCheckCommandPermissions(
            user: *mut RedisModuleUser, argv: *mut *mut RedisModuleString, argc: c_int
        ) -> c_int;
        fn RedisModule_AddPostNotificationJob(
            ctx: *mut RedisModuleCtx, callback: RedisModulePostNotificationJobFunc, data: *mut c_void,
            free: FreeData
        ) -> c_int;
        fn RedisModule_AvoidReplicaTraffic() -> c_int;
        fn RedisModule_BlockedClientMeasureTimeEnd(client: *mut RedisModuleBlockedClient) -> c_int;
        fn RedisModule_BlockedClientMeasureTimeStart(client: *mut RedisModuleBlockedClient) -> c_int;
        fn RedisModule_CommandFilterGetClientId(filter: *mut RedisModuleCommandFilterCtx) -> c_ulonglong;
        fn RedisModule_EmitAOF(io: *mut RedisModuleIO, command: *const c_char, format: *const c_char, ...);
        fn RedisModule_EventLoopAdd(
            fd: c_int, mask: c_int, callback: RedisModuleEventLoopFunc, user_data: *mut c_void
        ) -> c_int;
        fn RedisModule_EventLoopAddOneShot(
            callback: RedisModuleEventLoopOneShotFunc, user_data: *mut c_void
        ) -> c_int;
        fn RedisModule_GetClientId(ctx: *mut RedisModuleCtx) -> c_ulonglong;
        fn RedisModule_GetClientInfoById(info: *mut c_void, id: u64) -> c_int;
        fn RedisModule_GetClientUserNameById(ctx: *mut RedisModuleCtx, id: u64) -> *mut RedisModuleString;
        fn RedisModule_GetCommand(ctx: *mut RedisModuleCtx, name: *const c_char) -> *mut RedisModuleCommand;
        fn RedisModule_GetCommandKeysWithFlags(
            ctx: *mut RedisModuleCtx, argv: *mut *mut RedisModuleString, argc: c_int, count: *mut c_int,
            key_flags: *mut *mut c_int
        ) -> *mut c_int;
        fn RedisModule_GetCurrentUserName(ctx: *mut RedisModuleCtx) -> *mut RedisModuleString;
        fn RedisModule_GetKeyNameFromIO(io: *mut RedisModuleIO) -> *const RedisModuleString;
        fn RedisModule_GetModuleUserFromUserName(name: *mut RedisModuleString) -> *mut RedisModuleUser;
        fn RedisModule_GetMyClusterID() -> *const c_char;
        fn RedisModule_GetServerVersion() -> c_int;
        fn RedisModule_GetUsedMemoryRatio() -> f32;
        fn RedisModule_InfoAddFieldCString(
            ctx: *mut RedisModuleInfoCtx, field: *const c_char, value: *const c_char
        ) -> c_int;
        fn RedisModule_InfoAddSection(ctx: *mut RedisModuleInfoCtx, name: *const c_char) -> c_int;
        fn RedisModule_InfoBeginDictField(ctx: *mut RedisModuleInfoCtx, name: *const c_char) -> c_int;
        fn RedisModule_InfoEndDictField(ctx: *mut RedisModuleInfoCtx) -> c_int;
        fn RedisModule_IsKeysPositionRequest(ctx: *mut RedisModuleCtx) -> c_int;
        fn RedisModule_IsModuleNameBusy(name: *const c_char) -> c_int;
        fn RedisModule_KeyAtPosWithFlags(ctx: *mut RedisModuleCtx, position: c_int, flags: c_int);
        fn RedisModule_LatencyAddSample(event: *const c_char, latency: mstime_t);
        fn RedisModule_Log(ctx: *mut RedisModuleCtx, level: *const c_char, format: *const c_char, ...);
        fn RedisModule_ModuleTypeGetType(key: *mut RedisModuleKey) -> *mut RedisModuleType;
        fn RedisModule_ModuleTypeGetValue(key: *mut RedisModuleKey) -> *mut c_void;
        fn RedisModule_ModuleTypeSetValue(
            key: *mut RedisModuleKey, kind: *mut RedisModuleType, value: *mut c_void
        ) -> c_int;
        fn RedisModule_RegisterClusterMessageReceiver(
            ctx: *mut RedisModuleCtx, kind: u8, callback: RedisModuleClusterMessageReceiver
        );
        fn RedisModule_RegisterCommandFilter(
            ctx: *mut RedisModuleCtx, callback: RedisModuleCommandFilterFunc, flags: c_int
        ) -> *mut RedisModuleCommandFilter;
        fn RedisModule_RegisterInfoFunc(ctx: *mut RedisModuleCtx, callback: RedisModuleInfoFunc) -> c_int;
        fn RedisModule_SendClusterMessage(
            ctx: *mut RedisModuleCtx, node: *const c_char, kind: u8, message: *const c_char, len: u32
        ) -> c_int;
        fn RedisModule_SetCommandACLCategories(command: *mut RedisModuleCommand, categories: *const c_char) -> c_int;
        fn RedisModule_SetContextUser(ctx: *mut RedisModuleCtx, user: *const RedisModuleUser);
        fn RedisModule_SetDisconnectCallback(
            client: *mut RedisModuleBlockedClient, callback: RedisModuleDisconnectFunc
        );
        fn RedisModule_SubscribeToKeyspaceEvents(
            ctx: *mut RedisModuleCtx, types: c_int, callback: RedisModuleNotificationFunc
        ) -> c_int;
        fn RedisModule_ThreadSafeContextTryLock(ctx: *mut RedisModuleCtx) -> c_int;
        // Checks words in a database, and tells the reason of a refusal. From Valkey 9.1 on.
        fn ValkeyModule_ACLCheckPermissions(
            user: *mut RedisModuleUser, argv: *mut *mut RedisModuleString, argc: c_int, database: c_int,
            reason: *mut c_int
        ) -> c_int;
    }
}
