//! Pools: connections for many calls at the same time.
//!
//! Redis serves one blocked command per socket. A pool sends what is answered at once over a shared socket, and gives
//! each command that blocks a socket for itself.
//!
//! * `nonblocking`, `blocking`: [`Pool`] and [`BlockingPool`]. `options`, `metrics`: [`PoolOptions`], [`PoolMetrics`].
//! * `route`: decides over which socket a command goes.
//! * `shelf`: the sockets for commands that block. `lines`: the shared sockets of the async pool. `places`: the line of those who wait for one. `gate`: opens sockets, a few at a time.
//! * `patience`: the time that a call has until it has a socket. `watch`: the tasks of the async pool.

mod blocking;
mod gate;
#[cfg(feature = "aio")]
mod lines;
mod metrics;
#[cfg(feature = "aio")]
mod nonblocking;
mod options;
mod patience;
mod places;
mod route;
mod shelf;
#[cfg(feature = "aio")]
mod watch;

pub use blocking::BlockingPool;
pub use metrics::PoolMetrics;
#[cfg(feature = "aio")]
pub use nonblocking::Pool;
pub use options::PoolOptions;
pub(crate) use places::Places;

use crate::error::{Error, ErrorKind};
use places::Crowd;
use redis::RedisError;
use shelf::Shelf;
use std::time::{Duration, Instant};

/// The longest time that a server may take to show that an idle socket is alive.
const CHECK_LIMIT: Duration = Duration::from_secs(3);

/// What a `PING` has shown about an idle socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Alive,
    Broken,
    /// No answer came in time, so none will come over sockets that were idle for longer.
    Silent,
}

impl Health {
    /// Any answer shows that the socket is alive, also one about rights.
    fn of<T>(answer: &redis::RedisResult<T>) -> Self {
        match answer {
            Err(e) if e.is_timeout() => Health::Silent,
            answer if is_broken(answer) => Health::Broken,
            _ => Health::Alive,
        }
    }
}

/// The error for a call that has waited in vain for one of the sockets of these shelves.
fn exhausted<S>(shelves: &[&Shelf<S>], waited: Duration) -> RedisError {
    if let Some(first) = shelves.first() {
        first.places().count_given_up();
    }
    let crowd = shelves.iter().map(|shelf| shelf.crowd());
    let crowd = crowd.fold(Crowd::default(), Crowd::with);
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

/// The figures of a pool with this shelf for commands that block. `quick` is the line for other commands, if they wait.
fn metrics<S>(shelf: &Shelf<S>, shared: &shelf::Counts, quick: Option<Crowd>) -> PoolMetrics {
    let crowd = shelf.crowd();
    let all = crowd.with(quick.unwrap_or_default());
    PoolMetrics {
        size: crowd.size,
        open: shelf.counts().open(),
        in_use: crowd.in_use,
        idle: shelf.idle(),
        waiting: all.waiting,
        shared: shared.open(),
        opened: shelf.counts().opened() + shared.opened(),
        closed: shelf.counts().closed() + shared.closed(),
        waits: all.waits.count,
        waited: all.waits.total,
        exhausted: all.waits.given_up,
    }
}
