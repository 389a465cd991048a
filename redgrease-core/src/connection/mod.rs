//! Connections: the traits a gear can be called on, and the connections `connect` opens.
//!
//! * `traits`: [`Connection`] and [`AsyncConnection`], every redis-rs connection there is.
//! * `address`: where a connection of ours leads, without its password in any text.
//! * `blocking`, `nonblocking`: [`Con`] and [`AsyncCon`].
//! * `known`: the servers this process has connected to.
//! * `own`: how the code of a call finds out that it was given one of those two.

mod address;
mod blocking;
pub(crate) mod known;
#[cfg(feature = "aio")]
mod nonblocking;
pub(crate) mod own;
mod traits;

pub(crate) use address::Address;
pub use blocking::{Con, SingleCon, connect};
#[cfg(feature = "aio")]
pub use nonblocking::{AsyncCon, AsyncSingleCon, connect_async};
#[cfg(feature = "aio")]
pub use traits::AsyncConnection;
pub use traits::Connection;
