//! The gears of a program: collected while linking, registered on a server when it starts.
//!
//! * `spec`: what a macro writes down about a gear. `set`: the gears of one compiled target, one session.
//! * `placed`: the names gears have on a server.
//! * `script`, `statement`: the Python that registers a set, and its hash. `description`: what the session says about itself.
//! * `options`, `plan`, `register`, `report`: what has to be sent, sending it, and saying so.
//! * `calls`, `stats`: how often a gear was called, and what came of it.
//! * `heal`: registering again what a server has lost. `start`: connecting and registering in one step.
//! * `namespace`: two stages on one server. `package`: what `import redgrease` is there.

mod calls;
mod description;
mod heal;
mod namespace;
mod options;
mod package;
mod placed;
mod plan;
mod register;
mod report;
mod script;
mod set;
mod spec;
mod start;
mod statement;
mod stats;

pub(crate) use heal::{Healed, Healer};
pub(crate) use namespace::trigger_name;
pub use options::{Options, Policy};
pub use package::RedgreasePackage;
pub(crate) use package::{is_bundled, requirement as redgrease_requirement};
pub use register::{register_all, register_all_with};
#[cfg(feature = "aio")]
pub use register::{register_all_async, register_all_async_with};
pub use report::{Action, Report, SessionReport};
pub use set::gears;
pub use spec::{
    Entry, EverySpec, FailurePolicy, Gear, GearKind, GearSpec, Hook, KeysSpec, Location, Mode,
    OnRegistered, PythonModule, SourceForm, StreamSpec,
};
pub use start::{start, start_with};
#[cfg(feature = "aio")]
pub use start::{start_async, start_async_with};
#[cfg(test)]
pub(crate) use {placed::placed, script::Script, set::GearSet};

#[cfg(test)]
mod tests;
