//! The registrations of key events that name commands, found by a command and its keys.

use super::Registration;
use super::by_name::ByName;
use super::command_info::KeyPositions;
use super::keys::KeysFilter;
use crate::id::Id;
use std::collections::HashMap;
use std::sync::Arc;

/// By the name of the command in lower case: the places of its keys, and the registrations that name it.
#[derive(Debug, Default)]
pub(crate) struct Watchers(HashMap<String, (KeyPositions, ByName)>);

impl Watchers {
    pub(super) fn add(&mut self, filter: &KeysFilter, registration: &Arc<Registration>) {
        for command in filter.commands.iter().flatten() {
            let name = &command.name;
            let (_, registrations) = self
                .0
                .entry(name.clone())
                .or_insert_with(|| (command.keys, ByName::default()));
            registrations.add(&filter.prefix, registration);
        }
    }

    pub(super) fn remove(&mut self, filter: &KeysFilter, id: Id) {
        for command in filter.commands.iter().flatten() {
            let name = &command.name;
            if let Some((_, registrations)) = self.0.get_mut(name) {
                registrations.remove(&filter.prefix, id);
                if registrations.is_empty() {
                    self.0.remove(name);
                }
            }
        }
    }

    /// `true` if a registration names the command and one of its keys.
    pub(super) fn watch<'a>(
        &self,
        name: &[u8],
        words: usize,
        word: impl Fn(usize) -> Option<&'a [u8]>,
    ) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        self.0.get(&name).is_some_and(|(keys, registrations)| {
            keys.any(words, word, |key| registrations.covers(key))
        })
    }
}
