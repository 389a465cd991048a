//! Pools: connections for many calls at the same time.
//!
//! Redis serves one blocked command per socket. A pool sends what is answered at once over a shared socket, and gives
//! each command that blocks a socket for itself.
//!
//! * `nonblocking`, `blocking`: [`Pool`] and [`BlockingPool`]. `options`, `metrics`: [`PoolOptions`], [`PoolMetrics`].
//! * `route`: decides over which socket a command goes. `packed`: reads commands in packed form.
//! * `shelf`: the sockets for commands that block. `lines`: the shared sockets of the async pool. `places`: the line of those who wait for one. `gate`: opens sockets, a few at a time.

mod blocking;
mod gate;
#[cfg(feature = "aio")]
mod lines;
mod metrics;
#[cfg(feature = "aio")]
mod nonblocking;
mod options;
mod packed;
mod places;
mod route;
mod shelf;

pub use blocking::BlockingPool;
pub use metrics::PoolMetrics;
#[cfg(feature = "aio")]
pub use nonblocking::Pool;
pub use options::PoolOptions;
pub(crate) use places::Places;

use crate::error::{Error, ErrorKind};
use redis::RedisError;
use shelf::Shelf;
use std::time::{Duration, Instant};

/// The longest time that a server may take to show that an idle socket is alive.
const CHECK_LIMIT: Duration = Duration::from_secs(3);

/// The error for a call that has waited for a socket in vain.
fn exhausted<S>(shelf: &Shelf<S>, waited: Duration) -> RedisError {
    shelf.places().count_given_up();
    let crowd = shelf.crowd();
    Error::new(ErrorKind::PoolExhausted {
        size: crowd.size,
        in_use: crowd.in_use,
        waiting: crowd.waiting,
        waited,
    })
    .into_redis()
}

/// The time until a deadline, at most `longest`.
fn left_until(deadline: Instant, longest: Duration) -> redis::RedisResult<Duration> {
    match deadline.checked_duration_since(Instant::now()) {
        Some(left) if !left.is_zero() => Ok(left.min(longest)),
        _ => Err(late()),
    }
}

/// The error of a call whose limit has passed.
fn late() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

/// Whether a socket cannot be used any more after this result.
fn is_broken<T>(result: &redis::RedisResult<T>) -> bool {
    matches!(result, Err(e) if e.is_io_error() || e.is_unrecoverable_error())
}

/// The figures of a pool with this shelf for commands that block.
fn metrics<S>(shelf: &Shelf<S>, shared: &shelf::Counts) -> PoolMetrics {
    let crowd = shelf.crowd();
    PoolMetrics {
        size: crowd.size,
        open: shelf.counts().open(),
        in_use: crowd.in_use,
        idle: shelf.idle(),
        waiting: crowd.waiting,
        shared: shared.open(),
        opened: shelf.counts().opened() + shared.opened(),
        closed: shelf.counts().closed() + shared.closed(),
        waits: crowd.waits.count,
        waited: crowd.waits.total,
        exhausted: crowd.waits.given_up,
    }
}
