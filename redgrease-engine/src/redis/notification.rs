//! Keyspace events: what happened to which key.

use super::command::text;
use super::context::Context;
use super::listeners::listeners;
use redis_module::raw;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::time::Duration;

/// Listens to every kind of event a server has.
///
/// Streams and keys each for themselves: a server does not tell a callback what happens while that
/// callback runs, and streams must hear what handlers of keys write.
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

/// Runs `body` without telling registrations of key events what it does on this thread: the look-ups
/// of readers, the bookkeeping of streams and the writes of sync handlers cause no events.
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
    let Some(listeners) = listeners() else {
        return super::api::OK;
    };
    // SAFETY: passed on as the server gave it.
    unsafe { tell(ctx, event, key, listeners.stream_event) }
}

unsafe extern "C" fn tell_keys(
    ctx: *mut raw::RedisModuleCtx,
    _kind: c_int,
    event: *const c_char,
    key: *mut raw::RedisModuleString,
) -> c_int {
    let Some(listeners) = listeners().filter(|_| !QUIET.get()) else {
        return super::api::OK;
    };
    // SAFETY: passed on as the server gave it.
    unsafe { tell(ctx, event, key, listeners.key_event) }
}

unsafe fn tell(
    ctx: *mut raw::RedisModuleCtx,
    event: *const c_char,
    key: *mut raw::RedisModuleString,
    happened: fn(&Context, &str, &[u8]),
) -> c_int {
    let Some(live) = NonNull::new(ctx) else {
        return super::api::OK;
    };
    // SAFETY: the server calls with a live context, its lock held, a NUL-terminated name and a key.
    let (context, event, key) =
        unsafe { (Context::new(live), CStr::from_ptr(event), text(key).bytes()) };
    // A panic must not cross into the server.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let event = event.to_string_lossy();
        context.enter(|| happened(&context, &event, key));
    }));
    if outcome.is_err() {
        super::log(
            super::Level::Warning,
            "a key event failed inside the engine: please report it",
        );
    }
    super::api::OK
}

type Job = Box<dyn FnOnce(&Context) + Send>;

/// Runs `job` when what it writes comes behind the command of the event, also for replicas and in
/// the AOF: from 7.2 on when the command has ended, before that when the server has a moment.
pub(crate) fn after_command(context: &Context, job: Job) {
    // SAFETY: the static is written once, while loading; a copy is read.
    if unsafe { raw::RedisModule_AddPostNotificationJob }.is_some() {
        when_writable(context, job);
    } else {
        super::after(context, Duration::ZERO, job);
    }
}

/// Runs `job` when it is allowed to write: from 7.2 on after the event was told to everybody,
/// before that at once (and replicas and the AOF are told what it writes before they are told of
/// the command).
pub(crate) fn when_writable(context: &Context, job: Job) {
    // SAFETY: the pointer is handed to the server with its own free function, which is called
    // exactly once, whether the job ran or not.
    unsafe {
        let Some(add) = raw::RedisModule_AddPostNotificationJob else {
            return job(context);
        };
        let slot: *mut Option<Job> = Box::into_raw(Box::new(Some(job)));
        if add(context.as_ptr(), Some(run_job), slot.cast(), Some(free_job)) != super::api::OK {
            // Refused (while loading, or on a replica): what cannot write is not run at all.
            drop(Box::from_raw(slot));
        }
    }
}

unsafe extern "C" fn run_job(ctx: *mut raw::RedisModuleCtx, slot: *mut c_void) {
    let Some(live) = NonNull::new(ctx) else {
        return;
    };
    // SAFETY: `when_writable` made the slot; the server calls with its lock held.
    let (context, job) = unsafe { (Context::new(live), (*slot.cast::<Option<Job>>()).take()) };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        if let Some(job) = job {
            context.enter(|| job(&context));
        }
    }));
    if outcome.is_err() {
        super::log(
            super::Level::Warning,
            "a key event failed inside the engine: please report it",
        );
    }
}

unsafe extern "C" fn free_job(slot: *mut c_void) {
    // SAFETY: `when_writable` made the slot; it is freed once.
    drop(unsafe { Box::from_raw(slot.cast::<Option<Job>>()) });
}
