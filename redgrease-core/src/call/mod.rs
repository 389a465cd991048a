//! Calls of gears.
//!
//! * `send`: sends a [`Call`](crate::Call), and registers its gear again if the server has lost it.
//! * `time`: the time that a call has.
//! * `pipe`: sends several calls in one round trip.
//! * `situation`: what goes on in a server that has not answered in time.

mod pipe;
mod send;
mod situation;
mod time;

pub use pipe::{Calls, Pipe, pipe};
