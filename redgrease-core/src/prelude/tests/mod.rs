//! The prelude against a real Python, in place of a server.
//!
//! * `python`: that Python. `round_trip`: what Rust encodes Python decodes, and the other way round.
//! * `types`: what the types are in Python, and what is accepted for them. `failures`: exceptions and their places.
//! * `kinds`: events, timers, shared Python. `forms`: modules, coroutines, other versions of Python, pickling.
//! * `stub`: the file editors read.

mod failures;
mod forms;
mod kinds;
mod python;
mod round_trip;
mod stub;
mod types;

pub(crate) use python::{gear, spec};
