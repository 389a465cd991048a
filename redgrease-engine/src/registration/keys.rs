//! Registrations that wait for key events.

use super::held::{self, HeldCommand};
use super::{Event, Registration, matches_prefix};
use crate::execution::{Execution, queue_is_full};
use crate::plan::{KeyEvent, Mode, Source};
use crate::redis::{self, Context, KeyType, User, when_writing_is_allowed};
use std::cell::Cell;
use std::sync::Arc;

/// Which key events a registration waits for.
#[derive(Debug)]
pub(crate) struct KeysFilter {
    /// The name of a key, or with `*` at its end how names begin.
    pub(crate) prefix: Vec<u8>,
    /// `None` is any. Compared without regard to case.
    pub(crate) events: Option<Vec<String>>,
    pub(crate) types: Option<Vec<KeyType>>,
    pub(crate) read_value: bool,
    /// Only events that these commands cause, whose reply then waits.
    pub(crate) commands: Option<Vec<HeldCommand>>,
}

impl KeysFilter {
    fn matches_event(&self, event: &str) -> bool {
        self.events
            .as_ref()
            .is_none_or(|events| events.iter().any(|one| one.eq_ignore_ascii_case(event)))
    }
}

thread_local! {
    /// What this thread does causes no events: see `unheard`.
    static UNHEARD: Cell<bool> = const { Cell::new(false) };
}

/// An event happened to a key.
pub(crate) fn happened(context: &Context, event: &str, key: &[u8]) {
    if UNHEARD.get() {
        return;
    }
    let engine = crate::engine();
    let waiting: Vec<Arc<Registration>> = engine.registry.read(context, |registry| {
        registry
            .key_registrations()
            .iter()
            .filter(|registration| match &registration.event {
                Event::Keys(filter) => {
                    matches_prefix(&filter.prefix, key) && filter.matches_event(event)
                }
                _ => false,
            })
            .cloned()
            .collect()
    });
    if waiting.is_empty() || !context.may_handle_events() {
        return;
    }
    let held = held::current();
    let mut kind = None;
    for registration in waiting {
        let Event::Keys(filter) = &registration.event else {
            continue;
        };
        if let Some(commands) = &filter.commands
            && !held.as_ref().is_some_and(|held| held.is_among(commands))
        {
            continue;
        }
        if let Some(types) = &filter.types {
            let kind = *kind.get_or_insert_with(|| unheard(|| redis::key_type(context, key)));
            if !types.contains(&kind) {
                continue;
            }
        }
        registration.stats.record_trigger(context);
        let source = Source::Key(KeyEvent {
            event: event.to_owned(),
            key: key.to_vec(),
            read_value: filter.read_value,
        });
        let execution = Execution::new(
            engine.execution_ids.next(),
            Arc::clone(&registration.plan),
            source,
            Some(Arc::clone(&registration)),
            // The context of an event belongs to no user: whose rights count is always said.
            Some(User::or_default(registration.user.clone())),
        );
        if let (Some(held), Some(_)) = (&held, &filter.commands) {
            execution.hold(held);
        }
        match registration.mode {
            Mode::Sync => when_writing_is_allowed(context, Box::new(move |_| handle(&execution))),
            Mode::Async | Mode::AsyncLocal => {
                engine.executions.insert(Arc::clone(&execution), usize::MAX);
                let limit = engine.config.queue_size();
                if engine.pool.submit(Arc::clone(&execution), limit).is_err() {
                    engine.executions.remove(execution.id);
                    execution.lose(&queue_is_full(limit));
                }
            }
        }
    }
}

/// Runs a sync handler on this thread.
fn handle(execution: &Arc<Execution>) {
    crate::engine()
        .executions
        .insert(Arc::clone(execution), usize::MAX);
    unheard(|| execution.run_here());
}

/// What `body` does on this thread causes no events: the writes of a sync handler, and looking a
/// key up to make its record.
pub(crate) fn unheard<R>(body: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            UNHEARD.set(self.0);
        }
    }
    let _restore = Restore(UNHEARD.replace(true));
    body()
}
