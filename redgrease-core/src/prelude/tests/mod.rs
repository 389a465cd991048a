//! Tests of the prelude with a real Python in place of a server.
//!
//! * `python`: the Python process. `round_trip`: Python decodes what Rust encodes, and the reverse.
//! * `types`: the types in Python, and the values accepted for them. `failures`: exceptions and their places.
//! * `kinds`: events, timers, shared Python. `forms`: modules, coroutines, other versions of Python, pickling.
//! * `moments`: dates, times, durations, UUIDs. `outcome`: `Result` and `Err`.
//! * `hook`: words and replies of commands that gears replace.
//! * `stub`: the stub file for editors.

mod failures;
mod forms;
mod hook;
mod kinds;
mod moments;
mod outcome;
mod python;
mod round_trip;
mod stub;
mod types;

pub(crate) use python::{gear, spec};
