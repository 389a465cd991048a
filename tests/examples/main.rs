//! Runs the examples and compares their output.
//!
//! | file | examples |
//! |---|---|
//! | `caches.rs` | caching |
//! | `chains.rs` | gear functions |
//! | `documentation.rs` | examples of other documentation |
//! | `features.rs` | all others |
//!
//! `program.rs` runs an example.
#![cfg(all(feature = "macros", feature = "embedded"))]
#![allow(clippy::unwrap_used, missing_docs)]

mod caches;
mod chains;
mod documentation;
mod features;
mod program;
