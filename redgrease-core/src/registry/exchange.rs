//! Exchanges with a server, written once for blocking and async connections.
//!
//! The logic of an exchange is an async function that does no I/O: it hands requests to its [`Link`] and awaits the
//! replies. A driver ([`drive`] or [`drive_async`]) polls the logic, performs the request on a connection of its kind,
//! and polls again. So the compiler writes the state machine.

use super::turns::{Turn, Turns};
use crate::commands::{Session, SessionsOptions, cmd, reply};
use crate::connection::{Address, Con, Connection};
#[cfg(feature = "aio")]
use crate::connection::{AsyncCon, AsyncConnection};
use crate::error::Result;
use crate::trace::{self, Surroundings};
use redis::{Cmd, RedisResult, Value};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// A conversation with a server that ends with a `T`.
pub(super) struct Exchange<'a, T> {
    logic: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
    request: Shared<Request>,
}

/// The next thing that a driver has to do.
pub(super) enum Step<T> {
    Perform(Request),
    Done(T),
}

/// A request, with the place for its reply.
pub(super) enum Request {
    /// Send a command: over the separate connection if one is open, else over the connection of the caller.
    Send(Cmd, Surroundings, Shared<RedisResult<Value>>),
    /// Open a separate connection.
    Open(Address, Shared<Result<()>>),
    /// Close the separate connection.
    Close(Shared<()>),
    /// Wait for a turn.
    Wait(Arc<Turns>, Shared<Turn>),
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

    /// Sends a command.
    pub(super) async fn send(&self, cmd: Cmd) -> RedisResult<Value> {
        self.perform(|reply| Request::Send(cmd, trace::surroundings(), reply))
            .await
    }

    /// Opens a separate connection. Commands are sent over it from then on.
    pub(super) async fn open(&self, address: Address) -> Result<()> {
        self.perform(|reply| Request::Open(address, reply)).await
    }

    /// Closes the separate connection.
    pub(super) async fn close(&self) {
        self.perform(Request::Close).await;
    }

    /// Waits for a turn.
    pub(super) async fn wait(&self, turns: &Arc<Turns>) -> Turn {
        self.perform(|reply| Request::Wait(Arc::clone(turns), reply))
            .await
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
    /// An exchange with this logic, for a driver of this kind.
    pub(super) fn new<F>(kind: Kind, logic: impl FnOnce(Link) -> F) -> Self
    where
        F: Future<Output = T> + Send + 'a,
    {
        let request = Shared::new();
        let link = Link {
            request: request.share(),
            kind,
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
            Step::Perform(Request::Send(cmd, surroundings, reply)) => {
                reply.put(surroundings.enter(|| match &mut separate {
                    Some(con) => redis::ConnectionLike::req_command(con, &cmd),
                    None => con.req_command(&cmd),
                }));
            }
            Step::Perform(Request::Open(address, reply)) => {
                reply.put(Con::to(&address).map(|con| separate = Some(con)));
            }
            Step::Perform(Request::Close(reply)) => {
                separate = None;
                reply.put(());
            }
            Step::Perform(Request::Wait(turns, reply)) => reply.put(turns.wait()),
            Step::Done(result) => return result,
        }
    }
}

/// Performs an exchange over an async connection.
#[cfg(feature = "aio")]
pub(super) async fn drive_async<C: AsyncConnection + ?Sized, T>(
    con: &mut C,
    mut exchange: Exchange<'_, T>,
) -> T {
    let mut separate: Option<AsyncCon> = None;
    loop {
        match exchange.step() {
            Step::Perform(Request::Send(cmd, surroundings, reply)) => {
                let answer = match &mut separate {
                    Some(con) => redis::aio::ConnectionLike::req_packed_command(con, &cmd),
                    None => con.req_packed_command(&cmd),
                };
                reply.put(surroundings.enter_async(answer).await);
            }
            Step::Perform(Request::Open(address, reply)) => {
                reply.put(AsyncCon::to(&address).await.map(|con| separate = Some(con)));
            }
            Step::Perform(Request::Close(reply)) => {
                separate = None;
                reply.put(());
            }
            Step::Perform(Request::Wait(turns, reply)) => reply.put(turns.wait_async().await),
            Step::Done(result) => return result,
        }
    }
}
