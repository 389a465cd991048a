//! Recognises connections of this crate behind any type.
//!
//! Calls are generic over every redis-rs connection, also behind references, boxes and pool guards, so they cannot
//! inspect the type. They can call `get_db`, which all of those types forward and which costs nothing: while a question
//! is open on this thread, a connection of this crate stores its [`Endpoint`] there when it answers.

use super::endpoint::Endpoint;
use crate::profile::{self, Profile};
#[cfg(feature = "aio")]
use redis::{RedisFuture, RedisResult};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

thread_local! {
    static QUESTION: RefCell<Question> = const { RefCell::new(Question { open: false, answer: None, limit: None, is_quick: false }) };
}

struct Question {
    open: bool,
    answer: Option<Arc<Endpoint>>,
    limit: Option<Duration>,
    is_quick: bool,
}

/// The endpoint of a connection, if it is one of this crate. `get_db` calls the connection's method of that name.
pub(crate) fn endpoint(get_db: impl FnOnce() -> i64) -> Option<Arc<Endpoint>> {
    QUESTION.with_borrow_mut(|q| (q.open, q.answer) = (true, None));
    get_db();
    QUESTION.with_borrow_mut(|q| {
        q.open = false;
        q.answer.take()
    })
}

/// The profile of a connection: its own, or the default one.
pub(crate) fn profile(get_db: impl FnOnce() -> i64) -> Arc<Profile> {
    endpoint(get_db).map_or_else(profile::default, |endpoint| endpoint.profile())
}

/// Called by the connections of this crate in `get_db`.
pub(super) fn answer(endpoint: &Arc<Endpoint>) {
    QUESTION.with_borrow_mut(|q| {
        if q.open {
            q.answer = Some(Arc::clone(endpoint));
        }
    });
}

/// Runs `send` with a limit for the answer. The blocking connections of this crate apply it.
pub(crate) fn with_limit<T>(limit: Option<Duration>, send: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            QUESTION.with_borrow_mut(|q| q.limit = None);
        }
    }
    if limit.is_none() {
        return send();
    }
    QUESTION.with_borrow_mut(|q| q.limit = limit);
    let _reset = Reset;
    send()
}

/// The limit of the call that is being sent on this thread.
pub(super) fn limit() -> Option<Duration> {
    QUESTION.with_borrow(|q| q.limit)
}

/// Makes the future of a call with `send`. Returns the limit that is left to the caller: `None` if the connection has taken the
/// limit over ([`take_limit`]).
#[cfg(feature = "aio")]
pub(crate) fn with_limit_async<F>(
    limit: Option<Duration>,
    send: impl FnOnce() -> F,
) -> (F, Option<Duration>) {
    with_limit(limit, || {
        let call = send();
        (call, self::limit())
    })
}

/// Takes over the limit of the call that is being made on this thread. A pool does, because it knows whether the call was
/// sent when the limit passed.
#[cfg(feature = "aio")]
pub(super) fn take_limit() -> Option<Duration> {
    QUESTION.with_borrow_mut(|q| q.limit.take())
}

/// Awaits an answer for so long. A future that is dropped in time leaves no answer behind for others.
#[cfg(feature = "aio")]
pub(crate) async fn within<T>(
    limit: Option<Duration>,
    answer: RedisFuture<'_, T>,
) -> RedisResult<T> {
    match limit {
        None => answer.await,
        Some(limit) => tokio::time::timeout(limit, answer)
            .await
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())),
    }
}

/// Runs `send` for a call that the server is known to answer at once: a pool sends it over a shared socket.
pub(crate) fn quickly<T>(is_quick: bool, send: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            QUESTION.with_borrow_mut(|q| q.is_quick = false);
        }
    }
    if !is_quick {
        return send();
    }
    QUESTION.with_borrow_mut(|q| q.is_quick = true);
    let _reset = Reset;
    send()
}

/// Whether the call that is being sent on this thread is answered at once.
pub(super) fn is_quick() -> bool {
    QUESTION.with_borrow(|q| q.is_quick)
}
