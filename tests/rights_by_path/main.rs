//! Whose rights count on every path by which a gear runs.
//!
//! | file | purpose |
//! |---|---|
//! | `world.rs` | a server with a secret, users with and without the right to it, and the reports of gears |
//! | `readers.rs` | what readers give to users that may not read every key |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod readers;
mod world;
