//! Calls of gears.
//!
//! * `send`: sends a [`Call`](crate::Call), and registers its gear again if the server has lost it.
//! * `pipe`: sends several calls in one round trip.

mod pipe;
mod send;

pub use pipe::{Calls, Pipe, pipe};
