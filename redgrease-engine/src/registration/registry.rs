//! All sessions and registrations of this server. The server's lock guards them.

use super::by_name::ByName;
use super::hook_stack::HookStack;
use super::ledger::Ledger;
use super::reserved::Taken;
use super::session::UnrestoredGear;
use super::timers::TimeEvent;
use super::unrestored::UnrestoredSessions;
use super::watchers::Watchers;
use super::{Event, Name, Registration, Session};
use crate::id::Id;
use crate::order::Ordered;
use crate::plan::Mode;
use crate::redis::Guarded;
use crate::scope::{SessionId, SessionInfo};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Weak};

/// The registry of this server.
pub(crate) fn registry() -> &'static Guarded<Registry> {
    static REGISTRY: LazyLock<Guarded<Registry>> = LazyLock::new(Guarded::default);
    &REGISTRY
}

#[derive(Debug, Default)]
pub(crate) struct Registry {
    sessions: BTreeMap<SessionId, Session>,
    /// The stored sessions that cannot be restored yet.
    pub(crate) unrestored: UnrestoredSessions,
    /// The last changes of the sessions, if this server is a node of a cluster.
    pub(crate) ledger: Ledger,
    /// Sessions that were replaced or removed. Their executions may still run.
    gone: Vec<Weak<SessionInfo>>,
    registrations: Ordered<[u8; 49], Entry>,
    /// On the hot path of every call. A hash that does not resist attacks is fine: only users that may register code choose
    /// these names.
    triggers: FxHashMap<Vec<u8>, Arc<Registration>>,
    /// The registrations that wait for key events, oldest first.
    keys: ByName,
    /// Those of them that name commands.
    watchers: Watchers,
    /// The registrations that wait for messages of streams, oldest first.
    streams: ByName,
    /// The hooks of each command (in lower case).
    hooks: HashMap<String, HookStack>,
}

#[derive(Debug)]
struct Entry {
    registration: Arc<Registration>,
    session: SessionId,
}

impl Registry {
    /// The registration that a trigger belongs to.
    pub(crate) fn by_trigger(&self, trigger: &[u8]) -> Option<&Arc<Registration>> {
        self.triggers.get(trigger)
    }

    /// The trigger that has this name in another case.
    pub(crate) fn by_trigger_of_another_case(&self, trigger: &[u8]) -> Option<&[u8]> {
        let names = self.triggers.keys().map(Vec::as_slice);
        names
            .filter(|name| name.eq_ignore_ascii_case(trigger))
            .min()
    }

    /// The registrations that wait for key events, oldest first.
    pub(crate) fn key_registrations(&self) -> &ByName {
        &self.keys
    }

    /// The registrations that wait for messages of streams, oldest first.
    pub(crate) fn stream_registrations(&self) -> &ByName {
        &self.streams
    }

    /// The registrations that wait for key events of named commands.
    pub(crate) fn watchers(&self) -> &Watchers {
        &self.watchers
    }

    /// The hooks of a command. `None` if the command has no hook.
    pub(crate) fn hooks(&self, command: &[u8]) -> Option<&HookStack> {
        if self.hooks.is_empty() {
            return None;
        }
        let name = std::str::from_utf8(command).ok()?.to_ascii_lowercase();
        self.hooks.get(&name)
    }

    /// The session whose registration has the name and can run.
    pub(crate) fn session_of_name(&self, name: &Name) -> Option<&str> {
        let holder = match name {
            Name::Trigger(trigger) => self.by_trigger(trigger)?,
            Name::Hook(command) => {
                let mut hooks = self.hooks.get(command)?.all().iter();
                hooks.find(|one| one.mode != Mode::Sync)?
            }
        };
        self.session_of(holder.id)
    }

    /// The id of the session that a registration belongs to.
    pub(crate) fn session_of(&self, id: Id) -> Option<&str> {
        self.entry(id).map(|entry| entry.session.as_str())
    }

    /// Checks that no registration which can run has the trigger. Those of the session `replaced` do not count.
    pub(crate) fn check_trigger(
        &self,
        trigger: &[u8],
        replaced: Option<&str>,
    ) -> Result<(), Taken> {
        match self.triggers.get(trigger) {
            None => Ok(()),
            Some(owner) => {
                let session = self.entry(owner.id).map(|entry| entry.session.as_str());
                if session.is_some() && session == replaced {
                    Ok(())
                } else {
                    Err(Taken::ByRegistration)
                }
            }
        }
    }

    fn entry(&self, id: Id) -> Option<&Entry> {
        self.registrations.peek(&id.key())
    }

    /// The session with this id, if it is still in use.
    pub(crate) fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id).filter(|session| session.is_alive())
    }

    /// `true` if a session has this id: one in use, or one that cannot be restored yet.
    pub(crate) fn has_session(&self, id: &str) -> bool {
        self.session(id).is_some() || self.unrestored.get(id).is_some()
    }

    /// The description of a session, also of one that cannot be restored yet. Empty if it has none.
    pub(crate) fn description(&self, id: &str) -> &str {
        let description = match self.session(id) {
            Some(session) => &session.info.description,
            None => match self.unrestored.get(id) {
                Some(unrestored) => &unrestored.stored.description,
                None => &None,
            },
        };
        description.as_deref().unwrap_or_default()
    }

    /// The sessions in use, sorted by id.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values().filter(|session| session.is_alive())
    }

    /// Sessions that were replaced or removed and whose executions or threads still run.
    pub(crate) fn dead_sessions(&self) -> Vec<Arc<SessionInfo>> {
        self.gone.iter().filter_map(Weak::upgrade).collect()
    }

    /// Adds the session of a running script. It stays while the script runs, also if the script registers nothing. A session
    /// with the same id that is in use stays instead.
    pub(crate) fn insert_running(&mut self, session: Session) {
        self.sessions.retain(|_, other| other.is_alive());
        self.sessions
            .entry(session.info.id.clone())
            .or_insert(session);
    }

    /// All registrations, in the same order as [`Registry::registrations`].
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Arc<Registration>> {
        self.registrations
            .iter()
            .map(|(_, entry)| &entry.registration)
    }

    /// The session that a registration belongs to.
    pub(crate) fn session_with(&self, registration: Id) -> Option<&Session> {
        self.sessions.get(&self.entry(registration)?.session)
    }

    /// All registrations, each with its session, in the order in which clients of RedisGears see them.
    pub(crate) fn registrations(&self) -> impl Iterator<Item = (&Arc<Registration>, &Session)> {
        self.registrations.iter().filter_map(|(_, entry)| {
            self.sessions
                .get(&entry.session)
                .map(|session| (&entry.registration, session))
        })
    }

    pub(crate) fn registration(&self, id: Id) -> Option<&Arc<Registration>> {
        self.entry(id).map(|entry| &entry.registration)
    }

    /// Adds a session with its registrations, in place of the session `replaced`. Returns the registrations that were
    /// removed.
    pub(crate) fn insert(
        &mut self,
        mut session: Session,
        registrations: Vec<Arc<Registration>>,
        replaced: Option<&str>,
    ) -> Vec<Arc<Registration>> {
        let old = replaced
            .map(|id| self.remove_session(id))
            .unwrap_or_default();
        session.registrations = registrations.iter().map(|one| one.id).collect();
        let id = session.info.id.clone();
        for id in replaced.into_iter().chain([id.as_str()]) {
            self.unrestored.remove(id);
        }
        if let Some(other) = self.sessions.insert(id.clone(), session) {
            self.remember_gone(&other);
        }
        for registration in registrations {
            self.index(&id, registration);
        }
        old
    }

    /// Gives a time event to a session. The event stops when the session is removed.
    pub(crate) fn own_timer(&mut self, session: &str, timer: Arc<TimeEvent>) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.timers.push(timer);
        }
    }

    /// Adds a registration to an existing session. Does nothing if there is no such session.
    pub(crate) fn add(&mut self, session: &str, registration: Arc<Registration>) {
        if let Some(owner) = self.sessions.get_mut(session) {
            owner.registrations.push(registration.id);
            self.index(session, registration);
        }
    }

    /// Enters a registration into the indexes.
    fn index(&mut self, session: &str, registration: Arc<Registration>) {
        match &registration.event {
            Event::Command { trigger, .. } => {
                self.triggers
                    .insert(trigger.clone(), Arc::clone(&registration));
            }
            Event::Hook(hook) => {
                let stack = self.hooks.entry(hook.command.clone()).or_default();
                stack.add(&registration);
            }
            Event::Keys(filter) => {
                self.keys.add(&filter.prefix, &registration);
                self.watchers.add(filter, &registration);
            }
            Event::Streams(filter) => self.streams.add(&filter.prefix, &registration),
        }
        let key = registration.id.key();
        self.registrations.add(
            key,
            Entry {
                registration,
                session: session.to_owned(),
            },
        );
    }

    /// Removes a session and stops its time events. Returns its registrations, which are removed as well.
    pub(crate) fn remove_session(&mut self, id: &str) -> Vec<Arc<Registration>> {
        let Some(session) = self.sessions.remove(id) else {
            return Vec::new();
        };
        self.remember_gone(&session);
        session.timers.iter().for_each(|timer| timer.stop());
        let newest_first = session.registrations.iter().rev();
        let mut removed: Vec<Arc<Registration>> =
            newest_first.filter_map(|&one| self.unindex(one)).collect();
        removed.reverse();
        removed
    }

    /// Removes one registration. A session without registrations and time events is removed as well.
    pub(crate) fn remove(&mut self, id: Id) -> Option<Arc<Registration>> {
        let session = self.entry(id)?.session.clone();
        let removed = self.unindex(id)?;
        if let Some(owner) = self.sessions.get_mut(&session) {
            owner.forget(id);
            if !owner.lasts() {
                self.remove_session(&session);
            }
        }
        Some(removed)
    }

    /// Keeps a registration of a running gear that cannot be restored, so that it stays in what is saved.
    pub(crate) fn keep_unrestored(&mut self, session: &str, id: Id, bytes: Arc<[u8]>) {
        if let Some(owner) = self.sessions.get_mut(session) {
            owner.unrestored.push(UnrestoredGear::new(id, bytes));
        }
    }

    /// Takes the registrations of running gears that could not be restored from their sessions, to try them again.
    pub(crate) fn take_unrestored(&mut self) -> Vec<(Arc<SessionInfo>, Vec<UnrestoredGear>)> {
        let sessions = self.sessions.values_mut();
        sessions
            .filter(|session| !session.unrestored.is_empty())
            .map(|session| {
                let taken = std::mem::take(&mut session.unrestored);
                (Arc::clone(&session.info), taken)
            })
            .collect()
    }

    /// Removes a registration that is not restored. Returns `false` if no session has it. `with_session` says that a session
    /// which is not restored goes with its last registration; a master knows better whether it has time events.
    pub(crate) fn remove_unrestored(&mut self, id: Id, with_session: bool) -> bool {
        if let Some((session, has_more)) = self.unrestored.remove_registration(id) {
            if !has_more && with_session {
                self.unrestored.remove(&session);
            }
            return true;
        }
        let owns = |session: &&mut Session| session.unrestored.iter().any(|one| one.id == id);
        let Some(owner) = self.sessions.values_mut().find(owns) else {
            return false;
        };
        owner.unrestored.retain(|one| one.id != id);
        if !owner.lasts() {
            let session = owner.info.id.clone();
            self.remove_session(&session);
        }
        true
    }

    /// The session of a registration, also of one that is not restored, and whether it ends with the registration.
    pub(crate) fn owner(&self, id: Id) -> Option<(SessionId, bool)> {
        if let Some(session) = self.session_with(id) {
            return Some((session.info.id.clone(), session.ends_with(id)));
        }
        if let Some(kept) = self.unrestored.with(id) {
            return Some((kept.id.clone(), kept.registrations == [id]));
        }
        let owns = |session: &&Session| session.unrestored.iter().any(|one| one.id == id);
        let session = self.sessions.values().find(owns)?;
        let is_last = session.registrations.is_empty() && !session.has_shared_timers();
        let ends = is_last && session.unrestored.len() == 1;
        Some((session.info.id.clone(), ends))
    }

    fn remember_gone(&mut self, session: &Session) {
        self.gone.retain(|one| one.strong_count() > 0);
        self.gone.push(Arc::downgrade(&session.info));
    }

    /// Takes a registration out of the indexes.
    fn unindex(&mut self, id: Id) -> Option<Arc<Registration>> {
        let entry = self.registrations.remove(&id.key())?;
        match &entry.registration.event {
            Event::Command { trigger, .. } => {
                if self
                    .triggers
                    .get(trigger)
                    .is_some_and(|owner| owner.id == id)
                {
                    self.triggers.remove(trigger);
                }
            }
            Event::Hook(hook) => {
                if let Some(stack) = self.hooks.get_mut(&hook.command) {
                    stack.remove(&entry.registration);
                    if stack.is_empty() {
                        self.hooks.remove(&hook.command);
                    }
                }
            }
            Event::Keys(filter) => {
                self.keys.remove(&filter.prefix, id);
                self.watchers.remove(filter, id);
            }
            Event::Streams(filter) => self.streams.remove(&filter.prefix, id),
        }
        Some(entry.registration)
    }

    /// The requirements of each session.
    pub(crate) fn requirements(&self) -> impl Iterator<Item = &[String]> {
        let restored = self.sessions.values().map(|one| &one.info.requirements);
        let unrestored = self.unrestored.iter().map(|one| &one.stored.requirements);
        restored.chain(unrestored).map(Vec::as_slice)
    }

    /// The number of sessions that need a package. `is_it` recognises the package by a requirement.
    pub(crate) fn requirement_users(&self, is_it: impl Fn(&str) -> bool) -> usize {
        self.requirements()
            .filter(|names| names.iter().any(|name| is_it(name)))
            .count()
    }

    /// The number of registrations of streams that read no messages, because of a failure, a missing right or a client.
    pub(crate) fn stopped_streams(&self) -> usize {
        let registrations = self.stream_registrations().iter();
        registrations
            .filter(|one| matches!(&one.event, Event::Streams(filter) if filter.is_stopped()))
            .count()
    }

    /// The number of registrations.
    pub(crate) fn len(&self) -> usize {
        self.registrations.len()
    }
}
