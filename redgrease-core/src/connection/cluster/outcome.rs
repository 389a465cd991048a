//! What an answer says about the way of its command.

use super::node::Sending;
use super::slots::Place;
use crate::connection::packed::words;
use crate::error::{Error, ErrorKind};
use redis::{Cmd, RedisError, RedisResult, ServerErrorKind, Value};

/// Every outcome but `Answered`, `Broken` and sometimes `Down` says that the command did not run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    /// Another node serves the slot.
    Moved(Place),
    /// Another node has the key already, while its slot moves.
    Ask(Place),
    /// The node cannot serve the slot for a moment.
    NotNow,
    /// Slots of the cluster have no node.
    Down,
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
            redis::ErrorKind::Server(ServerErrorKind::TryAgain) => Outcome::NotNow,
            redis::ErrorKind::Server(ServerErrorKind::ClusterDown) => Outcome::Down,
            _ if is_unsent(e) => Outcome::Unsent,
            _ if e.is_io_error() || e.is_unrecoverable_error() => Outcome::Broken,
            _ => Outcome::Answered,
        }
    }
}

/// Whether a command can run although its answer is that the cluster is down: a node lets the clients go that wait for gears.
pub(super) fn runs_while_down(cmd: &Cmd, sending: Sending) -> bool {
    let name = words(cmd).next().unwrap_or_default();
    let is_gear = ["RG.TRIGGER", "RG.TRIGGERONKEY", "RG.PYEXECUTE"]
        .iter()
        .any(|gear| name.eq_ignore_ascii_case(gear.as_bytes()));
    // A gear that is answered at once does not wait.
    is_gear && !sending.is_quick()
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
        assert_eq!(outcome("-CLUSTERDOWN down\r\n"), Outcome::Down);
        for answer in ["+OK\r\n", "-ERR MOVED 3 h:2\r\n", "-MOVED nowhere\r\n"] {
            assert_eq!(outcome(answer), Outcome::Answered, "{answer}");
        }
    }

    #[test]
    fn gears_that_wait_may_run_while_the_cluster_is_down() {
        let runs = |name, is_quick| {
            let now = Sending::now(None);
            let sending = if is_quick {
                now.quick(std::time::Duration::from_secs(1))
            } else {
                now
            };
            runs_while_down(&redis::cmd(name), sending)
        };
        assert!(runs("rg.trigger", false) && runs("RG.TRIGGERONKEY", false));
        assert!(!runs("RG.TRIGGER", true) && !runs("GET", false) && !runs("BLPOP", false));
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
