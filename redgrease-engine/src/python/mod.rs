//! The binding to Python. The `unsafe` code that concerns Python is here and nowhere else.
//!
//! | file | purpose |
//! |---|---|
//! | `interpreter.rs` | starting the interpreter |
//! | `attach.rs` | taking and releasing its lock: on the main thread once per turn of the event loop |
//! | `movement.rs` | records as bytes, for another shard of a cluster |
//! | `namespace.rs` | the names of the runtime, and those with which a script begins |
//! | `values.rs` | Python values from bytes and numbers, and back |
//! | `replies.rs` | Redis replies to Python values, Python values to Redis replies |
//! | `handle.rs` | values that are kept without the interpreter |
//! | `freeing.rs` | the thread that frees what was dropped without the interpreter |
//! | `callback.rs` | calling a Python function, fast |
//! | `shapes.rs` | functions that need not be called: `lambda x: x` |
//! | `awaiting.rs` | whether the running Python may answer later |
//! | `child.rs` | child processes of gears |
//! | `child_signals.rs` | the signals of these processes |
//! | `coroutines.rs` | awaiting coroutines and futures |
//! | `counter.rs` | counting the occurrences of values |
//! | `errors.rs` | the exceptions of the runtime, and their texts for clients |
//! | `event_loops.rs` | the event loops of sessions |
//! | `interrupt.rs` | stopping Python on another thread |
//! | `insistence.rs` | stopping Python that catches the interruption |
//! | `hold.rs` | Python that holds the server's lock |
//! | `memory.rs` | the memory that Python uses |
//! | `own_memory.rs` | the memory of the engine |
//! | `ledger.rs` | the memory that sessions keep from call to call |
//! | `large_requests.rs` | large requests that do not reach Python's allocators |
//! | `numpy.rs` | the memory of NumPy's arrays |
//! | `free_memory.rs` | giving free memory back to the system |
//! | `budget.rs` | budgets for the memory that gears take |
//! | `handed_on.rs` | work that a gear hands on to threads, pools and event loops |
//! | `threads.rs` | the threads that run such work |
//! | `parameters.rs` | wrong arguments of the functions that scripts call |
//! | `pickling.rs` | functions as bytes |
//! | `profiling.rs` | profiles of the Python that gears run |
//!
//! The other folders hold Python values as [`Object`] and [`Handle`]. Only `gears`, which is the side that scripts see,
//! and `readers`, which make records, use PyO3 themselves.
#![allow(unsafe_code)]

mod attach;
mod awaiting;
mod budget;
mod callback;
mod child;
mod child_signals;
mod coroutines;
mod counter;
mod errors;
mod event_loops;
mod free_memory;
mod freeing;
mod handed_on;
mod handle;
mod hold;
mod insistence;
mod interpreter;
mod interrupt;
mod large_requests;
mod ledger;
mod memory;
mod movement;
mod namespace;
mod numpy;
mod own_memory;
mod parameters;
mod pickling;
mod profiling;
mod reach;
mod replies;
mod shapes;
#[cfg(test)]
mod tests;
mod threads;
mod values;

pub(crate) use attach::{
    after_sleep, attached, attached_for_a_call, before_sleep, detached, is_main, turn_of_loop,
};
pub(crate) use awaiting::{in_gear, in_step, may_await};
pub(crate) use budget::{
    MemoryBudget, budgets_were_exceeded, charge_session, may_take, over_budget, server_grew,
    watch_budgets,
};
pub(crate) use callback::Callback;
pub(crate) use child::is_child;
pub(crate) use coroutines::{
    Awaited, Awaiter, GearsFuture, cancel, coroutine_refused, is_coroutine, schedule,
};
pub(crate) use counter::Counter;
pub(crate) use errors::{GearsError, describe, flat, kept_traceback};
pub(crate) use event_loops::{EventLoop, slow_event_loops};
pub(crate) use free_memory::free_memory;
pub(crate) use freeing::SlowDestructor;
pub(crate) use handed_on::{NotRun, Surroundings, hand_on, hand_on_with, with_carried};
pub(crate) use handle::Handle;
pub(crate) use hold::{
    Holder, Turn, begin_hold, end_hold, forget_hold, hold, holds, stopped_in_a_row,
};
pub(crate) use interpreter::{Interpreter, start, use_packages};
pub(crate) use interrupt::{Force, RunningThread, add_native_functions, interrupt};
pub(crate) use ledger::Ledger;
pub(crate) use memory::{allocation, in_use as memory_in_use};
pub(crate) use movement::{Movement, guessed_size};
#[cfg(test)]
pub(crate) use namespace::globals;
pub(crate) use namespace::{initial_names, keep_globals, runtime};
pub(crate) use parameters::{Given, no_arguments, no_names, only};
pub(crate) use pickling::{
    check_picklable, pickle, pickle_ahead, pickle_together, unpickle, unpickle_together,
};
pub(crate) use profiling::{forget_profile, profile, profiled};
pub(crate) use reach::{Reach, reach};
pub(crate) use replies::{
    Nil, bytes_from_owned, bytes_from_reply, fits_reply, from_owned, from_reply, nested, reply_with,
};
pub(crate) use shapes::Shape;
pub(crate) use threads::{GearThread, gear_threads, threads_over_budget};
pub(crate) use values::{
    KeptList, KeptWord, List, from_bytes, group_parts, group_record, integer, integer_of,
    is_iterator, is_true, key_bytes, list, list_after, list_of, next_item, none, pair, split_pair,
    text_bytes, text_key, text_of, type_name,
};

/// Proof that this thread holds the interpreter's lock.
pub(crate) type Gil<'py> = pyo3::Python<'py>;
/// A Python value in use, while the interpreter's lock is held.
pub(crate) type Object<'py> = pyo3::Bound<'py, pyo3::PyAny>;
/// A raised exception.
pub(crate) type Raised = pyo3::PyErr;
