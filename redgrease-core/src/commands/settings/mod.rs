//! Typed access to the settings of the server.
//!
//! * `setting`: conversions between setting values and Rust types. `known`: the table of settings.

mod known;
mod setting;

#[cfg(feature = "aio")]
pub use known::AsyncConfig;
pub use known::Config;
