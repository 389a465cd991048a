//! Beginning to run the functions of keys that were loaded or replicated, or come from another shard.

use super::super::moved_timers;
use super::super::registry;
use super::super::timers::{NewTimer, Place, TimeEvent};
use super::stored::Stored;
use super::waiting::{Answer, List, Waiting};
use super::{DATABASE, KeyedTimer};
use crate::encoding::Damaged;
use crate::execution::reach_python;
use crate::python::{Holder, unpickle};
use crate::redis::timer_key::{self, KeyValue};
use crate::redis::{Context, Guarded, Level, User, after_to_write, is_paused, log, replicate_key};
use crate::scope::{self, Scope};
use std::sync::Arc;
use std::time::Instant;

static WAITING: Guarded<List> = Guarded::new(List::new());

/// The function of this value is loaded a little later.
pub(super) fn start_later(context: &Context, timer: &Arc<KeyedTimer>) {
    let holder = if context.is_loading() {
        Holder::Restored
    } else {
        Holder::Call
    };
    let one = Waiting::new(timer, holder, Instant::now());
    WAITING.write(context, |waiting| waiting.add([one]));
    plan(context);
}

/// Another shard has answered for the key with this number.
pub(super) fn answered(context: &Context, number: &str, bytes: Option<&[u8]>) {
    WAITING.write(context, |waiting| waiting.answered(number, bytes));
    plan(context);
}

/// Plans the next look at what waits.
fn plan(context: &Context) {
    let now = Instant::now();
    if let Some(at) = WAITING.write(context, |waiting| waiting.plan(now)) {
        // Replicas are told of a function that has come.
        after_to_write(context, at.saturating_duration_since(now), move |context| {
            if WAITING.write(context, |waiting| waiting.begins(at)) {
                start_all(context);
            }
        });
    }
}

/// Begins to run the functions of keys that were loaded or replicated. Does nothing on a replica and while loading: it is
/// called again when that ends.
pub(crate) fn start_all(context: &Context) {
    if !context.may_handle_events() {
        return;
    }
    if is_paused() {
        return plan(context);
    }
    let now = Instant::now();
    let due = WAITING.write(context, |waiting| waiting.take_due(now));
    let later: Vec<Waiting> = due
        .into_iter()
        .filter_map(|one| start(context, one, now))
        .collect();
    WAITING.write(context, |waiting| waiting.add(later));
    plan(context);
}

/// Begins to run one function. Returns what has to be tried again.
fn start(context: &Context, mut one: Waiting, now: Instant) -> Option<Waiting> {
    let timer = one.timer()?;
    if reach_python().is_err() {
        one.later(now);
        return Some(one);
    }
    let arrived = timer.arrive(context, one.answer.take());
    let failure = arrived
        .and_then(|()| timer.load(context, one.holder))
        .err()?;
    let is_tried_again = failure.lasts != Lasts::ForGood && one.try_again(now);
    let is_new = failure.lasts != Lasts::UntilAnswered && !one.is_told;
    if is_new || !is_tried_again {
        log(Level::Warning, &failure.message);
        one.is_told = true;
    }
    is_tried_again.then_some(one)
}

/// The reason why a function does not run.
#[derive(Debug)]
struct LoadFailure {
    message: String,
    lasts: Lasts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lasts {
    ForGood,
    /// A package is missing that may still be installed.
    UntilInstalled,
    /// Another shard has been asked. The log tells of it only if there is no answer in the end.
    UntilAnswered,
}

fn for_good(message: String) -> LoadFailure {
    LoadFailure {
        message,
        lasts: Lasts::ForGood,
    }
}

fn damaged(damaged: Damaged) -> LoadFailure {
    let why = damaged.message();
    for_good(format!("a key with a time event stays without it: {why}"))
}

impl KeyedTimer {
    /// Makes sure that the bytes of the function are here. A key that comes from another shard asks that one for them.
    fn arrive(
        self: &Arc<KeyedTimer>,
        context: &Context,
        answer: Option<Answer>,
    ) -> Result<(), LoadFailure> {
        if self.bytes.get().is_some() {
            return Ok(());
        }
        let ticket = self.ticket().map_err(damaged)?;
        let (key, from) = (String::from_utf8_lossy(&ticket.key), ticket.from);
        let bytes = match answer {
            Some(Answer::Bytes(bytes)) => bytes,
            None => moved_timers::ask(context, &ticket).ok_or_else(|| LoadFailure {
                message: format!(
                    "the key {key} stays without its time event, because the node {from}, from which it has come, does not answer: \
                     let a script make it again"
                ),
                lasts: Lasts::UntilAnswered,
            })?,
            Some(Answer::Nothing) => {
                return Err(for_good(format!(
                    "the key {key} stays without its time event, because it was copied from the node {from}, or has come from there \
                     long ago: let a script make it again"
                )));
            }
        };
        if !timer_key::holds(context, DATABASE, &ticket.key, self) {
            return Err(for_good(format!(
                "the key {key} has come from the node {from} and was renamed before its time event was here: it stays without it, let a \
                 script make it again"
            )));
        }
        // Replicas and the AOF have the ticket.
        replicate_key(context, timer_key::COMMAND, DATABASE, &ticket.key, &bytes);
        let _ = self.bytes.set(bytes);
        Ok(())
    }

    /// Loads the function and begins to run it.
    fn load(&self, context: &Context, holder: Holder) -> Result<(), LoadFailure> {
        let stored = Stored::decode(self.bytes()).map_err(damaged)?;
        let session = stored.session.as_str();
        let info = registry().read(context, |registry| {
            Some(Arc::clone(&registry.session(session)?.info))
        });
        // The packages that the function refers to are those of its session.
        let function = scope::with(Scope::given_session, info.clone(), || {
            unpickle(&stored.function, holder)
        });
        let function = function.map_err(|why| LoadFailure {
            lasts: if why.starts_with("ModuleNotFoundError") {
                Lasts::UntilInstalled
            } else {
                Lasts::ForGood
            },
            message: format!(
                "a time event of session {session} does not run, its key stays without it: {why}"
            ),
        })?;
        let user = stored.user.map(|name| User::named(&name));
        let timer = NewTimer {
            function,
            interval: stored.interval,
            place: self.slot.map_or(Place::EachShard, Place::Slot),
        };
        self.run(context, TimeEvent::new(timer, info, user));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::moved_timers::Ticket;
    use super::*;
    use crate::redis::locked;
    use crate::testing::with_python;

    fn timer(bytes: Vec<u8>) -> Arc<KeyedTimer> {
        Arc::new(KeyedTimer::new(bytes, Some(b"key")))
    }

    fn failure(timer: &KeyedTimer) -> LoadFailure {
        with_python(|_| ());
        locked(|context| timer.load(context, Holder::Call))
            .err()
            .unwrap()
    }

    #[test]
    fn a_key_with_damaged_bytes_stays_without_its_function() {
        let failure = failure(&timer(b"\x01\0".to_vec()));
        assert_eq!(failure.lasts, Lasts::ForGood);
        let start = "a key with a time event stays without it: ";
        assert!(failure.message.starts_with(start), "{}", failure.message);
    }

    #[test]
    fn a_function_that_cannot_be_read_does_not_run() {
        let failure = failure(&timer(Stored::sample().encode()));
        assert_eq!(failure.lasts, Lasts::ForGood);
        let start = "a time event of session app does not run, its key stays without it: ";
        assert!(failure.message.starts_with(start), "{}", failure.message);
    }

    #[test]
    fn keys_wait_for_answers_and_hopeless_ones_do_not() {
        with_python(|_| ());
        let come: Vec<_> = (0..100).map(|_| timer(Ticket::sample().write())).collect();
        let hopeless = timer(Vec::new());
        let len = |context: &Context| WAITING.read(context, List::len);
        locked(|context| {
            start_later(context, &timer(Vec::new()));
            start_later(context, &hopeless);
            start_all(context);
            assert_eq!(len(context), 0, "one is gone, and one is hopeless");
            for one in &come {
                start_later(context, one);
                start_all(context);
            }
            assert_eq!(len(context), come.len());
            answered(context, &Ticket::sample().number, None);
            start_all(context);
            assert_eq!(len(context), 0, "there is nothing for them");
        });
    }
}
