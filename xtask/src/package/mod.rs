//! The published crates as their users get them.
//!
//! | file | purpose |
//! |---|---|
//! | `crates.rs` | packs the crates and unpacks them into a folder |
//! | `build.rs` | `cargo xtask package`: builds each packed crate by itself |
//! | `outside.rs` | `cargo xtask outside`: a test of a crate that depends on the packed crates |

mod build;
mod crates;
mod outside;

pub(crate) use build::command as package;
pub(crate) use outside::{command as outside, run as run_outside};
