//! `redgrease sync`, `deploy`, `diff`, `prune` and `migrate` on real servers.

#![allow(clippy::unwrap_used, reason = "a test fails")]

#[path = "../common/mod.rs"]
mod common;
mod deploying;
mod elsewhere;
mod flags;
mod handing_over;
mod many;
mod migrating;
mod once;
mod programs;
mod scripts;
mod stress;
mod watching;
