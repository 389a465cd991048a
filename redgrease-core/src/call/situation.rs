//! What goes on in a server that has not answered in time, for the error about that.
//!
//! It is asked over another connection, with a short limit. If many calls end at once, one of them asks, and the others
//! take its answer.

use crate::commands::{RegistrationInfo, cmd, reply};
use crate::connection::{Address, Endpoint, Places};
use crate::error::Error;
use redis::{Cmd, ConnectionLike as _, RedisResult, Value};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long asking takes at most.
const LIMIT: Duration = Duration::from_millis(500);

/// An answer is good for so long.
const FRESH: Duration = Duration::from_secs(1);

/// What was asked of each server, by its address.
static ASKED: LazyLock<Mutex<HashMap<String, Arc<Asked>>>> = LazyLock::new(Mutex::default);

#[derive(Debug)]
struct Asked {
    turn: Arc<Places>,
    last: Mutex<Option<(Instant, Seen)>>,
}

/// What a server has answered.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// `false` while others ask the server.
    was_asked: bool,
    /// The reason why there is no connection.
    unreachable: Option<String>,
    answers_ping: bool,
    /// `None` if the server did not answer, or the user has no right to `INFO`.
    figures: Option<Figures>,
    may_not_look: bool,
    /// The calls that have not ended, by trigger.
    pending: HashMap<String, u64>,
}

/// Figures of `INFO rg_engine`.
#[derive(Debug, Clone, Default)]
struct Figures {
    running: u64,
    waiting: u64,
    longest: Duration,
}

/// The situation of the call of a trigger, as a part of a sentence. `node` is the node of a cluster that it went to. Blocks for
/// [`LIMIT`] at most.
pub(super) fn ask(endpoint: &Endpoint, node: Option<&Address>, trigger: &str) -> String {
    let address = node.unwrap_or(endpoint.address());
    let asked = Asked::of(address);
    let deadline = Instant::now() + LIMIT;
    let turn = asked.turn.take_before(Some(deadline));
    let seen = asked.fresh().unwrap_or_else(|| {
        let mut seen = Seen::default();
        if turn.is_none() {
            return seen;
        }
        seen.was_asked = true;
        let left = || deadline.checked_duration_since(Instant::now());
        match address.open_within(LIMIT) {
            Ok(mut con) => {
                for question in questions() {
                    let Some(left) = left().filter(|left| !left.is_zero()) else {
                        break;
                    };
                    if con.set_read_timeout(Some(left)).is_err()
                        || !seen.note(&question, con.req_command(&question))
                    {
                        break;
                    }
                }
            }
            // The server accepted the connection, or the network is silent.
            Err(e) if e.is_timeout() => {}
            Err(e) => seen.note_unreachable(&address.unreachable(e)),
        }
        asked.keep(seen)
    });
    drop(turn);
    seen.tell(endpoint, node, trigger)
}

/// [`ask`] for async callers.
#[cfg(feature = "aio")]
pub(super) async fn ask_async(
    endpoint: &Endpoint,
    node: Option<&Address>,
    trigger: &str,
) -> String {
    use redis::aio::ConnectionLike as _;
    let address = node.unwrap_or(endpoint.address());
    let asked = Asked::of(address);
    let mut seen = Seen::default();
    let asking = async {
        let _turn = asked.turn.take().await;
        if let Some(fresh) = asked.fresh() {
            return Some(fresh);
        }
        seen.was_asked = true;
        match address.open_once().await {
            Ok(mut con) => {
                for question in questions() {
                    if !seen.note(&question, con.req_packed_command(&question).await) {
                        break;
                    }
                }
            }
            Err(e) => seen.note_unreachable(&address.unreachable(e)),
        }
        None
    };
    let fresh = tokio::time::timeout(LIMIT, asking).await.ok().flatten();
    let seen = fresh.unwrap_or_else(|| asked.keep(seen));
    seen.tell(endpoint, node, trigger)
}

/// The commands that are sent, in this order.
fn questions() -> [Cmd; 3] {
    let mut info = redis::cmd("INFO");
    info.arg("rg_engine");
    [redis::cmd("PING"), info, cmd::dump_registrations()]
}

impl Asked {
    fn of(address: &Address) -> Arc<Self> {
        let mut all = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = all.entry(address.to_string());
        Arc::clone(asked.or_insert_with(|| {
            Arc::new(Asked {
                turn: Places::new(1),
                last: Mutex::default(),
            })
        }))
    }

    fn fresh(&self) -> Option<Seen> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, seen) = last.as_ref()?;
        (at.elapsed() < FRESH).then(|| seen.clone())
    }

    fn keep(&self, seen: Seen) -> Seen {
        if !seen.was_asked {
            return seen;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some((Instant::now(), seen.clone()));
        seen
    }
}

impl Seen {
    /// Notes an answer. Returns `false` if there is no use in asking on.
    fn note(&mut self, question: &Cmd, answer: RedisResult<Value>) -> bool {
        let answer = answer.and_then(Value::extract_error);
        match &answer {
            Err(e) if e.is_io_error() || e.is_unrecoverable_error() => return false,
            // Any other error is an answer.
            _ => self.answers_ping = true,
        }
        let name = question.args_iter().next();
        match (name, answer) {
            (Some(redis::Arg::Simple(b"INFO")), Ok(info)) => {
                let text = redis::from_redis_value::<String>(info);
                self.figures = text.ok().and_then(|text| Figures::of(&text));
            }
            (Some(redis::Arg::Simple(b"INFO")), Err(_)) => self.may_not_look = true,
            (Some(redis::Arg::Simple(b"RG.DUMPREGISTRATIONS")), Ok(rows)) => {
                for row in reply::registrations(rows).unwrap_or_default() {
                    if let Some(trigger) = row.trigger() {
                        *self.pending.entry(trigger).or_default() += pending(&row);
                    }
                }
            }
            _ => {}
        }
        true
    }

    fn note_unreachable(&mut self, e: &Error) {
        self.unreachable = Some(e.to_string());
    }

    /// What was seen, as a part of a sentence.
    fn tell(&self, endpoint: &Endpoint, node: Option<&Address>, trigger: &str) -> String {
        let seen = match (&self.unreachable, &self.figures) {
            _ if !self.was_asked => {
                "the server was not asked what goes on, because other calls still ask it".to_owned()
            }
            (Some(reason), _) => format!("the server cannot be asked what goes on ({reason})"),
            _ if !self.answers_ping => format!(
                "the server does not answer PING within {LIMIT:?} either, because something holds its main thread (a \
                 `sync` gear, a Lua script, a long command: see SLOWLOG later)"
            ),
            (None, Some(figures)) => figures.tell(),
            (None, None) if self.may_not_look => {
                "the server answers PING, and what it runs is not known \
                                                  because the user has no right to INFO"
                    .to_owned()
            }
            (None, None) => "the server answers PING".to_owned(),
        };
        let mut told = match node {
            Some(node) => format!("it went to {node}; {seen}"),
            None => seen,
        };
        if let Some(pending) = self.pending.get(trigger) {
            let _ = write!(
                told,
                "; calls of `{trigger}` that have not ended: {pending}"
            );
        }
        if self.figures.is_some() {
            told.push_str("; RG.DUMPEXECUTIONS lists executions, and RG.ABORTEXECUTION ends one");
        }
        if let Some(crowd) = endpoint.crowd() {
            let _ = write!(told, "; {crowd}");
        }
        told
    }
}

/// The calls that were counted when they came and not when they ended.
fn pending(row: &RegistrationInfo) -> u64 {
    let ended = row.succeeded + row.failed + row.aborted;
    row.triggered.saturating_sub(ended)
}

impl Figures {
    fn of(info: &str) -> Option<Self> {
        let number = |name: &str| {
            let mut lines = info.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value?.trim().parse::<u64>().ok()
        };
        Some(Figures {
            running: number("rg_running_executions")?,
            waiting: number("rg_waiting_executions")?,
            longest: Duration::from_millis(number("rg_longest_execution_ms")?),
        })
    }

    fn tell(&self) -> String {
        match (self.running, self.waiting) {
            (0, 0) => "the server answers PING; no execution uses a thread (coroutines use none while they wait)".to_owned(),
            (running, waiting) => {
                let longest = self.longest;
                let mut told = format!(
                    "the server answers PING; executions that run: {running}, the longest for {longest:?}; that wait \
                     for a thread: {waiting}"
                );
                if waiting > 0 {
                    told.push_str(" (the setting `ExecutionThreads`)");
                }
                told
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# rg_engine\r\nrg_waiting_executions:2\r\nrg_running_executions:3\r\n\
                        rg_longest_execution:0-1\r\nrg_longest_execution_ms:1500\r\n";

    #[test]
    fn figures_are_read_from_info() {
        let told = Figures::of(INFO).unwrap().tell();
        for part in ["run: 3", "1.5s", "thread: 2", "ExecutionThreads"] {
            assert!(told.contains(part), "{told}");
        }
        let idle = Figures::default().tell();
        assert!(idle.contains("no execution"), "{idle}");
        for other in [
            "",
            "# Server\r\nredis_version:7.0.15\r\n",
            "rg_running_executions:x",
        ] {
            assert!(Figures::of(other).is_none(), "{other}");
        }
    }

    #[test]
    fn an_error_about_rights_is_an_answer() {
        let [ping, info, _] = questions();
        let noperm = || redis::RedisError::from((redis::ErrorKind::Extension, "NOPERM"));
        let mut seen = Seen::default();
        assert!(seen.note(&ping, Err(noperm())) && seen.note(&info, Err(noperm())));
        assert!(seen.answers_ping && seen.may_not_look);
        let mut silent = Seen::default();
        let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
        assert!(!silent.note(&ping, Err(late.into())));
        assert!(!silent.answers_ping);
    }
}
