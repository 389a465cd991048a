//! Compares the tables of the checks at compile time with what they describe: the commands of the server, the methods of
//! `cmd`, the commands that the engine refuses, and the names of its modules.
//!
//! A table that lacks something makes the compiler refuse correct gears. A failing test prints the lines to add.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod commands;
mod methods;
mod modules;
mod refused;
