//! The declarations of the module API: exactly what the engine uses of it, under the names of the servers' header.
//!
//! | file | purpose |
//! |---|---|
//! | `functions.rs` | the functions, and which of them the engine cannot do without |
//! | `table.rs` | the macro behind that table |
//! | `types.rs` | handles, callbacks and structures |
//! | `constants.rs` | flags and numbers |
//! | `tests.rs` | compares all of it with the header in `tests/module_api` |
#![allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "the names of the servers' header"
)]

mod constants;
#[macro_use]
mod table;
mod functions;
#[cfg(test)]
mod tests;
mod types;

pub(in crate::redis) use constants::*;
pub(in crate::redis) use functions::{fill, optional::*, required};
pub(in crate::redis) use types::*;
pub(crate) use types::{RedisModuleCtx, RedisModuleString};
