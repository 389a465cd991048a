//! The hooks of one command.

use super::by_name::ByName;
use super::command_info::KeyPositions;
use super::{Event, Registration};
use crate::id::Id;
use std::cell::Cell;
use std::sync::Arc;

/// The hooks of one command, oldest first. Those that name the beginning of keys are found by the keys of a command, so that it does not
/// matter how many of them name other keys.
#[derive(Debug, Default)]
pub(crate) struct HookStack {
    all: Vec<Arc<Registration>>,
    /// The hooks of commands with any keys, oldest first.
    of_any_key: Vec<Arc<Registration>>,
    by_key: ByName,
    /// The places of the keys among the words of the command.
    keys: Option<KeyPositions>,
}

/// The beginning of the keys that a hook names, as a pattern of [`ByName`].
fn pattern(registration: &Registration) -> Option<Vec<u8>> {
    match &registration.event {
        Event::Hook(hook) => hook
            .key_prefix
            .as_ref()
            .map(|prefix| [prefix, b"*".as_slice()].concat()),
        _ => None,
    }
}

fn insert_by_id(list: &mut Vec<Arc<Registration>>, registration: &Arc<Registration>) {
    // After a restart, sessions are restored in another order than that of their registrations.
    let place = list.partition_point(|one| one.id < registration.id);
    list.insert(place, Arc::clone(registration));
}

fn remove_id(list: &mut Vec<Arc<Registration>>, id: Id) {
    if let Ok(place) = list.binary_search_by_key(&id, |one| one.id) {
        list.remove(place);
    }
}

impl HookStack {
    pub(super) fn add(&mut self, registration: &Arc<Registration>) {
        insert_by_id(&mut self.all, registration);
        match pattern(registration) {
            None => insert_by_id(&mut self.of_any_key, registration),
            Some(pattern) => {
                self.by_key.add(&pattern, registration);
                if let Event::Hook(hook) = &registration.event {
                    self.keys = Some(hook.keys);
                }
            }
        }
    }

    pub(super) fn remove(&mut self, registration: &Registration) {
        remove_id(&mut self.all, registration.id);
        match pattern(registration) {
            None => remove_id(&mut self.of_any_key, registration.id),
            Some(pattern) => self.by_key.remove(&pattern, registration.id),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All hooks, oldest first.
    pub(crate) fn all(&self) -> &[Arc<Registration>] {
        &self.all
    }

    /// The newest hook that fits a command of so many words, and is older than `running`.
    pub(crate) fn newest<'a>(
        &self,
        running: Option<Id>,
        words: usize,
        word: impl Fn(usize) -> Option<&'a [u8]>,
    ) -> Option<&Arc<Registration>> {
        let is_older = |one: &Arc<Registration>| running.is_none_or(|id| one.id < id);
        let of_any_key = self.of_any_key.iter().rev().find(|one| is_older(one));
        let newest = Cell::new(of_any_key);
        if let Some(keys) = self.keys {
            keys.any(words, word, |key| {
                for one in self.by_key.covering(key) {
                    if is_older(one) && newest.get().is_none_or(|other| other.id < one.id) {
                        newest.set(Some(one));
                    }
                }
                false
            });
        }
        newest.get()
    }
}
