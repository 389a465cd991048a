//! Whose rights count on every path by which a gear runs.
//!
//! | file | purpose |
//! |---|---|
//! | `world.rs` | a server with a secret, and users with and without the right to it |
//! | `table.rs` | the table of paths in `SECURITY.md` |
//! | `cases.rs` | a gear for each path, and the commands that let it run |
//! | `walk.rs` | all paths, with a user that may not read the secret and one that may |
//! | `libraries.rs` | commands that change the function libraries of the server |
//! | `owners.rs` | users that change between registration and run |
//! | `restored.rs` | restarts, promoted replicas, upgrades |
//! | `readers.rs` | what readers give to users that may not read every key |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod cases;
#[path = "../common/mod.rs"]
mod common;
mod libraries;
mod owners;
mod readers;
mod restored;
mod table;
mod walk;
mod world;
