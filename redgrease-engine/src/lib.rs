//! A Redis module that answers the `RG.*` commands of RedisGears with an embedded Python.
//!
//! | folder | what |
//! |---|---|
//! | `redis/` | everything that touches the Redis module API |
//! | `python/` | the interpreter; the only place that knows PyO3 |
//! | `commands/` | the commands, one file per family |
//! | `plan/` | a gear function as plain data |
//! | `readers/`, `steps/` | where records come from, and what is done with them |
//! | `execution/` | one run of a plan: threads, results, abort |
//! | `registration/` | plans that wait for a command, and their sessions |
//! | `requirements/` | Python packages that gears ask for |
//! | `config/` | settings |
//! | `order/` | the order in which Gears lists things |
//!
//! `plan`, `execution` and `registration` know Redis and Python through opaque handles only.

mod commands;
mod config;
mod engine;
mod execution;
mod order;
mod plan;
mod python;
mod readers;
mod redis;
mod registration;
mod requirements;
mod steps;

pub(crate) use engine::{engine, info, load, shut_down};
