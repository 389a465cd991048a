//! The engine's part of the `INFO` command.

use super::context::Context;
use super::listeners::listeners;
use super::lock;
use redis_module::raw;
use std::ffi::{CString, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A part of what `INFO` shows. Its text begins with the name of the module and `_`.
#[derive(Debug)]
pub(crate) struct Section {
    /// Nothing: the module's own name.
    pub(crate) name: &'static str,
    pub(crate) fields: Vec<(String, Value)>,
}

/// What a field shows.
#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    /// `name=value,name=value`.
    Fields(Vec<(&'static str, String)>),
}

/// Adds the sections of the engine to the reply of `INFO`.
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
    let Some(listeners) = listeners() else {
        return;
    };
    // SAFETY: the server asks on its main thread, with its lock held.
    let all = AssertUnwindSafe(|| unsafe { lock::assume_locked(listeners.info) });
    let Ok(sections) = catch_unwind(all) else {
        return;
    };
    for section in sections {
        // SAFETY: the server passes a live context.
        unsafe { write_section(info, &section) };
    }
}

/// # Safety
/// `info` is live.
unsafe fn write_section(info: *mut raw::RedisModuleInfoCtx, shown: &Section) {
    // SAFETY: the context is live; texts are NUL-terminated and copied. A section that the client
    // did not ask for is refused, and nothing has to be written.
    unsafe {
        let (Some(section), Some(text), Some(begin), Some(end)) = (
            raw::RedisModule_InfoAddSection,
            raw::RedisModule_InfoAddFieldCString,
            raw::RedisModule_InfoBeginDictField,
            raw::RedisModule_InfoEndDictField,
        ) else {
            return;
        };
        if section(info, c_text(shown.name).as_ptr()) != super::api::OK {
            return;
        }
        for (name, value) in &shown.fields {
            let name = c_text(name);
            match value {
                Value::Text(value) => {
                    text(info, name.as_ptr(), c_text(value).as_ptr());
                }
                Value::Fields(fields) => {
                    begin(info, name.as_ptr());
                    for (name, value) in fields {
                        // Commas are what separates fields.
                        let value = c_text(&value.replace(',', "|"));
                        text(info, c_text(name).as_ptr(), value.as_ptr());
                    }
                    end(info);
                }
            }
        }
    }
}

/// A line is a field: a text of several lines becomes one.
fn c_text(text: &str) -> CString {
    CString::new(text.replace(['\r', '\n', '\0'], " ")).unwrap_or_default()
}
