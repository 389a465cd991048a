//! Exchanges with a server, written once for blocking and async connections.
//!
//! The logic of an exchange is an async function that does no I/O: it hands requests to its [`Link`] and awaits the
//! replies. A driver ([`drive`] or [`drive_async`]) polls the logic, performs the request on a connection of its kind,
//! and polls again. So the compiler writes the state machine.

use super::time_limit::TimeLimit;
use super::turns::{Turn, Turns};
use crate::commands::{Session, SessionsOptions, cmd, reply};
use crate::connection::{Address, Con, Connection, own};
#[cfg(feature = "aio")]
use crate::connection::{AsyncCon, AsyncConnection};
use crate::error::Result;
use crate::trace::{self, Surroundings};
use redis::{Cmd, RedisResult, Value};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A conversation with a server that ends with a `T`.
pub(super) struct Exchange<'a, T> {
    logic: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    request: Shared<Request>,
}

/// The next thing that a driver has to do.
#[allow(
    clippy::large_enum_variant,
    reason = "only an address with TLS is that large, and a step is used up at once"
)]
pub(super) enum Step<T> {
    Perform(Request),
    Done(T),
}

/// A request, with the place for its reply.
pub(super) enum Request {
    /// Send a command: over the separate connection if one is open, else over the connection of the caller.
    /// The answer has this limit.
    Send(
        Cmd,
        Option<Duration>,
        Surroundings,
        Shared<RedisResult<Value>>,
    ),
    /// Open a separate connection within this limit.
    Open(Address, Option<Duration>, Shared<Result<()>>),
    /// Close the separate connection.
    Close(Shared<()>),
    /// Wait for a turn, for this time at most.
    Wait(Arc<Turns>, Option<Duration>, Shared<Option<Turn>>),
}

/// A value that one side puts down and the other side picks up.
pub(super) struct Shared<T>(Arc<Mutex<Option<T>>>);

impl<T> Shared<T> {
    fn new() -> Self {
        Shared(Arc::new(Mutex::new(None)))
    }

    fn share(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }

    pub(super) fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The connection as the logic sees it.
pub(super) struct Link {
    request: Shared<Request>,
    kind: Kind,
    limit: TimeLimit,
}

/// The kind of connection that drives an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Blocking,
    #[cfg(feature = "aio")]
    Async,
}

impl Link {
    async fn perform<T>(&self, request: impl FnOnce(Shared<T>) -> Request) -> T {
        let reply = Shared::new();
        self.request.put(request(reply.share()));
        poll_fn(|_| reply.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// Sends a command. An answer that does not come within the limit is an error about that.
    pub(super) async fn send(&self, cmd: Cmd) -> RedisResult<Value> {
        let of = self.limit.of_command(&cmd);
        if of.has_passed() {
            return Err(of.unanswered().into_redis());
        }
        let limit = of.left();
        let answer = self
            .perform(|reply| Request::Send(cmd, limit, trace::surroundings(), reply))
            .await;
        match answer {
            Err(e) if e.is_timeout() && of.has_passed() => Err(of.unanswered().into_redis()),
            answer => answer,
        }
    }

    /// Opens a separate connection. Commands are sent over it from then on.
    pub(super) async fn open(&self, address: Address) -> Result<()> {
        let left = self.limit.left();
        self.perform(|reply| Request::Open(address, left, reply))
            .await
    }

    /// Closes the separate connection.
    pub(super) async fn close(&self) {
        self.perform(Request::Close).await;
    }

    /// Waits for a turn.
    pub(super) async fn wait(&self, turns: &Arc<Turns>) -> Result<Turn> {
        let left = self.limit.left();
        let turn = self
            .perform(|reply| Request::Wait(Arc::clone(turns), left, reply))
            .await;
        turn.ok_or_else(|| self.limit.unanswered())
    }

    /// Whether the time of the exchange is over.
    pub(super) fn is_over(&self) -> bool {
        self.limit.has_passed()
    }

    /// The sessions of the server, with their registrations.
    pub(super) async fn sessions(&self) -> Result<Vec<Session>> {
        let options = SessionsOptions::new().verbose();
        reply::sessions(self.send(cmd::dump_sessions(&options)).await?)
    }

    /// Whether the connection stays usable after a timeout: an async connection of redis-rs skips the late answer, a
    /// blocking one would take it for the answer of the next command.
    pub(super) fn survives_timeouts(&self) -> bool {
        self.kind != Kind::Blocking
    }
}

impl<'a, T> Exchange<'a, T> {
    /// An exchange with this logic, for a driver of this kind. It has this time from now on.
    pub(super) fn new<F>(kind: Kind, limit: Option<Duration>, logic: impl FnOnce(Link) -> F) -> Self
    where
        F: Future<Output = T> + Send + 'a,
    {
        let request = Shared::new();
        let link = Link {
            request: request.share(),
            kind,
            limit: TimeLimit::new(limit),
        };
        Exchange {
            logic: Box::pin(logic(link)),
            request,
        }
    }

    /// Runs the logic until its next request, after the reply to the last request was put down.
    pub(super) fn step(&mut self) -> Step<T> {
        match self
            .logic
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(result) => Step::Done(result),
            Poll::Pending => match self.request.take() {
                Some(request) => Step::Perform(request),
                None => unreachable!("the logic of an exchange awaits nothing but its link"),
            },
        }
    }
}

/// Performs an exchange over a blocking connection.
pub(super) fn drive<C: Connection + ?Sized, T>(con: &mut C, mut exchange: Exchange<'_, T>) -> T {
    let mut separate: Option<Con> = None;
    loop {
        match exchange.step() {
            Step::Perform(Request::Send(cmd, limit, surroundings, reply)) => {
                let send = || match &mut separate {
                    Some(con) => redis::ConnectionLike::req_command(con, &cmd),
                    None => con.req_command(&cmd),
                };
                reply.put(surroundings.enter(|| own::with_limit(limit, send)));
            }
            Step::Perform(Request::Open(address, limit, reply)) => {
                reply.put(Con::to(&address, limit).map(|con| separate = Some(con)));
            }
            Step::Perform(Request::Close(reply)) => {
                separate = None;
                reply.put(());
            }
            Step::Perform(Request::Wait(turns, limit, reply)) => reply.put(turns.wait(limit)),
            Step::Done(result) => return result,
        }
    }
}

/// Performs an exchange over an async connection. Without one, the logic opens a separate connection first.
#[cfg(feature = "aio")]
pub(super) async fn drive_async<C: AsyncConnection + ?Sized, T>(
    mut con: Option<&mut C>,
    mut exchange: Exchange<'_, T>,
) -> T {
    let mut separate: Option<AsyncCon> = None;
    loop {
        match exchange.step() {
            Step::Perform(Request::Send(cmd, limit, surroundings, reply)) => {
                let (separate, con, cmd) = (separate.as_mut(), con.as_deref_mut(), &cmd);
                let (answer, left) = own::with_limit_async(limit, || match (separate, con) {
                    (Some(con), _) => redis::aio::ConnectionLike::req_packed_command(con, cmd),
                    (None, Some(con)) => con.req_packed_command(cmd),
                    (None, None) => unreachable!("the logic opens a connection before it sends"),
                });
                reply.put(surroundings.enter_async(own::within(left, answer)).await);
            }
            Step::Perform(Request::Open(address, limit, reply)) => {
                let opened = AsyncCon::to(&address, limit).await;
                reply.put(opened.map(|con| separate = Some(con)));
            }
            Step::Perform(Request::Close(reply)) => {
                separate = None;
                reply.put(());
            }
            Step::Perform(Request::Wait(turns, limit, reply)) => {
                let turn = tokio::time::timeout(limit.unwrap_or(Duration::MAX), turns.wait_async());
                reply.put(turn.await.ok());
            }
            Step::Done(result) => return result,
        }
    }
}
