//! Calls of gears.
//!
//! * `send`: sends a [`Call`](crate::Call), and registers its gear again if the server has lost it.
//! * `pipe`: sends several calls in one round trip.
//! * `situation`: what goes on in a server that has not answered in time.

mod pipe;
mod send;
mod situation;

pub use pipe::{Calls, Pipe, pipe};
