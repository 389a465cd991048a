//! Running a job later, on the main thread and with the server's lock.

use super::context::Context;
use super::lock;
use super::log::{Level, log};
use super::raw;
use super::user;
use std::ffi::{c_longlong, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::time::Duration;

type Job = Box<dyn FnOnce(&Context) + Send>;

/// The longest delay in milliseconds. The server computes with microseconds, which must not overflow.
const LONGEST: c_longlong = c_longlong::MAX / 2_000;

/// A timer that was started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timer(raw::RedisModuleTimerID);

/// Runs `job` after `delay`. A server that exits before that does not run it.
pub(crate) fn after(
    context: &Context,
    delay: Duration,
    job: impl FnOnce(&Context) + Send + 'static,
) {
    start(context, delay, job);
}

/// The same. `None` in unit tests, which have no server whose timer it would be.
pub(super) fn start(
    context: &Context,
    delay: Duration,
    job: impl FnOnce(&Context) + Send + 'static,
) -> Option<Timer> {
    if cfg!(test) {
        return None;
    }
    let slot: *mut Job = Box::into_raw(Box::new(Box::new(job)));
    let millis = c_longlong::try_from(delay.as_millis()).unwrap_or(LONGEST);
    let millis = millis.min(LONGEST);
    // SAFETY: the context is live and locked. The server hands the slot to `run`, which it calls at most once.
    let id = unsafe {
        rm!(RedisModule_CreateTimer(
            context.as_ptr(),
            millis,
            Some(run),
            slot.cast()
        ))
    };
    Some(Timer(id))
}

/// Stops a timer. Does nothing if its job has begun.
pub(super) fn stop(context: &Context, timer: Timer) {
    let mut slot = std::ptr::null_mut();
    // SAFETY: the context is live and locked. The server knows all timers that have not run, and gives back the slot that `start`
    // made. It no longer calls `run` with it.
    unsafe {
        let stopped = rm!(RedisModule_StopTimer(
            context.as_ptr(),
            timer.0,
            &raw mut slot
        ));
        if stopped == super::api::OK && !slot.is_null() {
            drop(Box::from_raw(slot.cast::<Job>()));
        }
    }
}

unsafe extern "C" fn run(ctx: *mut raw::RedisModuleCtx, slot: *mut c_void) {
    // SAFETY: `start` made the slot, and this is the only call with it. The context is live, and the lock is held.
    let (job, context) = unsafe {
        let job = *Box::from_raw(slot.cast::<Job>());
        let Some(live) = NonNull::new(ctx) else {
            return;
        };
        (job, Context::new(live))
    };
    let run = || {
        if user::is_supported() {
            // The context of a timer has no user, and Redis 7.0 crashes when it refuses a command of such a context.
            // SAFETY: the server calls this with its lock held, on this thread.
            unsafe { lock::assume_locked(job) };
        } else {
            context.enter(|| job(&context));
        }
    };
    if catch_unwind(AssertUnwindSafe(run)).is_err() {
        log(
            Level::Warning,
            "a timer failed inside the engine: please report it",
        );
    }
}
