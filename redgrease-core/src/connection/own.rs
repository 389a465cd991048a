//! How a call learns that its connection is one of ours.
//!
//! Calls are generic over every redis-rs connection, also behind references, boxes and pool guards, so they cannot
//! ask for the type. They can call `get_db`, which all of those pass on and which costs nothing: while a question is
//! open on this thread, our connections leave their address there as they answer it.

use super::address::Address;
use std::cell::RefCell;
use std::time::Duration;

thread_local! {
    static QUESTION: RefCell<Question> = const { RefCell::new(Question { open: false, answer: None, limit: None }) };
}

struct Question {
    open: bool,
    answer: Option<Address>,
    limit: Option<Duration>,
}

/// The address behind a connection, if it is one of ours. `get_db` calls the connection's method of that name.
pub(crate) fn address(get_db: impl FnOnce() -> i64) -> Option<Address> {
    QUESTION.with_borrow_mut(|q| (q.open, q.answer) = (true, None));
    get_db();
    QUESTION.with_borrow_mut(|q| {
        q.open = false;
        q.answer.take()
    })
}

/// Called by our connections in `get_db`.
pub(super) fn answer(address: &Address) {
    QUESTION.with_borrow_mut(|q| {
        if q.open {
            q.answer = Some(address.clone());
        }
    });
}

/// Runs `send` with a limit for the answer, which our blocking connections obey.
pub(crate) fn with_limit<T>(limit: Duration, send: impl FnOnce() -> T) -> T {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            QUESTION.with_borrow_mut(|q| q.limit = None);
        }
    }
    QUESTION.with_borrow_mut(|q| q.limit = Some(limit));
    let _reset = Reset;
    send()
}

/// The limit of the call that is being sent on this thread.
pub(super) fn limit() -> Option<Duration> {
    QUESTION.with_borrow(|q| q.limit)
}
