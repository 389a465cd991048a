//! Keeps a server equal to directories of scripts.
//!
//! Commands:
//!
//! | file | command |
//! |---|---|
//! | `run.rs` | `redgrease sync PATH..`, with `watch.rs` for `--watch` |
//! | `deploy.rs` | `redgrease deploy PATH..`: the plan, a question, and the work |
//! | `diff.rs` | `redgrease diff PATH..`: the plan and the texts; `difference.rs` compares two texts |
//! | `program.rs` | programs with gears in place of paths, for both |
//! | `prune.rs` | `redgrease prune`: sessions that nothing needs |
//! | `migrate/` | `redgrease migrate`: what a server with RedisGears has, and what will differ |
//!
//! Parts:
//!
//! | file | purpose |
//! |---|---|
//! | `settings.rs`, `config_file.rs` | flags, environment, files of options, and which of them counts |
//! | `log_config.rs`, `clock.rs` | the log that `--log-config` asks for; times as text |
//! | `patterns.rs`, `discover.rs` | which files count, and what is in them |
//! | `identity.rs` | the key and the session of a script, and what the session says about it |
//! | `index.rs` | the keys in the server, one for each script |
//! | `known.rs` | what the server has |
//! | `plan.rs` | compares files with the server; sends nothing |
//! | `load.rs`, `load/`, `send.rs` | sends what differs |
//! | `ending.rs` | the end by a signal, which aborts what was sent |
//! | `triggers.rs`, `handover.rs` | the triggers that a text names, and those that move between scripts |
//! | `source.rs` | the text of a script, for errors of its gears |
//! | `planned.rs`, `report.rs` | what would be done and what was, for people and as JSON |

mod clock;
mod config_file;
pub(crate) mod deploy;
pub(crate) mod diff;
mod difference;
mod discover;
mod ending;
mod handover;
mod identity;
mod index;
mod known;
mod load;
mod log_config;
pub(crate) mod migrate;
mod patterns;
mod plan;
mod planned;
mod program;
pub(crate) mod prune;
mod report;
pub(crate) mod run;
mod send;
mod settings;
pub(crate) mod source;
mod triggers;
mod watch;

pub(crate) use settings::WATCH;
