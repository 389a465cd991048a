//! A Redis module that answers the `RG.*` commands of RedisGears with an embedded Python.
//!
//! Each folder may name the folders below it in this list, and none above it. The test `tests/layers.rs` holds that.
//!
//! | folder | purpose |
//! |---|---|
//! | `engine` | puts the parts together, once |
//! | `commands` | the commands: parse, call one thing, reply |
//! | `agreement` | the same sessions on all shards of a cluster |
//! | `gears` | the side that scripts see: modules, builder, running scripts |
//! | `registration` | plans that wait for an event, and their sessions |
//! | `distribution` | runs over all shards of a cluster |
//! | `execution` | one run of a plan: threads, order, limits, results, abort |
//! | `readers` | the sources of records: one file per reader |
//! | `plan` | a gear function as plain data |
//! | `steps` | the operations: one file per operation |
//! | `scope` | the surroundings of code that runs: user, session, hooks, atomic block |
//! | `python` | the binding to Python |
//! | `slots` | reading each key of a cluster once, while slots move |
//! | `cluster` | the other servers of a cluster: where they are, and messages to them |
//! | `id` | ids of executions and registrations |
//! | `redis` | everything that touches the Redis module API |
//! | `config`, `encoding`, `order`, `requirements` | settings, stored bytes, the order of lists, Python packages |

#[macro_use]
mod redis;
mod agreement;
mod cluster;
mod commands;
mod config;
mod distribution;
mod encoding;
mod engine;
mod execution;
mod gears;
mod id;
mod order;
mod plan;
mod python;
mod readers;
mod registration;
mod requirements;
mod scope;
mod slots;
mod steps;
#[cfg(test)]
mod testing;

entry_points!(&engine::LISTENERS);
