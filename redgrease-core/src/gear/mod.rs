//! Descriptions of gears: plain data, most of it constants that a macro writes into a `static`.
//!
//! * `spec`: [`Gear`] and its fields.
//! * `kind`: [`GearKind`], the options of each kind, [`Mode`] and [`FailurePolicy`].
//! * `program`: the crate of a gear, as its build knows it.
//! * `python`: Python that belongs to a gear beside its function.
//! * `registration`: the chain that a `#[gear]` function returns.
//! * `errors`: errors that name a gear.

mod errors;
mod kind;
mod program;
mod python;
mod registration;
mod spec;

pub use kind::{EverySpec, FailurePolicy, GearKind, Hook, KeysSpec, Mode, StreamSpec};
pub use program::Program;
pub use python::{OnRegistered, PythonModule, SourceForm};
pub(crate) use registration::Chain;
pub use registration::Registration;
pub use spec::{Entry, Gear, GearSpec};
