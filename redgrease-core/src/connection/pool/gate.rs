//! Opens sockets, a few at a time. When a server is down, its callers do not all try to connect.

use super::patience::Patience;
use super::places::Places;
use crate::connection::Address;
use crate::connection::address::CONNECT_TIMEOUT;
use crate::error::Error;
use redis::{RedisError, RedisResult};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How many sockets are opened at the same time.
const AT_ONCE: usize = 4;

#[derive(Debug)]
pub(super) struct Gate {
    places: Arc<Places>,
    /// The last attempt that failed.
    failure: Mutex<Option<(Instant, Error)>>,
}

impl Gate {
    pub(super) fn new() -> Self {
        Gate {
            places: Places::new(AT_ONCE),
            failure: Mutex::new(None),
        }
    }

    /// Opens a socket, for a caller with this patience. If an attempt has failed since the caller began, its error is the
    /// result.
    pub(super) fn open(
        &self,
        address: &Address,
        patience: &Patience,
    ) -> RedisResult<redis::Connection> {
        let place = self.places.take_before(patience.deadline());
        self.failed_since(patience.begun)?;
        let left = patience.left(CONNECT_TIMEOUT);
        if place.is_none() || left.is_zero() {
            return Err(patience.passed(address));
        }
        match address.open_within(left) {
            // The patience of this caller says nothing about others.
            Err(e) if e.is_timeout() && left < CONNECT_TIMEOUT => Err(patience.passed(address)),
            opened => self.note(address, opened),
        }
    }

    /// [`open`](Self::open) for async callers.
    #[cfg(feature = "aio")]
    pub(super) async fn open_async(
        &self,
        address: &Address,
        begun: Instant,
    ) -> RedisResult<redis::aio::MultiplexedConnection> {
        let place = self.places.take().await;
        self.failed_since(begun)?;
        let opened = address.open_once().await;
        drop(place);
        self.note(address, opened)
    }

    fn failed_since(&self, begun: Instant) -> RedisResult<()> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        match &*failure {
            Some((at, error)) if *at >= begun => Err(error.clone().into_redis()),
            _ => Ok(()),
        }
    }

    fn note<S>(&self, address: &Address, opened: RedisResult<S>) -> RedisResult<S> {
        opened.map_err(|e: RedisError| {
            let error = address.unreachable(e);
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((Instant::now(), error.clone()));
            error.into_redis()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    /// A server that closes what it accepts. Of many callers that begin together, a few find that out for all.
    #[test]
    fn callers_of_a_server_that_is_down_do_not_all_connect() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = Address::parse(format!("redis://127.0.0.1:{port}/")).unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&accepted);
        // Ends with the test program.
        thread::spawn(move || {
            for _ in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        let (gate, together) = (Gate::new(), Barrier::new(32));
        let patience = Patience::new(Duration::MAX, None);
        thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| {
                    together.wait();
                    let opened = gate.open(&address, &patience).map(drop);
                    let error = Error::from(opened.unwrap_err());
                    assert!(error.is_connection(), "{error}");
                });
            }
        });
        assert!(accepted.load(Ordering::SeqCst) <= AT_ONCE);
        // A later caller tries again.
        let later = Patience::new(Duration::MAX, None);
        gate.open(&address, &later).map(drop).unwrap_err();
        assert_eq!(gate.places.crowd().in_use, 0);
    }
}
