//! The settings of the server, by name and with types.
//!
//! * `setting`: what the value of a setting is in Rust. `known`: the settings servers have.

mod known;
mod setting;

#[cfg(feature = "aio")]
pub use known::AsyncConfig;
pub use known::Config;
