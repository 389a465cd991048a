//! Registrations that take the place of a Redis command.
//!
//! Hooks of one command are a stack: the newest that fits runs, and `call_next` goes on with the
//! next older one, at last with the command itself. What a hook runs with `execute` does not meet
//! that hook again.

use super::command_info::{CommandInfo, KeyPositions};
use super::{Event, Registration, Registry, held};
use crate::execution::Id;
use crate::plan::Mode;
use crate::redis::{Context, filter};
use std::cell::RefCell;
use std::sync::Arc;

/// Which command a registration takes over.
#[derive(Debug)]
pub(crate) struct Hook {
    /// Lower case.
    pub(crate) command: String,
    /// Only commands with a key that begins like this.
    pub(crate) key_prefix: Option<Vec<u8>>,
    pub(crate) in_order: bool,
    keys: KeyPositions,
}

impl Hook {
    /// A hook of `command`, or why it cannot be one, in the words clients know.
    pub(crate) fn new(
        context: &Context,
        command: &str,
        key_prefix: Option<Vec<u8>>,
        in_order: bool,
    ) -> Result<Hook, String> {
        let command = command.to_ascii_lowercase();
        let Some(info) = CommandInfo::of(context, &command) else {
            return Err("Can not override an unexisting command".to_owned());
        };
        if info.has("noscript") {
            return Err(
                "Can not override a command which are not allowed inside a script".to_owned(),
            );
        }
        if key_prefix.is_some() {
            if info.has("movablekeys") {
                return Err(
                    "Can not override a command with moveable keys by key prefix".to_owned(),
                );
            }
            if info.keys.first <= 0 {
                return Err(
                    "Can not override a command by key prefix with none positive first key"
                        .to_owned(),
                );
            }
        }
        Ok(Hook {
            command,
            key_prefix,
            in_order,
            keys: info.keys,
        })
    }

    fn fits<'a>(&self, words: usize, word: impl Fn(usize) -> Option<&'a [u8]>) -> bool {
        let Some(prefix) = &self.key_prefix else {
            return true;
        };
        self.keys
            .any(words, word, |key| key.starts_with(prefix.as_slice()))
    }
}

thread_local! {
    /// The hooks that run on this thread, innermost last: command and registration.
    static RUNNING: RefCell<Vec<(String, Id)>> = const { RefCell::new(Vec::new()) };
}

/// Whether a command is run by a hook instead.
pub(crate) fn takes_over(context: &Context, words: &filter::Words) -> bool {
    let Some(name) = words.get(0) else {
        return false;
    };
    if name.eq_ignore_ascii_case(filter::TAKEN_OVER.as_bytes()) {
        return false;
    }
    let word = |index: usize| words.get(index);
    find(context, name, words.len(), word).is_some()
        || held::takes_over(context, name, words.len(), word)
}

/// The hook for a command: the newest that fits, older than any that runs on this thread.
pub(crate) fn find<'a>(
    context: &Context,
    name: &[u8],
    words: usize,
    word: impl Fn(usize) -> Option<&'a [u8]>,
) -> Option<Arc<Registration>> {
    let inside = RUNNING.with_borrow(|running| {
        let same = |one: &&(String, Id)| one.0.as_bytes().eq_ignore_ascii_case(name);
        running.iter().rev().find(same).map(|(_, id)| *id)
    });
    crate::engine().registry.read(context, |registry| {
        let stack = registry.hooks(name)?;
        let older = |one: &&Arc<Registration>| inside.is_none_or(|id| one.id < id);
        let fits = |one: &&Arc<Registration>| match &one.event {
            Event::Hook(hook) => hook.fits(words, &word),
            _ => false,
        };
        stack.iter().rev().filter(older).find(fits).cloned()
    })
}

/// Runs `body` as the hook `registration`.
pub(crate) fn inside<R>(registration: &Registration, body: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            RUNNING.with_borrow_mut(Vec::pop);
        }
    }
    let Event::Hook(hook) = &registration.event else {
        return body();
    };
    RUNNING.with_borrow_mut(|running| running.push((hook.command.clone(), registration.id)));
    let _leave = Leave;
    body()
}

/// The command that `call_next` runs on this thread.
pub(crate) fn next_command() -> Option<String> {
    RUNNING.with_borrow(|running| running.last().map(|(command, _)| command.clone()))
}

/// Nothing can be put on top of a hook that does not run at once.
pub(crate) fn check(registry: &Registry, command: &str, replaced: Option<&str>) -> Result<(), ()> {
    let stays =
        |one: &&Arc<Registration>| replaced.is_none() || registry.session_of(one.id) != replaced;
    let blocked = registry
        .hooks(command.as_bytes())
        .is_some_and(|stack| stack.iter().filter(stays).any(|one| one.mode != Mode::Sync));
    if blocked { Err(()) } else { Ok(()) }
}
