//! The pages of the book as documentation, so that their blocks are compiled as tests: `cargo test --doc book`.
//! `book/builder/tests/blocks.rs` finds pages that are missing here.

#[doc = include_str!("../README.md")]
mod readme {}
#[doc = include_str!("../book/src/cluster-step-by-step.md")]
mod cluster_step_by_step {}
#[doc = include_str!("../book/src/clusters.md")]
mod clusters {}
#[doc = include_str!("../book/src/deploying.md")]
mod deploying {}
#[doc = include_str!("../book/src/python-in-rust.md")]
mod python_in_rust {}
