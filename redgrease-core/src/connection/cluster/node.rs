//! What is asked of the connection to one node.
//!
//! The way of commands is written once, as async functions. The nodes of a blocking connection answer before they return a
//! future, so that it never waits; [`now`] takes its result.

use crate::connection::own;
use redis::{Cmd, Pipeline, RedisResult, Value};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A connection or pool to one node. Clones share it.
pub(in super::super) trait Node: Clone + Send + Sync {
    /// Sends a command.
    fn one(&self, cmd: &Cmd, sending: Sending) -> impl Future<Output = RedisResult<Value>> + Send;

    /// Sends a pipeline, and returns its answers behind the first `offset`.
    fn several(
        &self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
        sending: Sending,
    ) -> impl Future<Output = RedisResult<Vec<Value>>> + Send;

    /// Waits for so long.
    fn pause(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// The limit of a call, and whether the server answers it at once.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Sending {
    deadline: Option<Instant>,
    is_quick: bool,
}

impl Sending {
    /// That of the call which is sent on this thread, with this limit.
    pub(in super::super) fn now(limit: Option<Duration>) -> Self {
        Sending {
            deadline: limit.and_then(|limit| Instant::now().checked_add(limit)),
            is_quick: own::is_quick(),
        }
    }

    /// A command that is answered at once, within the limit of the call and this one.
    pub(super) fn quick(self, limit: Duration) -> Self {
        let deadline = Instant::now() + limit;
        Sending {
            deadline: Some(self.deadline.map_or(deadline, |own| own.min(deadline))),
            is_quick: true,
        }
    }

    /// The time that is left.
    pub(super) fn left(self) -> Option<Duration> {
        let deadline = self.deadline?;
        // A limit of zero is an error of the socket.
        let left = deadline.saturating_duration_since(Instant::now());
        Some(left.max(Duration::from_millis(1)))
    }

    pub(super) fn is_quick(self) -> bool {
        self.is_quick
    }

    pub(super) fn is_over(self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Sends something over a blocking connection.
    pub(in super::super) fn enter<T>(self, send: impl FnOnce() -> T) -> T {
        own::with_limit(self.left(), || own::quickly(self.is_quick, send))
    }

    /// Sends something over an async connection.
    #[cfg(feature = "aio")]
    pub(in super::super) async fn enter_async<'a, T>(
        self,
        send: impl FnOnce() -> redis::RedisFuture<'a, T> + Send,
    ) -> RedisResult<T> {
        let (answer, left) =
            own::with_limit_async(self.left(), || own::quickly(self.is_quick, send));
        own::within(left, answer).await
    }
}

/// The result of a future of blocking nodes.
pub(in super::super) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("a blocking node answers before it returns"),
    }
}
