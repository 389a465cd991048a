//! The side of the engine that scripts see: the runtime's modules, the builder, and the running of scripts.
//!
//! | file | purpose |
//! |---|---|
//! | `module.rs` | the module `redisgears` and the start of the runtime |
//! | `runtime/*.py` | the part of the runtime that is written in Python |
//! | `bundled.rs` | the bundled Python packages `redgrease` and `redgrease_commands` |
//! | `execute.rs` | `execute`, `call_next`, `get_command`, `override_reply` |
//! | `commands.rs` | the commands of `cmd` |
//! | `argument.rs` | arguments and replies of the commands that Python runs |
//! | `handed_on.rs` | the rights of threads and callbacks of Python |
//! | `log.rs` | `log` |
//! | `atomic.rs` | `atomic()` |
//! | `session.rs` | sessions for the threads of a gear |
//! | `time_events.rs` | `registerTE` |
//! | `builder/` | `gearsCtx`: collects the operations of a chain |
//! | `scope.rs` | the scope of a running script: everything that it has asked for |
//! | `script.rs` | running a script |
//! | `asked.rs` | runs, registrations and time events that Python asks for |
//! | `script_run.rs` | a script as the cause of an execution |
//! | `activate.rs` | activating everything that a script asked for |
//! | `restore.rs` | activating stored sessions again |
//! | `prepare.rs` | sessions of other shards, which are put in force later |
//! | `wheels.rs` | packages that another shard has |
//! | `packages.rs` | the Python packages of gears |
//! | `part_session.rs` | the session of a run that another shard has begun |

mod activate;
mod argument;
mod asked;
mod atomic;
mod builder;
mod bundled;
mod commands;
mod execute;
mod handed_on;
mod log;
mod module;
mod packages;
mod part_session;
mod prepare;
mod restore;
mod room;
mod scope;
mod script;
mod script_run;
mod session;
#[cfg(test)]
mod tests;
mod time_events;
mod wheels;

pub(crate) use activate::activate;
pub(crate) use asked::check_again;
pub(crate) use module::install;
pub(crate) use packages::{
    ask_for_packages, has_installed, known_requirements, make_importable, requirement_counts,
    requirement_users, use_packages,
};
pub(crate) use part_session::session_of_part;
pub(crate) use prepare::{Prepared, prepare, stored_of};
pub(crate) use restore::{
    Attempts, add_gear, keep_unrestored, restore_again, restore_all, restore_sessions,
};
pub(crate) use room::make_room;
pub(crate) use scope::{Collected, PendingRun};
pub(crate) use script::{Script, announce_all, run_script};
pub(crate) use script_run::ScriptRun;
pub(crate) use wheels::{bring, share_packages};
