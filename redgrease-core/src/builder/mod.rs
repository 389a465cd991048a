//! Typed chains of operations that run on the server.
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
//! * `literal`: Python literals of Rust values. `callback`: Python functions as arguments of steps.
//! * `reader`: readers, which begin a chain. `options`: options of `run` and `register`.
//! * `open`: chains that take more steps. `first`, `steps`, `defaults`: the steps. `chain`: the Python of the steps.
//! * `parts`: the parts of the prelude that a codec needs.
//! * `twin`: the chain as a mutable value. `script_file`: scripts in files.
//! * `closed`: chains that read once. `run`: runs on the server. `registration`: chains that react to events.

mod callback;
mod chain;
mod closed;
mod defaults;
mod first;
pub(crate) mod literal;
mod open;
mod options;
mod parts;
mod reader;
mod registration;
mod run;
mod script_file;
mod sent;
mod steps;
mod twin;

pub use callback::{AnyCallback, Callback, IntoCallback};
pub use closed::{Closed, Records, StillOpen};
pub use literal::{Bytes, py_literal};
pub use open::{Any, Open};
pub use options::{
    CommandRegister, KeysOnlyRun, KeysRegister, KeysRun, PlainRun, StreamRegister, StreamRun,
};
pub(crate) use parts::of_codec;
pub use reader::{
    BatchReader, CommandReader, EventReader, KeysOnlyReader, KeysReader, PythonReader, Reader,
    ShardsIDReader, StreamReader,
};
pub use registration::{IfTaken, IntoRegistration};
pub use run::Run;
pub use script_file::ScriptFile;
pub use steps::Number;
pub use twin::GearsBuilder;

#[cfg(doctest)]
mod misuse;
#[cfg(test)]
mod tests;
