//! The interpreter: the only place that knows PyO3, and the only `unsafe` about Python.
//!
//! | file | what |
//! |---|---|
//! | `interpreter.rs` | starting it |
//! | `attach.rs` | taking and giving back its lock, on the main thread once per event-loop turn |
//! | `values.rs` | Redis replies to Python values, Python values to Redis replies |
//! | `callback.rs` | calling a Python function, fast |
//! | `coroutines.rs` | awaiting coroutines |
//! | `counter.rs` | counting how often values occur |
//! | `errors.rs` | an exception as the text clients get |
//! | `interrupt.rs` | stopping Python that runs on another thread |
//! | `memory.rs` | how much memory Python uses |
//! | `module.rs` | the `redgrease_engine` module that scripts see as `redisgears` |
//! | `pickling.rs` | functions as bytes |
//! | `profiling.rs` | profiles of what gears run |
//! | `plan_builder.rs` | `gearsCtx`: what a script's chain of operations is collected in |
//! | `records.rs` | the records that readers and groups make |
//! | `script.rs` | running a script |
//! | `session.rs` | the session that something belongs to, for scripts |
//! | `runtime/*.py` | the part of the runtime that is written in Python |
//!
//! Other parts of the engine hold Python values through [`Object`] and [`Handle`] only.
#![allow(unsafe_code)]

mod attach;
mod bundled;
mod callback;
mod coroutines;
mod counter;
mod errors;
mod identity;
mod interpreter;
mod interrupt;
mod memory;
mod module;
mod pickling;
mod plan_builder;
mod profiling;
mod records;
mod script;
mod session;
mod values;

pub(crate) use attach::{after_sleep, attached, attached_for_a_call, before_sleep, detached};
pub(crate) use callback::Callback;
pub(crate) use coroutines::{coroutine_refused, is_coroutine, schedule};
pub(crate) use counter::Counter;
pub(crate) use errors::{describe, flat};
pub(crate) use interpreter::{Interpreter, start, use_packages};
pub(crate) use interrupt::{RunningThread, interrupt};
pub(crate) use memory::{MemoryBudget, allocation};
pub(crate) use module::{apart_from_atomic, leave_atomic};
pub(crate) use pickling::{pickle, unpickle};
pub(crate) use profiling::{forget_profile, profile, profiled};
pub(crate) use records::{group_record, key_record, message_record, read_value};
pub(crate) use script::{
    Kept, PendingRegistration, PendingRun, Script, ScriptResult, announce, restore_script,
    run_script,
};
pub(crate) use values::{
    KeptList, KeptWord, List, from_bytes, integer, is_generator, is_true, list, list_after,
    list_of, next_item, none, reply_with, text_bytes, text_key, text_of,
};

/// Access to the interpreter: whoever has one holds its lock.
pub(crate) type Gil<'py> = pyo3::Python<'py>;
/// A Python value, in use.
pub(crate) type Object<'py> = pyo3::Bound<'py, pyo3::PyAny>;
/// A Python value, kept.
pub(crate) type Handle = pyo3::Py<pyo3::PyAny>;
/// A raised exception.
pub(crate) type Raised = pyo3::PyErr;
