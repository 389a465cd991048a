//! The server events that the engine listens to: loading, roles, the event loop, shutting down.

use super::context::Context;
use super::ending;
use super::key_moves;
use super::listeners::{Listeners, listeners};
use super::lock;
use super::log::{Level, log};
use super::persistence::{self, Source};
use super::raw;
use super::saving::{on_persistence, remember_server};
use super::seen_users;
use super::{after_command, paused, queue, timer};
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub(super) fn subscribe(context: &Context) {
    remember_server();
    let callbacks: [(u64, raw::RedisModuleEventCallback); 8] = [
        (raw::REDISMODULE_EVENT_SHUTDOWN, Some(on_shutdown)),
        (raw::REDISMODULE_EVENT_EVENTLOOP, Some(on_event_loop)),
        (raw::REDISMODULE_EVENT_LOADING, Some(on_loading)),
        (
            raw::REDISMODULE_EVENT_REPLICATION_ROLE_CHANGED,
            Some(on_role),
        ),
        (raw::REDISMODULE_EVENT_FLUSHDB, Some(on_emptied)),
        (raw::REDISMODULE_EVENT_SWAPDB, Some(on_swapped)),
        (raw::REDISMODULE_EVENT_FORK_CHILD, Some(on_fork)),
        (raw::REDISMODULE_EVENT_PERSISTENCE, Some(on_persistence)),
    ];
    for (id, callback) in callbacks {
        let event = raw::RedisModuleEvent { id, dataver: 1 };
        // SAFETY: the context is live, and the callbacks live as long as the process. A server that does not know an event
        // refuses it. Without the events of the event loop, the interpreter is released after every callback.
        unsafe {
            rm!(RedisModule_SubscribeToServerEvent(
                context.as_ptr(),
                event,
                callback
            ));
        }
    }
}

/// Called when loading begins and ends.
unsafe extern "C" fn on_loading(
    context: *mut raw::RedisModuleCtx,
    event: raw::RedisModuleEvent,
    subevent: u64,
    data: *mut c_void,
) {
    static SOURCE: Mutex<Option<Source>> = Mutex::new(None);
    let begins = match subevent {
        raw::REDISMODULE_SUBEVENT_LOADING_RDB_START => Some(Source::Rdb),
        raw::REDISMODULE_SUBEVENT_LOADING_AOF_START => Some(Source::Aof),
        raw::REDISMODULE_SUBEVENT_LOADING_REPL_START => Some(Source::Master),
        _ => None,
    };
    let mut source = SOURCE.lock().unwrap_or_else(PoisonError::into_inner);
    let (Some(listeners), Some(from)) = (listeners(), begins.or(*source)) else {
        return;
    };
    *source = begins;
    drop(source);
    let has_ended = subevent == raw::REDISMODULE_SUBEVENT_LOADING_ENDED;
    let tell = |context: &Context| match begins {
        Some(source) => persistence::loading_begins(context, source),
        None if has_ended => persistence::loading_has_ended(context, from, listeners),
        None => {}
    };
    // SAFETY: the server calls this with its lock held, on the thread that loads.
    let told = catch_unwind(AssertUnwindSafe(|| unsafe { lock::assume_locked(tell) }));
    if told.is_err() {
        log(
            Level::Warning,
            "registrations were not compared with the data that was loaded: please report it",
        );
    }
    if has_ended {
        // SAFETY: the arguments are those of the server.
        unsafe { on_ready(context, event, subevent, data) };
    }
}

/// Called when the role of the server has changed.
unsafe extern "C" fn on_role(
    context: *mut raw::RedisModuleCtx,
    event: raw::RedisModuleEvent,
    subevent: u64,
    data: *mut c_void,
) {
    paused::role_changes();
    // SAFETY: the arguments are those of the server.
    unsafe { on_ready(context, event, subevent, data) };
}

/// Plans a call of the listener `ready` for a moment later. Not at once: the writes of a handler make the server tell
/// its replicas of the command that runs, and this may be `REPLICAOF NO ONE`.
unsafe extern "C" fn on_ready(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _subevent: u64,
    _data: *mut c_void,
) {
    let Some(listeners) = listeners() else {
        return;
    };
    let plan = |context: &Context| timer::after(context, Duration::ZERO, listeners.ready);
    // SAFETY: the server calls this with its lock held, on the thread that loads or changes the role.
    let planned = catch_unwind(AssertUnwindSafe(|| unsafe { lock::assume_locked(plan) }));
    if planned.is_err() {
        log(
            Level::Warning,
            "streams and time events could not be begun after loading: please report it",
        );
    }
}

/// Called when all keys of one database or of all databases were removed.
unsafe extern "C" fn on_emptied(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _subevent: u64,
    data: *mut c_void,
) {
    // SAFETY: the server passes this structure with this event, or null.
    let database = unsafe { data.cast::<raw::RedisModuleFlushInfo>().as_ref() };
    // -1 means all databases.
    if database.is_none_or(|info| info.dbnum <= 0) {
        tell(|listeners| listeners.emptied);
    }
}

/// Called when two databases have changed places.
unsafe extern "C" fn on_swapped(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _subevent: u64,
    data: *mut c_void,
) {
    // SAFETY: the server passes this structure with this event, or null.
    let databases = unsafe { data.cast::<raw::RedisModuleSwapDbInfo>().as_ref() };
    if databases.is_none_or(|info| info.dbnum_first == 0 || info.dbnum_second == 0) {
        tell(|listeners| listeners.swapped);
    }
}

/// Calls the listener of a change of database 0, which happens with the server's lock held.
fn tell(listener: fn(&Listeners) -> fn(&Context)) {
    let Some(listeners) = listeners() else {
        return;
    };
    let told = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the callers are callbacks of the server, which holds the lock on the thread that changes the database.
        unsafe { lock::assume_locked(listener(listeners)) };
    }));
    if told.is_err() {
        log(
            Level::Warning,
            "streams were not forgotten when the keys of the server changed: please report it",
        );
    }
}

/// Called in the server itself when a child has begun to write a file.
unsafe extern "C" fn on_fork(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    subevent: u64,
    _data: *mut c_void,
) {
    if subevent != raw::REDISMODULE_SUBEVENT_FORK_CHILD_BORN {
        return;
    }
    let Some(listeners) = listeners() else {
        return;
    };
    let tell = |context: &Context| {
        if persistence::is_rewriting_as_commands(context) {
            after_command::soon(context, Box::new(listeners.rewritten));
        }
    };
    // SAFETY: the server calls this with its lock held, on the thread that forks.
    let told = catch_unwind(AssertUnwindSafe(|| unsafe { lock::assume_locked(tell) }));
    if told.is_err() {
        log(
            Level::Warning,
            "the AOF is rewritten without registrations: please report it",
        );
    }
}

unsafe extern "C" fn on_event_loop(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    subevent: u64,
    _data: *mut c_void,
) {
    let Some(listeners) = listeners() else {
        return;
    };
    let tell = match subevent {
        raw::REDISMODULE_SUBEVENT_EVENTLOOP_BEFORE_SLEEP => {
            queue::lock_is_free_soon();
            key_moves::command_has_ended();
            seen_users::turn_ends();
            listeners.before_sleep
        }
        raw::REDISMODULE_SUBEVENT_EVENTLOOP_AFTER_SLEEP => {
            seen_users::turn_ends();
            listeners.after_sleep
        }
        _ => return,
    };
    if catch_unwind(tell).is_err() {
        log(
            Level::Warning,
            "an event of the event loop failed inside the engine: please report it",
        );
    }
}

/// Called when the server is about to end. It goes on if it cannot save its data.
unsafe extern "C" fn on_shutdown(
    _context: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _subevent: u64,
    _data: *mut c_void,
) {
    ending::begin();
    ending::end_on_this_thread();
    let tell = |context: &Context| {
        let Some(listeners) = listeners() else { return };
        (listeners.shut_down)();
        // Timers run only if the server goes on.
        timer::after(context, Duration::ZERO, move |_| {
            ending::has_failed();
            (listeners.not_shut_down)();
        });
    };
    // SAFETY: the server calls this with its lock held.
    let told = catch_unwind(AssertUnwindSafe(|| unsafe { lock::assume_locked(tell) }));
    if told.is_err() {
        log(
            Level::Warning,
            "the worker threads could not be stopped: please report it",
        );
    }
    leave_at_exit();
}

/// Ends the process before the destructors of libraries run. Only glibc has a handler that gets the exit code.
#[cfg(target_os = "linux")]
fn leave_at_exit() {
    // `exit` runs the destructors of all libraries. Some of them, such as that of OpenBLAS, wait for threads that may be
    // inside a gear. Exit handlers run in reverse order, so `leave` runs before those destructors and ends the process.
    // SAFETY: the handler is a function without state, and ignores its argument.
    unsafe {
        on_exit(leave, ptr::null_mut());
    }
}

#[cfg(not(target_os = "linux"))]
fn leave_at_exit() {}

#[cfg(target_os = "linux")]
unsafe extern "C" {
    fn on_exit(
        function: extern "C" fn(status: c_int, argument: *mut c_void),
        argument: *mut c_void,
    ) -> c_int;
}

#[cfg(target_os = "linux")]
extern "C" fn leave(status: c_int, _argument: *mut c_void) {
    // SAFETY: neither function has preconditions; null flushes all streams.
    unsafe {
        libc::fflush(ptr::null_mut());
        libc::_exit(status);
    }
}
