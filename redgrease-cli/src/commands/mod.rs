//! The commands of every day, one file each. Each has its arguments (`Args`) and a function `run`.
//!
//! * `names`: what words of the command line stand for. `each`: the same change for several things. `cluster`: what all shards of a
//!   cluster do. `executions`: the executions of all shards. `script`: input from files and the standard input. `sources`: the scripts of sessions.

pub(crate) mod abort;
pub(crate) mod call;
mod cluster;
pub(crate) mod config;
mod each;
mod executions;
pub(crate) mod logs;
pub(crate) mod ls;
pub(crate) mod names;
pub(crate) mod pause;
pub(crate) mod ps;
pub(crate) mod req;
pub(crate) mod rm;
pub(crate) mod run;
mod script;
pub(crate) mod show;
mod sources;
pub(crate) mod stats;

pub(crate) use sources::described;
