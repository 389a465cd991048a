//! The loader with real servers: which Python it takes, what it refuses and in which words, and that a refusal harms nobody.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod choice;
mod environment;
mod installation;
mod opened;
mod place;
mod refusals;
mod running;
mod twice;
mod words;
