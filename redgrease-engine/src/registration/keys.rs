//! Registrations that wait for key events.

use super::cause::Triggered;
use super::moved_timers;
use super::watched::WatchedCommand;
use super::{Event, Registration, matches_prefix, registry};
use crate::distribution::{Reads, on_all_shards};
use crate::execution::{self, Execution, launch};
use crate::plan::{KeyEvent, Mode, Source};
use crate::redis::{self, Context, KeyType, User, after_command, quietly};
use crate::scope::{self, Scope, WithheldReply};
use std::sync::Arc;

/// The error of a handler that had no time to run before its server became a replica.
const BECAME_REPLICA: &str = "ERR this server became a replica before the handler of the key event ran: its master handles events";

/// The key events that a registration waits for.
#[derive(Debug)]
pub(crate) struct KeysFilter {
    /// The name of a key, or with `*` at its end the beginning of names.
    pub(crate) prefix: Vec<u8>,
    /// The names of events, compared without regard to case. `None` is any event.
    pub(crate) events: Option<Vec<String>>,
    /// The types that the key may have after the event. `None` is any type.
    pub(crate) types: Option<Vec<KeyType>>,
    pub(crate) read_value: bool,
    /// The commands that may cause the event. Their reply waits for the handler.
    pub(crate) commands: Option<Vec<WatchedCommand>>,
}

impl KeysFilter {
    fn matches(&self, event: &str, key: &[u8]) -> bool {
        let named = |events: &Vec<String>| events.iter().any(|one| one.eq_ignore_ascii_case(event));
        matches_prefix(&self.prefix, key) && self.events.as_ref().is_none_or(named)
    }
}

/// Starts the handlers of an event that happened to a key.
pub(crate) fn on_event(context: &Context, event: &str, key: &[u8]) {
    moved_timers::follow_key(context, event, key);
    let matching: Vec<Arc<Registration>> = registry().read(context, |registry| {
        let matches = |one: &&Arc<Registration>| match &one.event {
            Event::Keys(filter) => filter.matches(event, key),
            _ => false,
        };
        let covering = registry.key_registrations().covering(key).into_iter();
        covering.filter(matches).cloned().collect()
    });
    if matching.is_empty() || !context.may_handle_events() {
        return;
    }
    // The key is the same, at another shard.
    if redis::is_move(context, event, key) {
        return;
    }
    let withheld = scope::look(Scope::withheld, Clone::clone);
    let mut key_type = None;
    for registration in matching {
        let Event::Keys(filter) = &registration.event else {
            continue;
        };
        let reply = match &filter.commands {
            None => None,
            Some(commands) => {
                let caused = |reply: &&Arc<WithheldReply>| is_caused_by(commands, reply);
                let Some(reply) = withheld.as_ref().filter(caused) else {
                    continue;
                };
                Some(reply)
            }
        };
        if let Some(types) = &filter.types {
            let key_type =
                *key_type.get_or_insert_with(|| quietly(|| redis::key_type(context, key)));
            if !types.contains(&key_type) {
                continue;
            }
        }
        // The user is always named: the context of an event belongs to no user.
        let user = User::or_default(registration.user.clone());
        let mut cause = Triggered::new(&registration, Some(user));
        if let Some(reply) = reply {
            cause = cause.withholding(reply);
        }
        let happened = KeyEvent {
            event: event.to_owned(),
            key: key.to_vec(),
            read_value: filter.read_value,
        };
        start(context, &registration, happened, cause);
    }
}

/// `true` if the command whose reply is withheld is one of `commands`.
fn is_caused_by(commands: &[WatchedCommand], reply: &WithheldReply) -> bool {
    let Some(name) = reply.words().first() else {
        return false;
    };
    commands.iter().any(|command| command.is(name))
}

fn start(context: &Context, registration: &Registration, happened: KeyEvent, cause: Triggered) {
    registration.stats.record_trigger(context);
    let plan = Arc::clone(&registration.plan);
    let mode = registration.mode;
    let execution = move || {
        let (id, source) = (execution::ids().next(), Source::Key(happened));
        let execution = Execution::new(id, plan, source, Arc::new(cause));
        if mode == Mode::Async {
            on_all_shards(&execution, Reads::Here);
        }
        execution
    };
    match registration.mode {
        // A script of the server may cause very many events before the first handler runs: their executions are not made yet.
        Mode::Sync => {
            let job = move |context: &Context| {
                if context.may_handle_events() {
                    // The event may have happened inside a gear. Its handler has nothing to do with that gear.
                    scope::apart(|| execution().run_here());
                } else {
                    execution().refuse(BECAME_REPLICA);
                }
            };
            after_command(context, Box::new(job));
        }
        // No client waits for the event itself: a refusal stands in the statistics.
        Mode::Async | Mode::AsyncLocal => drop(launch(execution())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::locked;
    use crate::registration::Session;
    use crate::registration::testing::{keys_filter, registration, session, unique};

    #[test]
    fn a_star_at_the_end_is_the_beginning_of_names() {
        let matches = |prefix, key: &str| keys_filter(prefix).matches("set", key.as_bytes());
        assert!(matches("*", "anything"));
        assert!(matches("k:*", "k:1") && matches("k:*", "k:"));
        assert!(!matches("k:*", "k"));
        assert!(matches("k:1", "k:1"));
        assert!(!matches("k:1", "k:12") && !matches("k:1", "K:1"));
        assert!(matches("k*1", "k*1") && !matches("k*1", "k21"));
        assert!(matches("", "") && !matches("", "k"));
    }

    #[test]
    fn events_are_compared_without_case() {
        let mut filter = keys_filter("*");
        assert!(filter.matches("anything", b"k"));
        filter.events = Some(vec!["Set".to_owned(), "del".to_owned()]);
        assert!(filter.matches("set", b"k") && filter.matches("DEL", b"k"));
        assert!(!filter.matches("sets", b"k") && !filter.matches("expired", b"k"));
        filter.events = Some(Vec::new());
        assert!(!filter.matches("set", b"k"));
    }

    #[test]
    fn the_cause_of_an_event_is_a_command_by_its_name() {
        let commands = [
            WatchedCommand::for_test("set"),
            WatchedCommand::for_test("hset"),
        ];
        let caused = |words: &[&[u8]]| {
            let words = words.iter().map(|word| word.to_vec()).collect();
            is_caused_by(&commands, &WithheldReply::new(words))
        };
        assert!(caused(&[b"HSET", b"k"]));
        assert!(!caused(&[b"get", b"set"]));
        assert!(!caused(&[]));
    }

    #[test]
    fn a_registration_with_commands_waits_for_those_alone() {
        let prefix = unique("watched");
        let info = session(&prefix);
        let mut filter = keys_filter(&prefix);
        filter.commands = Some(vec![WatchedCommand::for_test("set")]);
        let made = registration(&info, Event::Keys(filter), Mode::Async);
        locked(|context| {
            registry().write(context, |registry| {
                registry.insert(Session::new(&info), vec![Arc::clone(&made)], None)
            });
            // The server itself changed the key, or another command did.
            on_event(context, "expired", prefix.as_bytes());
            let other = Arc::new(WithheldReply::new(vec![b"get".to_vec()]));
            scope::with(Scope::withheld, Some(other), || {
                on_event(context, "set", prefix.as_bytes());
            });
            registry().write(context, |registry| registry.remove(made.id));
        });
        assert_eq!(made.stats.snapshot().triggered, 0);
    }
}
