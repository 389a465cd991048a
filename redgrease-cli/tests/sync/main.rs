//! `redgrease sync`, `deploy`, `diff`, `prune` and `migrate` on real servers.

#[path = "../common/mod.rs"]
mod common;
mod flags;
mod once;
mod scripts;
mod watching;
