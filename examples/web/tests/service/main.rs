//! The service over HTTP, with a private server and a web site on loopback.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

mod errors;
mod gears;
mod program;
mod shutdown;
mod slow;
mod started;
