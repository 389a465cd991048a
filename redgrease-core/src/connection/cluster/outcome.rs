//! What an answer says about the way of its command.

use super::slots::Place;
use crate::error::{Error, ErrorKind};
use redis::{RedisError, RedisResult, ServerErrorKind, Value};

/// Every outcome but `Answered` and `Broken` says that the command did not run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    /// Another node serves the slot.
    Moved(Place),
    /// Another node has the key already, while its slot moves.
    Ask(Place),
    /// The cluster cannot serve the slot for a moment.
    NotNow,
    /// The node could not be reached.
    Unsent,
    /// The connection broke, and it is not known whether the command ran.
    Broken,
}

impl Outcome {
    /// The outcome of a command that this node has answered.
    pub(super) fn of(answer: &RedisResult<Value>, answered: &Place) -> Self {
        match answer {
            Ok(Value::ServerError(e)) => Outcome::of_error(&RedisError::from(e.clone()), answered),
            Ok(_) => Outcome::Answered,
            Err(e) => Outcome::of_error(e, answered),
        }
    }

    pub(super) fn of_error(e: &RedisError, answered: &Place) -> Self {
        let to = || Place::parse(e.redirect_node()?.0, answered);
        match e.kind() {
            redis::ErrorKind::Server(ServerErrorKind::Moved) => {
                to().map_or(Outcome::Answered, Outcome::Moved)
            }
            redis::ErrorKind::Server(ServerErrorKind::Ask) => {
                to().map_or(Outcome::Answered, Outcome::Ask)
            }
            redis::ErrorKind::Server(ServerErrorKind::TryAgain | ServerErrorKind::ClusterDown) => {
                Outcome::NotNow
            }
            _ if is_unsent(e) => Outcome::Unsent,
            _ if e.is_io_error() || e.is_unrecoverable_error() => Outcome::Broken,
            _ => Outcome::Answered,
        }
    }
}

/// Whether a command was not sent, because the connection for it could not be opened.
fn is_unsent(e: &RedisError) -> bool {
    e.is_connection_refusal() || matches!(Error::from(e.clone()).kind(), ErrorKind::Connect { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(line: &str) -> Outcome {
        let answer = redis::parse_redis_value(line.as_bytes());
        Outcome::of(&answer, &place(1))
    }

    fn place(port: u16) -> Place {
        Place {
            host: "h".to_owned(),
            port,
        }
    }

    #[test]
    fn redirections_are_told_from_answers() {
        assert_eq!(outcome("-MOVED 3 h:2\r\n"), Outcome::Moved(place(2)));
        assert_eq!(outcome("-ASK 3 :3\r\n"), Outcome::Ask(place(3)));
        assert_eq!(outcome("-TRYAGAIN later\r\n"), Outcome::NotNow);
        assert_eq!(outcome("-CLUSTERDOWN down\r\n"), Outcome::NotNow);
        for answer in ["+OK\r\n", "-ERR MOVED 3 h:2\r\n", "-MOVED nowhere\r\n"] {
            assert_eq!(outcome(answer), Outcome::Answered, "{answer}");
        }
    }

    #[test]
    fn a_broken_connection_is_told_from_one_that_was_never_open() {
        let of = |kind| {
            let e: RedisError = std::io::Error::from(kind).into();
            Outcome::of_error(&e, &place(1))
        };
        assert_eq!(of(std::io::ErrorKind::ConnectionRefused), Outcome::Unsent);
        for kind in [
            std::io::ErrorKind::BrokenPipe,
            std::io::ErrorKind::ConnectionReset,
            std::io::ErrorKind::TimedOut,
        ] {
            assert_eq!(of(kind), Outcome::Broken, "{kind:?}");
        }
    }
}
