//! The engine's data in the RDB, and its own commands for replicas and the AOF.

use super::call::{Rights, call};
use super::context::Context;
use super::listeners::{Listeners, listeners};
use super::lock;
use super::log::{Level, log};
use super::raw;
use super::rdb_header;
use std::ffi::{CStr, c_char, c_int, c_longlong};
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The name of the type that holds the engine's data in the RDB. The server demands nine characters. A server without the engine
/// names the type when it refuses such a file, so it begins with the name of the module.
const TYPE: &CStr = c"rg_engine";
const VERSION: c_int = 1;
/// The data comes after the keys in the RDB: the keys exist when registrations are restored.
const AFTER_KEYS: c_int = raw::REDISMODULE_AUX_AFTER_RDB;
/// Before the keys stands nothing but the name of the type. [`rdb_header`] finds it there.
const BEFORE_KEYS: c_int = raw::REDISMODULE_AUX_BEFORE_RDB;
/// From this version of the server on, an engine without sessions writes nothing into the RDB. A server without the engine can
/// load such a file. Older servers write the name of the type as soon as it is registered.
const WRITES_NOTHING_FROM: c_int = 0x0007_0200;

/// The type is registered.
static REGISTERED: AtomicBool = AtomicBool::new(false);
/// The file that is being loaded had data of the engine.
static LOADED: AtomicBool = AtomicBool::new(false);

fn writes_nothing() -> bool {
    // SAFETY: the static is written once, while loading; a copy is read. The function has no preconditions.
    let version = unsafe { raw::RedisModule_GetServerVersion.map_or(0, |version| version()) };
    version >= WRITES_NOTHING_FROM
}

/// Prepares the engine's part of the RDB. Returns `false` if the server refused.
pub(super) fn register(context: &Context) -> bool {
    // SAFETY: the context is live.
    unsafe {
        // With this option `aux_load` learns of a file that ends early. Without it the server would exit.
        rm!(RedisModule_SetModuleOptions(
            context.as_ptr(),
            raw::REDISMODULE_OPTIONS_HANDLE_IO_ERRORS
        ));
    }
    !writes_nothing() || register_type(context)
}

/// The engine has data for the RDB from now on. Before Redis 7.2 the type is not registered earlier, so that servers without the
/// engine can load what this one saves, and can be its replicas.
#[cfg(not(test))]
pub(crate) fn will_save(context: &Context) {
    if !REGISTERED.load(Ordering::Relaxed) && !register_type(context) {
        log(
            Level::Warning,
            "registrations are not saved, because the server refused the engine's data type: restart it to try again",
        );
    }
}

/// Unit tests run without a server.
#[cfg(test)]
pub(crate) fn will_save(_: &Context) {}

fn register_type(context: &Context) -> bool {
    // SAFETY: the context is live and belongs to the module. The structure is copied by the server; its callbacks live as long
    // as the process, and unused ones are null.
    let made = unsafe {
        let mut methods: raw::RedisModuleTypeMethods = std::mem::zeroed();
        methods.aux_load = Some(aux_load);
        if writes_nothing() {
            methods.version = 5;
            methods.aux_save2 = Some(aux_save);
            methods.aux_save_triggers = AFTER_KEYS;
        } else {
            methods.version = 3;
            methods.aux_save = Some(aux_save);
            methods.aux_save_triggers = BEFORE_KEYS | AFTER_KEYS;
        }
        !rm!(RedisModule_CreateDataType(
            context.as_ptr(),
            TYPE.as_ptr(),
            VERSION,
            &raw mut methods
        ))
        .is_null()
    };
    REGISTERED.store(made, Ordering::Relaxed);
    made
}

/// A source of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Rdb,
    Aof,
    Master,
}

/// The server begins to load. A type that is in the file must be registered before it is read.
pub(super) fn loading_begins(context: &Context, source: Source) {
    LOADED.store(false, Ordering::Relaxed);
    let needs_type = || match source {
        Source::Rdb => may_hold_data(Path::new(&setting(context, b"dbfilename"))),
        Source::Aof => {
            let folder = setting(context, b"appenddirname");
            let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let mut files = files.map(|file| file.path());
            may_hold_data(Path::new(&setting(context, b"appendfilename")))
                || files.any(|file| may_hold_data(&file))
        }
        // The data comes from a socket or a file with a name of its own.
        Source::Master => true,
    };
    if !REGISTERED.load(Ordering::Relaxed) && needs_type() {
        will_save(context);
    }
}

/// The server has loaded everything. A file without data of the engine means that there are no registrations.
pub(super) fn loading_has_ended(context: &Context, source: Source, listeners: &Listeners) {
    // Registrations of an AOF may be commands.
    if source == Source::Aof || LOADED.load(Ordering::Relaxed) {
        return;
    }
    if let Err(message) = (listeners.load_registrations)(context, &[]) {
        log(Level::Warning, &message);
    }
}

/// `true` if this file, which need not exist, may hold data of the engine.
fn may_hold_data(file: &Path) -> bool {
    match File::open(file) {
        Ok(file) => rdb_header::may_hold_module_data(BufReader::new(file)),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

/// The value of a setting of the server. Empty if there is no such setting.
fn setting(context: &Context, name: &[u8]) -> String {
    call(context, Rights::Engine, b"CONFIG", &[b"GET", name])
        .ok()
        .and_then(|reply| Some(String::from_utf8_lossy(reply.element(1)?.bytes()).into_owned()))
        .unwrap_or_default()
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
unsafe extern "C" fn aux_save(io: *mut raw::RedisModuleIO, when: c_int) {
    if when == BEFORE_KEYS {
        return;
    }
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
        if !writes_nothing() || !data.is_empty() {
            rm!(RedisModule_SaveStringBuffer(
                io,
                start_of(&data),
                data.len()
            ));
        }
    }
}

unsafe extern "C" fn aux_load(io: *mut raw::RedisModuleIO, version: c_int, when: c_int) -> c_int {
    if when == BEFORE_KEYS {
        return super::api::OK;
    }
    LOADED.store(true, Ordering::Relaxed);
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

/// The error for one of the engine's own commands whose bytes cannot be read. If the command stands in an AOF file, the server
/// ends, as it does for a command that it does not know: it would go on without the registrations, and lose them with the next
/// rewrite of the file.
pub(crate) fn unreadable(context: &Context, message: String) -> String {
    if context.is_loading() {
        log(
            Level::Warning,
            &format!("the AOF is not loaded and stays as it is: {message}"),
        );
        std::process::exit(1);
    }
    message
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
    let info = call(context, Rights::Engine, b"INFO", &[b"persistence"]);
    let in_progress = b"aof_rewrite_in_progress:1";
    let is_rewriting = info.is_ok_and(|info| {
        let mut parts = info.bytes().windows(in_progress.len());
        parts.any(|part| part == in_progress)
    });
    is_rewriting && setting(context, b"aof-use-rdb-preamble") == "no"
}
