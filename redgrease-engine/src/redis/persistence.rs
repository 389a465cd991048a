//! The engine's data in the RDB, and its own commands for replicas and the AOF.

use super::call::{Rights, call};
use super::context::Context;
use super::listeners::listeners;
use super::lock;
use super::log::{Level, log};
use redis_module::raw;
use std::ffi::{CStr, c_char, c_int, c_longlong};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The name of the type that holds the engine's data in the RDB. The server demands nine characters.
const TYPE: &CStr = c"redgrease";
const VERSION: c_int = 1;
/// The data comes after the keys in the RDB: the keys exist when registrations are restored.
#[allow(
    clippy::cast_possible_truncation,
    reason = "2, which the bindings give as isize"
)]
const AFTER_KEYS: c_int = raw::REDISMODULE_AUX_AFTER_RDB as c_int;
/// From this version of the server on, an engine without sessions writes nothing into the RDB. A server without the engine can
/// load such a file.
const WRITES_NOTHING_FROM: c_int = 0x0007_0200;

/// Registers the type for the engine's data. Returns `false` if the server refused.
pub(super) fn register(context: &Context) -> bool {
    // SAFETY: the context is live. The structure is copied by the server; its callbacks live as long as the process, and
    // unused ones are null.
    unsafe {
        // With this option `aux_load` learns of a file that ends early. Without it the server would exit.
        rm!(RedisModule_SetModuleOptions(
            context.as_ptr(),
            raw::REDISMODULE_OPTIONS_HANDLE_IO_ERRORS.cast_signed()
        ));
        let server = raw::RedisModule_GetServerVersion.map_or(0, |version| version());
        let mut methods: raw::RedisModuleTypeMethods = std::mem::zeroed();
        methods.aux_load = Some(aux_load);
        methods.aux_save_triggers = AFTER_KEYS;
        if server >= WRITES_NOTHING_FROM {
            methods.version = 5;
            methods.aux_save2 = Some(aux_save);
        } else {
            methods.version = 3;
            methods.aux_save = Some(aux_save);
        }
        !rm!(RedisModule_CreateDataType(
            context.as_ptr(),
            TYPE.as_ptr(),
            VERSION,
            &raw mut methods
        ))
        .is_null()
    }
}

/// The address of the first byte. For no bytes it is that of a NUL, because Redis 6.2 reads the first byte even then.
fn start_of(bytes: &[u8]) -> *const c_char {
    if bytes.is_empty() {
        c"".as_ptr()
    } else {
        bytes.as_ptr().cast()
    }
}

/// Writes the data. Also runs in the child of a fork, where it must take no lock and run no Python.
unsafe extern "C" fn aux_save(io: *mut raw::RedisModuleIO, _when: c_int) {
    let Some(listeners) = listeners() else {
        return;
    };
    let data = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the server saves with its lock held. The child of a fork has no other thread, and never releases the lock.
        unsafe { lock::assume_locked(listeners.save) }
    }));
    // SAFETY: the server passes a live stream, and copies the bytes.
    unsafe {
        let Ok(data) = data else {
            return log(
                Level::Warning,
                "registrations could not be saved: please report it",
            );
        };
        let old =
            raw::RedisModule_GetServerVersion.map_or(0, |version| version()) < WRITES_NOTHING_FROM;
        if old || !data.is_empty() {
            rm!(RedisModule_SaveStringBuffer(
                io,
                start_of(&data),
                data.len()
            ));
        }
    }
}

unsafe extern "C" fn aux_load(io: *mut raw::RedisModuleIO, version: c_int, _when: c_int) -> c_int {
    if version > VERSION {
        log(
            Level::Warning,
            "the registrations in this RDB were written by a newer engine: load it with that one",
        );
        return super::api::ERR;
    }
    // SAFETY: the server passes a live stream. The buffer that it returns has `length` bytes, and is freed here once.
    let data = unsafe {
        let mut length = 0;
        let bytes = rm!(RedisModule_LoadStringBuffer(io, &raw mut length));
        if bytes.is_null() {
            log(
                Level::Warning,
                "the registrations in this RDB could not be read: it is damaged",
            );
            return super::api::ERR;
        }
        let data = std::slice::from_raw_parts(bytes.cast::<u8>(), length).to_vec();
        rm!(RedisModule_Free(bytes.cast()));
        data
    };
    let Some(listeners) = listeners() else {
        return super::api::ERR;
    };
    let restored = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the server loads with its lock held, on this thread.
        unsafe { lock::assume_locked(|context| (listeners.load_registrations)(context, &data)) }
    }));
    match restored {
        Ok(Ok(())) => super::api::OK,
        Ok(Err(message)) => {
            log(Level::Warning, &message);
            super::api::ERR
        }
        Err(_) => {
            log(
                Level::Warning,
                "restoring registrations failed: please report it",
            );
            super::api::ERR
        }
    }
}

/// Makes replicas and the AOF run one of the engine's own commands for a key of a database.
pub(crate) fn replicate_key(
    context: &Context,
    command: &CStr,
    database: i32,
    key: &[u8],
    argument: &[u8],
) {
    let _selected = context.select(database);
    let part = |bytes: &[u8]| (bytes.as_ptr().cast::<c_char>(), bytes.len().cast_signed());
    let ((key, key_length), (argument, length)) = (part(key), part(argument));
    // SAFETY: the context is live and locked. The format takes two buffers, each with its length; the server copies them.
    unsafe {
        rm!(RedisModule_Replicate(
            context.as_ptr(),
            command.as_ptr(),
            c"bb".as_ptr(),
            key,
            key_length as c_longlong,
            argument,
            length as c_longlong,
        ));
    }
}

/// Makes replicas and the AOF run one of the engine's own commands.
pub(crate) fn replicate(context: &Context, command: &CStr, argument: &[u8]) {
    replicate_as(context, command, c"b", argument);
}

/// Makes the AOF run one of the engine's own commands, and no replica.
pub(crate) fn replicate_to_aof(context: &Context, command: &CStr, argument: &[u8]) {
    replicate_as(context, command, c"Rb", argument);
}

/// `format` takes a buffer and its length.
fn replicate_as(context: &Context, command: &CStr, format: &CStr, argument: &[u8]) {
    // SAFETY: the context is live and locked. The callers' formats take a buffer and its length; the server copies it.
    unsafe {
        rm!(RedisModule_Replicate(
            context.as_ptr(),
            command.as_ptr(),
            format.as_ptr(),
            argument.as_ptr().cast::<c_char>(),
            argument.len().cast_signed() as c_longlong,
        ));
    }
}

/// `true` while a child rewrites the AOF without an RDB file at its beginning. Such an AOF has no place for the engine's data.
pub(super) fn is_rewriting_as_commands(context: &Context) -> bool {
    let ask = |command: &[u8], args: &[&[u8]]| call(context, Rights::Engine, command, args).ok();
    let rewrites = ask(b"INFO", &[b"persistence"]).is_some_and(|info| {
        let in_progress = b"aof_rewrite_in_progress:1";
        info.bytes()
            .windows(in_progress.len())
            .any(|part| part == in_progress)
    });
    rewrites
        && ask(b"CONFIG", &[b"GET", b"aof-use-rdb-preamble"]).is_some_and(|setting| {
            setting
                .element(1)
                .is_some_and(|value| value.bytes() == b"no")
        })
}
