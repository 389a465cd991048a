//! Running a job on the main thread, in the next turn of the event loop.

use super::context::Context;
use super::lock;
use super::log::{Level, log};
use super::raw;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Job = fn(&Context);

/// Runs `job` on the main thread soon. Any thread may ask for it, with or without the server's lock. `false` if the server cannot:
/// before Redis 7.0.
pub(crate) fn soon(job: Job) -> bool {
    // SAFETY: the static is written once, while loading; a copy is read.
    let Some(add) = (unsafe { raw::RedisModule_EventLoopAddOneShot }) else {
        return false;
    };
    let slot = Box::into_raw(Box::new(job));
    // SAFETY: the server may be asked by any thread. It calls `run` once with the slot.
    let is_added = unsafe { add(Some(run), slot.cast()) == super::api::OK };
    if !is_added {
        // SAFETY: the server does not call `run`, so the slot is still this function's own.
        drop(unsafe { Box::from_raw(slot) });
    }
    is_added
}

unsafe extern "C" fn run(slot: *mut c_void) {
    // SAFETY: `soon` made the slot, and this is the only call with it.
    let job = *unsafe { Box::from_raw(slot.cast::<Job>()) };
    // SAFETY: the event loop calls this on the main thread, which holds the lock.
    let run = || unsafe { lock::assume_locked(job) };
    if catch_unwind(AssertUnwindSafe(run)).is_err() {
        log(
            Level::Warning,
            "a job of the event loop failed inside the engine: please report it",
        );
    }
}
