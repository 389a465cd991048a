//! The examples, run as a reader would run them.
//!
//! * `program`: runs one, and compares what it prints. `caches`: the examples of caching.
//! * `chains`: those about gear functions. `documentation`: those of other documentation. `features`:
//!   those about everything else.
#![cfg(all(feature = "macros", feature = "embedded"))]
#![allow(clippy::unwrap_used, missing_docs)]

mod caches;
mod chains;
mod documentation;
mod features;
mod program;
