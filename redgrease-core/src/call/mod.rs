//! Calls of gears.
//!
//! * `request`: [`Call`], a call that is not sent yet, and its options.
//! * `send`: sending it, blocking and async, and registering its gear again where the server has lost it.
//! * `pipe`: several calls in one round trip.

mod pipe;
mod request;
mod send;

pub use pipe::{Calls, Pipe, pipe};
pub(crate) use request::decode;
pub use request::{Args, Call};
