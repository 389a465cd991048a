//! Gear functions: chains of operations that run on the server, built with types.
//!
//! ```
//! use redgrease_core::{Callback, KeysReader};
//!
//! # let age = Callback::<1>::new("lambda person: int(person['age'])", "", 1, vec![]);
//! # let larger = Callback::<1>::new("lambda n: n >= 18", "", 1, vec![]);
//! // With the macros: `python!(lambda person: int(person["age"]))`, `python!(lambda n: n >= 'min_age)`.
//! let adults = KeysReader::new("person:*").values().map(age).filter(larger);
//! let count = adults.clone().count().run();
//! let oldest = adults.sort_desc().limit(3).run();
//! # let _ = (count, oldest);
//! ```
//!
//! * `literal`: Python literals of Rust values. `callback`: the functions that steps take.
//! * `reader`: what a chain starts with. `options`: how it is run or registered.
//! * `open`: a chain that can go on. `first`, `steps`: its steps. `chain`: what they are collected in.
//! * `closed`: what is sent once. `registration`: what is registered.

mod callback;
mod chain;
mod closed;
mod first;
pub(crate) mod literal;
mod open;
mod options;
mod reader;
mod registration;
mod steps;

pub use callback::{AnyCallback, Callback, IntoCallback};
pub(crate) use chain::Chain;
pub use closed::{Closed, Records, StillOpen};
pub use literal::{Bytes, py_literal};
pub use open::{Any, Open};
pub use options::{
    CommandRegister, KeysOnlyRun, KeysRegister, KeysRun, NoOptions, StreamRegister, StreamRun,
};
pub use reader::{
    BatchReader, CommandReader, EventReader, KeysOnlyReader, KeysReader, PythonReader, Reader,
    ShardsIDReader, StreamReader,
};
pub use registration::{IntoRegistration, Registration};
pub use steps::Number;

#[cfg(test)]
mod tests;
