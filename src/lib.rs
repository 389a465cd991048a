//! Python functions that run inside Redis, written inside Rust functions.
pub use redgrease_core::*;
