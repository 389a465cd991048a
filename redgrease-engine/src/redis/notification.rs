//! Keyspace events.

use super::client_database;
use super::command::text;
use super::context::Context;
use super::listeners::listeners;
use super::raw;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// Subscribes to all kinds of events.
///
/// Registrations of streams and of keys have separate callbacks. The server does not tell a callback of events that happen
/// while the callback runs, and registrations of streams must hear of the writes of key event handlers.
pub(super) fn subscribe(context: &Context) {
    let kinds = raw::REDISMODULE_NOTIFY_ALL | raw::REDISMODULE_NOTIFY_KEY_MISS;
    // SAFETY: the callbacks live as long as the process.
    unsafe {
        if let Some(subscribe) = raw::RedisModule_SubscribeToKeyspaceEvents {
            subscribe(context.as_ptr(), kinds, Some(tell_streams));
            subscribe(context.as_ptr(), kinds, Some(tell_keys));
        }
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body`, whose commands cause no key events for registrations: the reads of readers, the bookkeeping of streams and
/// the writes of sync handlers.
pub(crate) fn quietly<R>(body: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let _restore = Restore(QUIET.replace(true));
    body()
}

unsafe extern "C" fn tell_streams(
    ctx: *mut raw::RedisModuleCtx,
    _kind: c_int,
    event: *const c_char,
    key: *mut raw::RedisModuleString,
) -> c_int {
    let listener = listeners().map(|listeners| listeners.stream_event);
    // SAFETY: the arguments are those of the server.
    unsafe { tell(ctx, event, key, listener) }
}

unsafe extern "C" fn tell_keys(
    ctx: *mut raw::RedisModuleCtx,
    _kind: c_int,
    event: *const c_char,
    key: *mut raw::RedisModuleString,
) -> c_int {
    let listeners = listeners().filter(|_| !QUIET.get());
    // SAFETY: the arguments are those of the server.
    unsafe {
        tell(
            ctx,
            event,
            key,
            listeners.map(|listeners| listeners.key_event),
        )
    }
}

/// Calls the listener for an event, if there is one.
///
/// # Safety
/// As the server calls a callback for events: a live context, its lock held, a NUL-terminated name and a live key.
unsafe fn tell(
    ctx: *mut raw::RedisModuleCtx,
    event: *const c_char,
    key: *mut raw::RedisModuleString,
    listener: Option<fn(&Context, &str, &[u8])>,
) -> c_int {
    let Some(live) = NonNull::new(ctx) else {
        return super::api::OK;
    };
    // SAFETY: the caller guarantees it. The name and the key live until this function returns.
    let (context, event, key) =
        unsafe { (Context::new(live), CStr::from_ptr(event), text(key).bytes()) };
    let of_client = client_database::before(&context, event.to_bytes(), key);
    // A panic that reached the server would abort the process.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // Gears work on database 0.
        if let Some(happened) = listener.filter(|_| context.database() == 0) {
            let event = event.to_string_lossy();
            context.enter(|| happened(&context, &event, key));
        }
    }));
    if let Some(database) = of_client {
        client_database::select_again(&context, database);
    }
    if outcome.is_err() {
        super::log(
            super::Level::Warning,
            "a key event failed inside the engine: please report it",
        );
    }
    super::api::OK
}
