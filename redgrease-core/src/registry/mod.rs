//! The gears of a program: collected while linking, registered on a server when the program starts.
//!
//! * `set`: the gears of one compiled target, which are one session of the server.
//! * `placed`: gears with their names on a server.
//! * `script`, `statement`: the Python that registers a set, and its hash. `description`: the text that a session
//!   stores about itself.
//! * `owner`: the program of a session, and how it is recognised. `found`: a session on the server. `owned`: the gears of a
//!   set, sorted by the sessions that have them.
//! * `plan`: compares a set with the sessions of a server. `register`: sends what differs. `report`: the result.
//! * `heal`: registers again what a server has lost. `turns`: the lock for that.
//! * `orphans`: sessions that the program does not contain any longer.
//! * `exchange`: drives `register` and `heal` over blocking and async connections. `time_limit`: the time that they have.
//! * `start`: connects and registers in one step. `asked`: the questions of the program `redgrease`.
//! * `calls`, `stats`: statistics of a gear.

mod asked;
mod calls;
mod description;
mod exchange;
mod found;
mod heal;
mod orphans;
mod owned;
mod owner;
mod placed;
mod plan;
mod register;
mod report;
mod script;
mod set;
mod start;
mod statement;
mod stats;
mod time_limit;
mod turns;

pub(crate) use heal::{Healed, Healer};
pub use orphans::{Orphan, orphans, unregister_orphans};
#[cfg(feature = "aio")]
pub use orphans::{orphans_async, unregister_orphans_async};
pub use register::{register_all, register_all_with};
#[cfg(feature = "aio")]
pub use register::{register_all_async, register_all_async_with};
pub use report::{Action, Flapping, Report, SessionReport};
pub use set::gears;
pub use start::{start, start_with};
#[cfg(feature = "aio")]
pub use start::{start_async, start_async_with};
#[cfg(test)]
pub(crate) use {owner::Owner, placed::placed, script::Script, set::GearSet};

#[cfg(test)]
mod tests;
