//! Connections: the traits of connections that gears are called on, and the connections that [`connect`] opens.
//!
//! * `traits`: [`Connection`] and [`AsyncConnection`], implemented by every redis-rs connection.
//! * `address`: the address of a connection, without its password in any text. `addresses`: one, or those of several nodes.
//! * `blocking`, `nonblocking`: [`Con`] and [`AsyncCon`]. `endpoint`: the address and the profile that they carry.
//! * `known`: the servers this process has connected to.
//! * `pool`: [`Pool`] and [`BlockingPool`], for many calls at the same time.
//! * `clustered`: whether a server is a node of a cluster. `cluster`: the ways of commands to the nodes.
//! * `packed`: the words of commands.
//! * `own`: recognises connections of this crate behind any type.

mod address;
mod addresses;
mod blocking;
#[cfg(feature = "cluster")]
mod cluster;
mod clustered;
mod endpoint;
pub(crate) mod known;
#[cfg(feature = "aio")]
mod nonblocking;
pub(crate) mod own;
mod packed;
mod pool;
mod traits;

pub(crate) use address::Address;
pub(crate) use addresses::Addresses;
pub use addresses::{AnyOf, IntoAddresses};
pub use blocking::{Con, connect};
pub(crate) use clustered::late_node;
pub(crate) use endpoint::Endpoint;
#[cfg(feature = "aio")]
pub use nonblocking::{AsyncCon, connect_async};
pub(crate) use pool::Places;
#[cfg(feature = "aio")]
pub use pool::Pool;
pub use pool::{BlockingPool, PoolMetrics, PoolOptions};
#[cfg(feature = "aio")]
pub use traits::AsyncConnection;
pub use traits::Connection;
