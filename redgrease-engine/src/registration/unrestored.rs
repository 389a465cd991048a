//! Stored sessions that cannot be restored yet: a package is missing, or the script fails.
//!
//! Such a session has no registrations that could run. It stays in what is saved and what replicas get, exactly as it was
//! stored, until an attempt to restore it succeeds or a client replaces it.

use super::reserved::Name;
use super::stored::{StoredSession, dynamic};
use crate::id::Id;
use crate::scope::SessionId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// The pause after the first attempt. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// A script takes the interpreter from others. The pause is this many times the duration of the last attempt, or longer.
const PAUSE_PER_RUN: u32 = 20;

/// A session that cannot be restored yet.
#[derive(Debug)]
pub(crate) struct Unrestored {
    pub(crate) stored: StoredSession,
    /// The reason, for the errors of triggers and for listings.
    pub(crate) why: String,
    attempt: Attempt,
    is_tried: bool,
    /// The registrations that have names, by these names.
    names: HashMap<Name, Id>,
}

impl Unrestored {
    fn new(stored: StoredSession, why: &str, attempt: Attempt) -> Unrestored {
        let of_gears = stored.dynamic.iter();
        let of_gears = of_gears.filter_map(|(id, bytes)| Some((dynamic::name(bytes)?, *id)));
        let of_script = stored.names.iter().flatten();
        let of_script = of_script.map(|(id, name)| (name.clone(), *id));
        Unrestored {
            names: of_script.chain(of_gears).collect(),
            stored,
            why: why.to_owned(),
            attempt,
            is_tried: false,
        }
    }

    /// The registration that has the name.
    pub(super) fn holder(&self, name: &Name) -> Option<Id> {
        self.names.get(name).copied()
    }

    /// `true` if the names of all registrations are known.
    pub(crate) fn knows_its_names(&self) -> bool {
        self.stored.names.is_some()
    }

    /// `true` if the trigger occurs in the script: the best guess while the names are not known.
    pub(crate) fn mentions(&self, trigger: &[u8]) -> bool {
        contains(&self.stored.script, trigger)
    }
}

/// An attempt to restore a session. An attempt that was overtaken, because the session was replaced or tried again, has no
/// effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    session: u64,
    number: u32,
}

/// All sessions of this server that cannot be restored yet, by id.
#[derive(Debug, Default)]
pub(crate) struct UnrestoredSessions {
    sessions: BTreeMap<SessionId, Unrestored>,
    kept: u64,
}

impl UnrestoredSessions {
    /// Keeps a session, in place of another one with the same id. Returns its first attempt.
    pub(crate) fn keep(&mut self, mut stored: StoredSession, why: &str) -> Attempt {
        self.kept += 1;
        let attempt = Attempt {
            session: self.kept,
            number: 0,
        };
        // The session that it has replaced is gone. A later session with that id is another one.
        stored.replaces = None;
        let id = stored.id.clone();
        let unrestored = Unrestored::new(stored, why, attempt);
        self.sessions.insert(id, unrestored);
        attempt
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Unrestored> {
        self.sessions.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Unrestored> {
        self.sessions.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// The attempts that can begin now: those of all sessions that wait for their next one.
    pub(crate) fn waiting(&self) -> Vec<(SessionId, Attempt)> {
        let waiting = self.sessions.values().filter(|one| !one.is_tried);
        waiting
            .map(|one| (one.stored.id.clone(), one.attempt))
            .collect()
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Unrestored> {
        self.sessions.remove(id)
    }

    pub(crate) fn clear(&mut self) {
        self.sessions.clear();
    }

    /// Begins an attempt. `None` if it was overtaken, or has begun.
    pub(crate) fn begin(&mut self, id: &str, attempt: Attempt) -> Option<&StoredSession> {
        let session = self.sessions.get_mut(id)?;
        if session.attempt != attempt || session.is_tried {
            return None;
        }
        session.is_tried = true;
        Some(&session.stored)
    }

    /// The session as it is now, for an attempt that has begun. `None` if the attempt was overtaken.
    pub(crate) fn tried(&self, id: &str, attempt: Attempt) -> Option<&StoredSession> {
        let session = self.sessions.get(id)?;
        (session.attempt == attempt).then_some(&session.stored)
    }

    /// Notes that an attempt has failed. Returns the next one and the pause before it; `None` if the attempt was overtaken.
    pub(crate) fn failed(
        &mut self,
        id: &str,
        attempt: Attempt,
        why: &str,
        took: Duration,
    ) -> Option<(Attempt, Duration)> {
        let session = self.sessions.get_mut(id)?;
        if session.attempt != attempt {
            return None;
        }
        why.clone_into(&mut session.why);
        session.is_tried = false;
        session.attempt.number = attempt.number.saturating_add(1);
        let doubled = FIRST_PAUSE.saturating_mul(1 << attempt.number.min(16));
        let pause = doubled
            .min(LONGEST_PAUSE)
            .max(took.saturating_mul(PAUSE_PER_RUN));
        Some((session.attempt, pause))
    }

    /// The session that has a registration.
    pub(crate) fn with(&self, id: Id) -> Option<&StoredSession> {
        let mut all = self.sessions.values().map(|one| &one.stored);
        all.find(|stored| stored.registrations.contains(&id))
    }

    /// Takes a registration out of its session. Returns the id of the session, and whether registrations are left; `None` if no
    /// session has the registration.
    pub(crate) fn remove_registration(&mut self, id: Id) -> Option<(SessionId, bool)> {
        let session = self
            .sessions
            .values_mut()
            .find(|one| one.stored.registrations.contains(&id))?;
        let stored = &mut session.stored;
        stored.registrations.retain(|&one| one != id);
        stored.dynamic.retain(|(one, _)| *one != id);
        if let Some(names) = &mut stored.names {
            names.retain(|(one, _)| *one != id);
        }
        session.names.retain(|_, one| *one != id);
        Some((stored.id.clone(), !stored.registrations.is_empty()))
    }

    /// Adds a registration that a running gear made. Returns `false` if there is no such session.
    pub(crate) fn add_registration(&mut self, session: &str, id: Id, bytes: Arc<[u8]>) -> bool {
        let Some(session) = self.sessions.get_mut(session) else {
            return false;
        };
        let stored = &mut session.stored;
        if !stored.registrations.contains(&id) {
            stored.registrations.push(id);
            session
                .names
                .extend(dynamic::name(&bytes).map(|name| (name, id)));
            stored.dynamic.push((id, bytes));
        }
        true
    }
}

/// `true` if the bytes contain the word.
fn contains(bytes: &[u8], word: &[u8]) -> bool {
    !word.is_empty() && bytes.windows(word.len()).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(id: &str, registrations: &[u64]) -> StoredSession {
        StoredSession {
            id: id.to_owned(),
            registrations: registrations.iter().copied().map(Id::of).collect(),
            script: b"register(trigger='hello')".to_vec(),
            replaces: Some("old".to_owned()),
            ..StoredSession::default()
        }
    }

    fn failed(all: &mut UnrestoredSessions, attempt: Attempt) -> (Attempt, Duration) {
        assert!(all.begin("app", attempt).is_some());
        all.failed("app", attempt, "no index", Duration::ZERO)
            .unwrap()
    }

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let mut all = UnrestoredSessions::default();
        let mut attempt = all.keep(stored("app", &[1]), "not yet");
        let mut pauses = Vec::new();
        for _ in 0..40 {
            let (next, pause) = failed(&mut all, attempt);
            attempt = next;
            pauses.push(pause.as_secs());
        }
        assert_eq!(pauses[..4], [1, 2, 4, 8]);
        assert_eq!(pauses[39], LONGEST_PAUSE.as_secs());
        assert_eq!(all.get("app").unwrap().why, "no index");
    }

    #[test]
    fn a_slow_script_is_tried_more_rarely() {
        let mut all = UnrestoredSessions::default();
        let attempt = all.keep(stored("app", &[1]), "not yet");
        all.begin("app", attempt).unwrap();
        let took = Duration::from_secs(30);
        let (_, pause) = all.failed("app", attempt, "too long", took).unwrap();
        assert_eq!(pause, took * PAUSE_PER_RUN);
    }

    #[test]
    fn an_attempt_that_was_overtaken_has_no_effect() {
        let mut all = UnrestoredSessions::default();
        let first = all.keep(stored("app", &[1]), "first");
        assert!(all.begin("app", first).is_some());
        assert!(all.begin("app", first).is_none(), "it has begun");
        assert!(all.waiting().is_empty());
        let second = all.keep(stored("app", &[2]), "second");
        assert!(all.tried("app", first).is_none());
        assert!(all.failed("app", first, "late", Duration::ZERO).is_none());
        assert_eq!(all.get("app").unwrap().why, "second");
        let (third, _) = failed(&mut all, second);
        assert!(all.begin("app", second).is_none());
        assert_eq!(all.waiting(), [("app".to_owned(), third)]);
    }

    #[test]
    fn registrations_come_and_go() {
        let mut all = UnrestoredSessions::default();
        all.keep(stored("app", &[1, 2]), "not yet");
        assert!(all.add_registration("app", Id::of(3), b"x".as_slice().into()));
        assert!(!all.add_registration("other", Id::of(4), b"x".as_slice().into()));
        assert_eq!(all.remove_registration(Id::of(9)), None);
        assert_eq!(
            all.remove_registration(Id::of(3)),
            Some(("app".to_owned(), true))
        );
        assert!(all.get("app").unwrap().stored.dynamic.is_empty());
        assert_eq!(
            all.remove_registration(Id::of(1)),
            Some(("app".to_owned(), true))
        );
        assert_eq!(
            all.remove_registration(Id::of(2)),
            Some(("app".to_owned(), false))
        );
    }

    #[test]
    fn names_go_with_their_registrations() {
        let trigger = Name::Trigger(b"hello".to_vec());
        let hook = Name::Hook("get".to_owned());
        let mut all = UnrestoredSessions::default();
        let session = StoredSession {
            names: Some(vec![
                (Id::of(1), trigger.clone()),
                (Id::of(2), hook.clone()),
            ]),
            ..stored("app", &[1, 2, 3])
        };
        all.keep(session, "not yet");
        let session = all.get("app").unwrap();
        assert!(session.knows_its_names());
        assert_eq!(session.holder(&trigger), Some(Id::of(1)));
        assert_eq!(session.holder(&hook), Some(Id::of(2)));
        assert_eq!(session.holder(&Name::Trigger(b"hell".to_vec())), None);
        all.remove_registration(Id::of(1)).unwrap();
        let session = all.get("app").unwrap();
        assert_eq!(session.holder(&trigger), None);
        assert_eq!(session.stored.names, Some(vec![(Id::of(2), hook)]));
    }

    #[test]
    fn triggers_of_older_engines_are_looked_for_in_the_script() {
        let mut all = UnrestoredSessions::default();
        all.keep(stored("app", &[1]), "not yet");
        let session = all.get("app").unwrap();
        assert!(!session.knows_its_names());
        assert!(session.mentions(b"hello"));
        assert!(!session.mentions(b"other"));
        assert!(!session.mentions(b""));
        assert_eq!(session.stored.replaces, None);
    }
}
