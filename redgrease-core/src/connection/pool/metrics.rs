//! The figures of a pool.

use std::time::Duration;

/// The figures of a pool at one moment (on a cluster: the sums over the nodes that were needed so far), from [`Pool::metrics`](super::Pool::metrics) or
/// [`BlockingPool::metrics`](super::BlockingPool::metrics).
///
/// ```no_run
/// # fn handler(pool: &redgrease_core::BlockingPool) -> String {
/// let m = pool.metrics();
/// format!(
///     "redgrease_pool_size {}\nredgrease_pool_in_use {}\nredgrease_pool_waiting {}\n\
///      redgrease_pool_waited_seconds_total {}\n",
///     m.size, m.in_use, m.waiting, m.waited.as_secs_f64(),
/// )
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolMetrics {
    /// The number of sockets that the pool may open for commands that block.
    pub size: usize,
    /// Sockets that are open for commands that block, in use or idle.
    pub open: usize,
    /// Places that are in use: commands that block and wait for their answer, and sockets that are being opened.
    pub in_use: usize,
    /// Open sockets that wait for the next command.
    pub idle: usize,
    /// Calls that wait for a socket.
    pub waiting: usize,
    /// Sockets that are open for commands that do not block.
    pub shared: usize,
    /// Sockets that were opened since the start, of both kinds.
    pub opened: u64,
    /// Sockets that were closed since the start, of both kinds.
    pub closed: u64,
    /// Calls that waited for a socket and got one.
    pub waits: u64,
    /// The time that those calls waited, in sum.
    pub waited: Duration,
    /// Calls that gave up waiting ([`ErrorKind::PoolExhausted`](crate::ErrorKind::PoolExhausted)).
    pub exhausted: u64,
}

#[cfg(feature = "cluster")]
impl PoolMetrics {
    /// The figures of the pools of all nodes.
    pub(super) fn sum(nodes: impl IntoIterator<Item = PoolMetrics>) -> Self {
        let none = PoolMetrics::default();
        nodes.into_iter().fold(none, |all, node| PoolMetrics {
            size: all.size + node.size,
            open: all.open + node.open,
            in_use: all.in_use + node.in_use,
            idle: all.idle + node.idle,
            waiting: all.waiting + node.waiting,
            shared: all.shared + node.shared,
            opened: all.opened + node.opened,
            closed: all.closed + node.closed,
            waits: all.waits + node.waits,
            waited: all.waited + node.waited,
            exhausted: all.exhausted + node.exhausted,
        })
    }
}

/// The waiting since the start.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Waits {
    pub(super) count: u64,
    pub(super) total: Duration,
    pub(super) given_up: u64,
}
