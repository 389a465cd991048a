//! The binding to Python: the only place with `unsafe` about Python.
//!
//! | file | purpose |
//! |---|---|
//! | `interpreter.rs` | starting the interpreter |
//! | `attach.rs` | taking and giving back its lock, on the main thread once per turn of the event loop |
//! | `namespace.rs` | the names that every script begins with |
//! | `values.rs` | Redis replies to Python values, Python values to Redis replies |
//! | `callback.rs` | calling a Python function, fast |
//! | `identity.rs` | functions that need not be called: `lambda x: x` |
//! | `coroutines.rs` | awaiting coroutines and futures |
//! | `counter.rs` | counting values |
//! | `errors.rs` | an exception as the text that clients get |
//! | `interrupt.rs` | stopping Python on another thread |
//! | `memory.rs` | the memory that Python uses, and budgets for it |
//! | `pickling.rs` | functions as bytes |
//! | `profiling.rs` | profiles of the Python that gears run |
//!
//! The other folders hold Python values as [`Object`] and [`Handle`]. Only `gears`, which is the side that scripts see,
//! and `readers`, which make records, use PyO3 themselves.
#![allow(unsafe_code)]

mod attach;
mod callback;
mod coroutines;
mod counter;
mod errors;
mod identity;
mod interpreter;
mod interrupt;
mod memory;
mod namespace;
mod pickling;
mod profiling;
mod values;

pub(crate) use attach::{after_sleep, attached, attached_for_a_call, before_sleep, detached};
pub(crate) use callback::Callback;
pub(crate) use coroutines::{
    Awaiter, GearsFuture, coroutine_refused, inside_coroutine, is_coroutine, schedule,
};
pub(crate) use counter::Counter;
pub(crate) use errors::{GearsError, describe, flat};
pub(crate) use interpreter::{Interpreter, start, use_packages};
pub(crate) use interrupt::{RunningThread, interrupt};
pub(crate) use memory::{MemoryBudget, allocation};
pub(crate) use namespace::{globals, keep_globals};
pub(crate) use pickling::{check_picklable, pickle, unpickle};
pub(crate) use profiling::{forget_profile, profile, profiled};
pub(crate) use values::{
    KeptList, KeptWord, List, from_bytes, from_owned, from_reply, group_record, integer,
    is_generator, is_true, list, list_after, list_of, nested, next_item, none, reply_with,
    text_bytes, text_key, text_of,
};

/// Access to the interpreter: whoever has one holds its lock.
pub(crate) type Gil<'py> = pyo3::Python<'py>;
/// A Python value, in use.
pub(crate) type Object<'py> = pyo3::Bound<'py, pyo3::PyAny>;
/// A Python value, kept.
pub(crate) type Handle = pyo3::Py<pyo3::PyAny>;
/// A raised exception.
pub(crate) type Raised = pyo3::PyErr;
