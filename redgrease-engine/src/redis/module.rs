//! Loading, and the server events the engine listens to.

use super::api::{self, ERR, OK};
use super::command::{Text, text};
use super::context::Context;
use super::lock;
use super::log::{Level, log};
use super::{info, notification, persistence, timer, timer_key};
use redis_module::raw;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::time::Duration;

/// The name and version clients of Gears look for in `MODULE LIST`; our own stand in `INFO`.
const NAME: &std::ffi::CStr = c"rg";
const VERSION: c_int = 10_213;

/// Called by the server when it loads the module.
///
/// # Safety
/// As the server calls it: a live context and `count` strings.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn RedisModule_OnLoad(
    context: *mut raw::RedisModuleCtx,
    arguments: *mut *mut raw::RedisModuleString,
    count: c_int,
) -> c_int {
    let Some(live) = NonNull::new(context) else {
        return ERR;
    };
    // SAFETY: called once, by the server, with its own context; afterwards the function table is
    // set and `missing` tells whether all we use is in it.
    let (context, words) = unsafe {
        let version = raw::REDISMODULE_APIVER_1.cast_signed();
        if raw::Export_RedisModule_Init(context, NAME.as_ptr(), VERSION, version) != 0 {
            return ERR;
        }
        (
            Context::new(live),
            std::slice::from_raw_parts(arguments, usize::try_from(count).unwrap_or(0)),
        )
    };
    let missing = api::missing();
    if !missing.is_empty() {
        log(
            Level::Warning,
            &format!(
                "this server is too old for the RedGrease engine, it lacks {}: use Redis 6.2 or newer",
                missing.join(", ")
            ),
        );
        return ERR;
    }
    lock::remember_base(&context);
    let arguments: Vec<Text<'_>> = words.iter().map(|&word| text(word)).collect();
    let loaded = catch_unwind(AssertUnwindSafe(|| {
        context.enter(|| crate::load(&context, &arguments))
    }));
    match loaded {
        Ok(Ok(())) => {}
        Ok(Err(message)) => {
            log(Level::Warning, &message);
            return ERR;
        }
        Err(_) => {
            log(
                Level::Warning,
                "the RedGrease engine failed while loading: please report it",
            );
            return ERR;
        }
    }
    if !persistence::register(&context) {
        log(
            Level::Warning,
            "the server refused the engine's data type: is it loaded twice?",
        );
        return ERR;
    }
    if !timer_key::register(&context) {
        log(
            Level::Warning,
            "the server refused the type of keys with time events: such keys cannot be made",
        );
    }
    subscribe(&context);
    info::register(&context);
    notification::subscribe(&context);
    OK
}

/// The interpreter and the worker threads cannot be taken out of a running process.
#[unsafe(no_mangle)]
pub(super) extern "C" fn RedisModule_OnUnload(_context: *mut raw::RedisModuleCtx) -> c_int {
    ERR
}

/// The file this module was loaded from.
pub(crate) fn library_path() -> String {
    // SAFETY: the address is a function of this library; the name the loader gives for it is
    // NUL-terminated and lives as long as the library.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        let address = (RedisModule_OnUnload as *const ()).cast::<c_void>();
        if libc::dladdr(address, &raw mut info) == 0 || info.dli_fname.is_null() {
            return String::new();
        }
        std::ffi::CStr::from_ptr(info.dli_fname)
            .to_string_lossy()
            .into_owned()
    }
}

fn subscribe(context: &Context) {
    let callbacks: [(u64, raw::RedisModuleEventCallback); 6] = [
        (raw::REDISMODULE_EVENT_SHUTDOWN, Some(on_shutdown)),
        (raw::REDISMODULE_EVENT_EVENTLOOP, Some(on_event_loop)),
        (raw::REDISMODULE_EVENT_LOADING, Some(on_ready)),
        (
            raw::REDISMODULE_EVENT_REPLICATION_ROLE_CHANGED,
            Some(on_ready),
        ),
        (raw::REDISMODULE_EVENT_FLUSHDB, Some(on_emptied)),
        (raw::REDISMODULE_EVENT_SWAPDB, Some(on_emptied)),
    ];
    for (id, callback) in callbacks {
        let event = raw::RedisModuleEvent { id, dataver: 1 };
        // SAFETY: the callbacks live as long as the process. A server without one of the events
        // refuses it, which is fine: without the event loop's events the interpreter is given back
        // after every callback.
        unsafe {
            rm!(RedisModule_SubscribeToServerEvent(
                context.as_ptr(),
                event,
                callback
            ));
        }
    }
}

/// Messages that came while loading, or while this was a replica, are read soon, and time events
/// that came with the data begin. Not at once: what handlers write while a command runs makes the
/// server tell its replicas of that command, and this may be `REPLICAOF NO ONE`.
unsafe extern "C" fn on_ready(
    _context: *mut raw::RedisModuleCtx,
    event: raw::RedisModuleEvent,
    subevent: u64,
    _data: *mut c_void,
) {
    if event.id == raw::REDISMODULE_EVENT_LOADING
        && subevent != raw::REDISMODULE_SUBEVENT_LOADING_ENDED
    {
        return;
    }
    let planned = catch_unwind(AssertUnwindSafe(|| {
        lock::assume_locked(|context| {
            timer::after(context, Duration::ZERO, |context| {
                crate::registration::streams::start_all(context);
                crate::registration::keyed_timers::start_all(context);
            });
        });
    }));
    if planned.is_err() {
        log(
            Level::Warning,
            "streams and time events could not be begun after loading: please report it",
        );
    }
}

/// All keys are gone, or others have taken their place.
unsafe extern "C" fn on_emptied(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _subevent: u64,
    _data: *mut c_void,
) {
    let forgotten = catch_unwind(AssertUnwindSafe(|| {
        lock::assume_locked(crate::registration::streams::all_are_gone);
    }));
    if forgotten.is_err() {
        log(
            Level::Warning,
            "streams were not forgotten when the server was emptied: please report it",
        );
    }
}

unsafe extern "C" fn on_event_loop(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    subevent: u64,
    _data: *mut c_void,
) {
    match subevent {
        raw::REDISMODULE_SUBEVENT_EVENTLOOP_BEFORE_SLEEP => crate::python::before_sleep(),
        raw::REDISMODULE_SUBEVENT_EVENTLOOP_AFTER_SLEEP => crate::python::after_sleep(),
        _ => {}
    }
}

unsafe extern "C" fn on_shutdown(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _subevent: u64,
    _data: *mut c_void,
) {
    crate::shut_down();
    // `exit` runs the destructors of every library, and some of them (OpenBLAS, for one) wait for
    // threads that may be inside a gear. Handlers run last-in first-out: one that is registered
    // now runs before those, writes out what stdio holds and leaves.
    // SAFETY: the handler is a plain function without state.
    unsafe {
        on_exit(leave, ptr::null_mut());
    }
}

unsafe extern "C" {
    fn on_exit(
        function: extern "C" fn(status: c_int, argument: *mut c_void),
        argument: *mut c_void,
    ) -> c_int;
}

extern "C" fn leave(status: c_int, _argument: *mut c_void) {
    // SAFETY: flushing all streams and leaving have no preconditions.
    unsafe {
        libc::fflush(ptr::null_mut());
        libc::_exit(status);
    }
}
