//! The engine's part of the `INFO` command.

use super::context::Context;
use redis_module::raw;
use std::ffi::{CString, c_int};
use std::panic::catch_unwind;

/// Adds `crate::info` to what `INFO` shows.
pub(super) fn register(context: &Context) {
    // SAFETY: the callback lives as long as the process; servers without this function show
    // nothing of modules.
    unsafe {
        if let Some(register) = raw::RedisModule_RegisterInfoFunc {
            register(context.as_ptr(), Some(write));
        }
    }
}

/// May run in a signal handler when the server crashes: then it stays silent.
unsafe extern "C" fn write(info: *mut raw::RedisModuleInfoCtx, for_crash_report: c_int) {
    if for_crash_report != 0 {
        return;
    }
    let Ok(fields) = catch_unwind(crate::info) else {
        return;
    };
    // SAFETY: the server passes a live context; texts are NUL-terminated and copied.
    unsafe {
        let (Some(section), Some(field)) = (
            raw::RedisModule_InfoAddSection,
            raw::RedisModule_InfoAddFieldCString,
        ) else {
            return;
        };
        section(info, c"engine".as_ptr());
        for (name, value) in fields {
            if let (Ok(name), Ok(value)) = (CString::new(name), CString::new(value)) {
                field(info, name.as_ptr(), value.as_ptr());
            }
        }
    }
}
