//! Keys of the type `rg_timeev`, which hold a time event.
//!
//! The server holds a pointer to a [`Value`]. In the child of a fork it only reads the bytes, and on the thread that frees
//! memory in the background it only drops the value.

use super::api::OK;
use super::context::{Context, Selected};
use super::listeners::listeners;
use super::lock;
use super::log::{Level, log};
use super::raw;
use super::saving::is_saving;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// The value of a key with a time event.
pub(crate) trait KeyValue: Send + Sync {
    /// The bytes that are saved, and sent to replicas.
    fn bytes(&self) -> &[u8];
}

/// The target of the server's pointer. The pointer of an `Arc<dyn KeyValue>` is two words, and the server keeps one.
struct Value(Arc<dyn KeyValue>);

/// The name of the type. The server demands nine characters.
const NAME: &CStr = c"rg_timeev";
const VERSION: c_int = 1;
/// What `DUMP` shows in place of the bytes.
const NOT_SHOWN: &[u8] = b"a time event, whose function is saved in RDB and AOF files only";
/// The command that makes a key with a time event on replicas and from the AOF.
pub(crate) const COMMAND: &CStr = c"rg.innertimeevent";

static TYPE: AtomicPtr<raw::RedisModuleType> = AtomicPtr::new(ptr::null_mut());

/// Registers the type. Returns `false` if the server refused it.
pub(super) fn register(context: &Context) -> bool {
    // SAFETY: the context is live. The structure is copied by the server; its callbacks live as long as the process, and
    // unused ones are null.
    unsafe {
        let mut methods: raw::RedisModuleTypeMethods = std::mem::zeroed();
        // The version tells servers how many fields of the structure there are.
        methods.version = 3;
        methods.rdb_load = Some(load);
        methods.rdb_save = Some(save);
        methods.aof_rewrite = Some(rewrite);
        methods.mem_usage = Some(size);
        methods.free = Some(free);
        methods.copy = Some(copy);
        let made = rm!(RedisModule_CreateDataType(
            context.as_ptr(),
            NAME.as_ptr(),
            VERSION,
            &raw mut methods
        ));
        TYPE.store(made, Ordering::Release);
        !made.is_null()
    }
}

/// An open key. It is closed when the value is dropped.
struct OpenKey<'a> {
    raw: *mut raw::RedisModuleKey,
    /// Dropped after the key was closed.
    _database: Selected<'a>,
}

impl<'a> OpenKey<'a> {
    fn new(context: &'a Context, database: i32, key: &[u8], mode: c_int) -> OpenKey<'a> {
        let ctx = context.as_ptr();
        let selected = context.select(database);
        // SAFETY: the context is live and locked, and the value borrows it. The server copies the name.
        unsafe {
            let name = rm!(RedisModule_CreateString(
                ctx,
                key.as_ptr().cast(),
                key.len()
            ));
            let raw = rm!(RedisModule_OpenKey(ctx, name, mode));
            rm!(RedisModule_FreeString(ctx, name));
            OpenKey {
                raw: raw.cast(),
                _database: selected,
            }
        }
    }

    fn is_empty(&self) -> bool {
        // SAFETY: the key is open, or null if it does not exist, which the server allows here.
        let kind = unsafe { rm!(RedisModule_KeyType(self.raw)) };
        kind == raw::REDISMODULE_KEYTYPE_EMPTY
    }
}

impl Drop for OpenKey<'_> {
    fn drop(&mut self) {
        // SAFETY: `new` opened the key, which is closed once; null is allowed. The context is still borrowed.
        unsafe { rm!(RedisModule_CloseKey(self.raw)) };
    }
}

/// `true` if there is a key of this name, with any type.
pub(crate) fn exists(context: &Context, database: i32, key: &[u8]) -> bool {
    !OpenKey::new(context, database, key, raw::REDISMODULE_READ).is_empty()
}

/// Sets a key to this value. Returns `false` if the server refused.
pub(crate) fn set(context: &Context, database: i32, key: &[u8], value: Arc<dyn KeyValue>) -> bool {
    let mode = raw::REDISMODULE_READ | raw::REDISMODULE_WRITE;
    let open = OpenKey::new(context, database, key, mode);
    let value = Box::into_raw(Box::new(Value(value)));
    // SAFETY: the key is open for writing. A server that accepts the value owns it, and passes it to `free` once. If the
    // server refuses, the value is dropped here.
    unsafe {
        let set = raw::RedisModule_ModuleTypeSetValue;
        let kind = TYPE.load(Ordering::Acquire);
        if set.is_some_and(|set| set(open.raw, kind, value.cast()) == OK) {
            return true;
        }
        drop(Box::from_raw(value));
        false
    }
}

/// `true` if the key of this name has this value.
pub(crate) fn holds<V>(context: &Context, database: i32, key: &[u8], value: &Arc<V>) -> bool {
    let open = OpenKey::new(context, database, key, raw::REDISMODULE_READ);
    if open.is_empty() {
        return false;
    }
    // SAFETY: the key is open and not empty. A value of this type is a pointer that `set` or `value_of` made, and is not freed while
    // the server's lock is held.
    unsafe {
        let (Some(kind), Some(get)) = (
            raw::RedisModule_ModuleTypeGetType,
            raw::RedisModule_ModuleTypeGetValue,
        ) else {
            return false;
        };
        if kind(open.raw) != TYPE.load(Ordering::Acquire) {
            return false;
        }
        let held = &(*get(open.raw).cast::<Value>()).0;
        ptr::addr_eq(Arc::as_ptr(held), Arc::as_ptr(value))
    }
}

/// The bytes of a value.
///
/// # Safety
/// `value` is a pointer that `set` or `value_of` made, and is not freed for as long as `'a`.
unsafe fn bytes_of<'a>(value: *const c_void) -> &'a [u8] {
    // SAFETY: the caller guarantees that the pointer is that of a live `Value`.
    unsafe { &*value.cast::<Value>() }.0.bytes()
}

unsafe extern "C" fn load(io: *mut raw::RedisModuleIO, version: c_int) -> *mut c_void {
    if version > VERSION {
        log(
            Level::Warning,
            "a time event in this RDB was written by a newer engine: load it with that one",
        );
        return ptr::null_mut();
    }
    // SAFETY: the server passes a live stream. The buffer that it returns has `length` bytes, and is freed here once.
    let bytes = unsafe {
        let mut length = 0;
        let bytes = rm!(RedisModule_LoadStringBuffer(io, &raw mut length));
        if bytes.is_null() {
            return ptr::null_mut();
        }
        let copied = std::slice::from_raw_parts(bytes.cast::<u8>(), length).to_vec();
        rm!(RedisModule_Free(bytes.cast()));
        copied
    };
    // SAFETY: the stream is live, and so is the name that it has.
    let key = unsafe { key_of(io) };
    let made = value_of(key.as_deref(), bytes);
    if made.is_null() {
        log(
            Level::Warning,
            "a key with a time event was not restored, because RESTORE must not bring in code: let a script make it",
        );
    }
    made
}

/// The name of the key that is saved or loaded, if the server tells it.
///
/// # Safety
/// `io` is a live stream.
unsafe fn key_of(io: *mut raw::RedisModuleIO) -> Option<Vec<u8>> {
    // SAFETY: the caller guarantees that the stream is live. The name lives as long as the stream.
    unsafe {
        let name = raw::RedisModule_GetKeyNameFromIO?(io);
        (!name.is_null()).then(|| super::command::text(name.cast_mut()).bytes().to_vec())
    }
}

/// A new value for the server, or null if it could not be made: `RESTORE` must not bring in code.
fn value_of(key: Option<&[u8]>, bytes: Vec<u8>) -> *mut c_void {
    let Some(listeners) = listeners() else {
        return ptr::null_mut();
    };
    let make = |context: &Context| (listeners.load_timer_key)(context, key, bytes);
    // SAFETY: the server loads and restores with its lock held, on this thread.
    let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { lock::assume_locked(make) }));
    outcome.ok().flatten().map_or(ptr::null_mut(), |value| {
        Box::into_raw(Box::new(Value(value))).cast()
    })
}

/// The bytes that a client sees of a value. A user with the right to read the key need not have the right to read the function
/// and its globals.
///
/// # Safety
/// `io` is a live stream, and `value` a live value.
unsafe fn shown(io: *mut raw::RedisModuleIO, value: *const c_void) -> Option<Vec<u8>> {
    let listeners = listeners()?;
    // SAFETY: the caller guarantees it. The server dumps with its lock held, on this thread.
    unsafe {
        let key = key_of(io)?;
        let dump = |context: &Context| (listeners.dump_timer_key)(context, &key, bytes_of(value));
        catch_unwind(AssertUnwindSafe(|| lock::assume_locked(dump))).ok()?
    }
}

unsafe extern "C" fn save(io: *mut raw::RedisModuleIO, value: *mut c_void) {
    // SAFETY: the server passes a live stream and a live value, and copies the bytes.
    unsafe {
        let shown = if is_saving() {
            None
        } else {
            Some(shown(io, value).unwrap_or_else(|| NOT_SHOWN.to_vec()))
        };
        let bytes = shown.as_deref().unwrap_or_else(|| bytes_of(value));
        rm!(RedisModule_SaveStringBuffer(
            io,
            bytes.as_ptr().cast(),
            bytes.len()
        ));
    }
}

unsafe extern "C" fn rewrite(
    io: *mut raw::RedisModuleIO,
    key: *mut raw::RedisModuleString,
    value: *mut c_void,
) {
    // SAFETY: the server passes a live stream, key and value. The format takes a string, and a buffer with its length.
    unsafe {
        let bytes = bytes_of(value);
        if let Some(emit) = raw::RedisModule_EmitAOF {
            emit(
                io,
                COMMAND.as_ptr(),
                c"sb".as_ptr(),
                key,
                bytes.as_ptr().cast::<c_char>(),
                bytes.len(),
            );
        }
    }
}

unsafe extern "C" fn size(value: *const c_void) -> usize {
    // SAFETY: the server passes a live value.
    unsafe { size_of::<Value>() + bytes_of(value).len() }
}

/// Drops a value. May run on the thread of the server that frees memory in the background.
unsafe extern "C" fn free(value: *mut c_void) {
    // SAFETY: the server frees each value once, and does not use it afterwards.
    let value = unsafe { Box::from_raw(value.cast::<Value>()) };
    if catch_unwind(AssertUnwindSafe(|| drop(value))).is_err() {
        log(
            Level::Warning,
            "a time event could not be ended: please report it",
        );
    }
}

unsafe extern "C" fn copy(
    _from: *mut raw::RedisModuleString,
    _to: *mut raw::RedisModuleString,
    value: *const c_void,
) -> *mut c_void {
    // The user of `COPY` need not have the right to bring in code, and the copy would run with the rights of the owner.
    // SAFETY: the server copies and loads with its lock held, on this thread.
    if !unsafe { lock::assume_locked(Context::is_loading) } {
        static TOLD: AtomicBool = AtomicBool::new(false);
        // Once: any user who may write keys could fill the log.
        if !TOLD.swap(true, Ordering::Relaxed) {
            log(
                Level::Warning,
                "a key with a time event was not copied, because COPY must not bring in code: let a script make another one",
            );
        }
        return ptr::null_mut();
    }
    // SAFETY: the server passes a live value, whose bytes are copied.
    value_of(None, unsafe { bytes_of(value) }.to_vec())
}
