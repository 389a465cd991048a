//! The time that a call has until it has an open socket.

use super::{CHECK_LIMIT, late};
use crate::connection::Address;
use crate::connection::address::no_answer;
use redis::RedisError;
#[cfg(feature = "aio")]
use redis::RedisResult;
use std::time::{Duration, Instant};

/// Checking and opening a socket may take so long, even if a call waits less for a place.
const OPENING: Duration = Duration::from_secs(1);

/// When a call gives up to get a socket: while it waits for a place, checks idle sockets, or opens a new one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) begun: Instant,
    /// The end of the limit of the call.
    call: Option<Instant>,
    /// How long the call waits for a place.
    pub(super) place: Duration,
    /// The end of the limit for waiting. `None` is too far away for the clock.
    socket: Option<Instant>,
    limit: Duration,
}

impl Patience {
    /// The patience of a call that begins at this moment.
    pub(super) fn new(wait: Duration, call: Option<Duration>) -> Self {
        let begun = Instant::now();
        let limit = wait.max(OPENING);
        Patience {
            begun,
            call: call.and_then(|call| begun.checked_add(call)),
            place: call.map_or(wait, |call| call.min(wait)),
            socket: begun.checked_add(limit),
            limit,
        }
    }

    /// When the call gives up, if ever.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match (self.call, self.socket) {
            (Some(call), Some(socket)) => Some(call.min(socket)),
            (call, socket) => call.or(socket),
        }
    }

    /// The end of the limit of the call.
    pub(super) fn end_of_call(&self) -> Option<Instant> {
        self.call
    }

    /// The time that is left, at most `longest`.
    pub(super) fn left(&self, longest: Duration) -> Duration {
        let deadline = self.deadline();
        deadline.map_or(longest, |deadline| {
            deadline
                .saturating_duration_since(Instant::now())
                .min(longest)
        })
    }

    /// The time for the check of an idle socket. As much is left to open another one.
    pub(super) fn check(&self) -> Duration {
        (self.left(Duration::MAX) / 2).clamp(Duration::from_millis(1), CHECK_LIMIT)
    }

    /// The error when no time is left.
    pub(super) fn passed(&self, address: &Address) -> RedisError {
        if self.call.is_some() && self.call == self.deadline() {
            return late();
        }
        address.unreachable(no_answer(self.limit)).into_redis()
    }

    /// Awaits what the call does with its place, until the limit of the call passes.
    #[cfg(feature = "aio")]
    pub(super) async fn finish<T>(
        &self,
        work: impl Future<Output = RedisResult<T>>,
    ) -> RedisResult<T> {
        match self.call {
            None => work.await,
            Some(end) => tokio::time::timeout_at(end.into(), work)
                .await
                .unwrap_or_else(|_| Err(late())),
        }
    }

    /// Awaits a socket until no time is left.
    #[cfg(feature = "aio")]
    pub(super) async fn hold<T>(
        &self,
        address: &Address,
        socket: impl Future<Output = RedisResult<T>>,
    ) -> RedisResult<T> {
        match tokio::time::timeout(self.left(Duration::MAX), socket).await {
            Ok(socket) => socket,
            Err(_) => Err(self.passed(address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn the_shorter_limit_ends_the_waiting() {
        let address = Address::parse("redis://127.0.0.1:1/").unwrap();
        let (short, long) = (Duration::from_millis(5), Duration::from_mins(1));
        let of_call = Patience::new(long, Some(short));
        assert!(of_call.left(Duration::MAX) <= short);
        let error = Error::from(of_call.passed(&address));
        assert!(error.is_timeout(), "{error}");
        let of_wait = Patience::new(short, Some(long));
        assert!(of_wait.left(Duration::MAX) <= OPENING);
        let error = Error::from(of_wait.passed(&address));
        assert!(error.is_connection() && !error.is_timeout(), "{error}");
        assert!(error.to_string().contains("within 1s"), "{error}");
    }

    #[test]
    fn limits_that_no_clock_reaches_are_no_limits() {
        let patience = Patience::new(Duration::MAX, Some(Duration::MAX));
        assert_eq!(patience.deadline(), None);
        assert_eq!(patience.left(CHECK_LIMIT), CHECK_LIMIT);
        assert_eq!(patience.check(), CHECK_LIMIT);
    }
}
