//! The engine's part of the `INFO` command.

use super::context::Context;
use super::listeners::listeners;
use super::lock;
use super::raw;
use std::ffi::{CString, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A section of the reply of `INFO`. The server puts the name of the module and `_` in front of its name.
pub(crate) struct Section {
    /// The name of the section. If it is empty, the section has the name of the module.
    pub(crate) name: &'static str,
    /// Makes the fields, if the client asked for the section.
    pub(crate) fields: fn(&Context) -> Vec<(String, Value)>,
}

/// The value of a field.
#[derive(Debug)]
pub(crate) enum Value {
    Text(String),
    /// `name=value,name=value`.
    Fields(Vec<(&'static str, String)>),
}

/// Adds the sections of the engine to the reply of `INFO`.
pub(super) fn register(context: &Context) {
    // SAFETY: the context is live, and the callback lives as long as the process. Servers without this function show no
    // sections of modules.
    unsafe {
        if let Some(register) = raw::RedisModule_RegisterInfoFunc {
            register(context.as_ptr(), Some(write));
        }
    }
}

/// Writes the sections. For a crash report, which the server writes in a signal handler, there are none.
unsafe extern "C" fn write(info: *mut raw::RedisModuleInfoCtx, for_crash_report: c_int) {
    if for_crash_report != 0 {
        return;
    }
    let Some(listeners) = listeners() else {
        return;
    };
    let write_all = |context: &Context| {
        for section in (listeners.info)() {
            // SAFETY: the server passes a context that is live until this function returns.
            unsafe { write_section(info, context, section) };
        }
    };
    // SAFETY: the server runs `INFO` with its lock held, on this thread.
    let all = AssertUnwindSafe(|| unsafe { lock::assume_locked(write_all) });
    // What was written before a panic is there.
    drop(catch_unwind(all));
}

/// # Safety
/// `info` is live.
unsafe fn write_section(info: *mut raw::RedisModuleInfoCtx, context: &Context, shown: &Section) {
    // SAFETY: the context is live; the server copies the texts, which are NUL-terminated. The server refuses a section that
    // the client did not ask for, and then no field is written.
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
        for (name, value) in (shown.fields)(context) {
            let name = c_text(&name);
            match &value {
                Value::Text(value) => {
                    text(info, name.as_ptr(), c_text(value).as_ptr());
                }
                Value::Fields(fields) => {
                    begin(info, name.as_ptr());
                    for (name, value) in fields {
                        // A comma separates fields.
                        let value = c_text(&value.replace(',', "|"));
                        text(info, c_text(name).as_ptr(), value.as_ptr());
                    }
                    end(info);
                }
            }
        }
    }
}

/// The text in one line, because every line of `INFO` is a field.
fn c_text(text: &str) -> CString {
    CString::new(text.replace(['\r', '\n', '\0'], " ")).unwrap_or_default()
}
