//! A session: the registrations and requirements of one script.

use super::Registry;
use super::reserved::Name;
use super::stored::{StoredSession, dynamic};
use super::timers::TimeEvent;
use crate::id::Id;
use crate::requirements::without_credentials;
use crate::scope::SessionInfo;
use std::borrow::Cow;
use std::sync::Arc;

/// A summary lists so many registrations at most. It is in the row of each of them: a list without a limit grows with the square of
/// their number.
const MOST_LISTED: usize = 100;
/// A summary of more registrations lists the first ones, and says how many there are more.
const FIRST_LISTED: usize = 10;

/// The registrations and time events of one script.
///
/// A session is in use while it has registrations or time events, or while an execution or thread holds its [`SessionInfo`].
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) info: Arc<SessionInfo>,
    /// The ids of all registrations that the script made, in order. Some may be unregistered.
    made: Vec<Id>,
    pub(crate) registrations: Vec<Id>,
    pub(crate) timers: Vec<Arc<TimeEvent>>,
    /// The registrations of running gears that are stored and could not be restored.
    pub(crate) unrestored: Vec<UnrestoredGear>,
}

/// How a summary shows the addresses of requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// For users who may send code.
    Whole,
    /// Without passwords and queries.
    Masked,
}

/// A registration that a running gear made, which is stored and could not be restored.
#[derive(Debug)]
pub(crate) struct UnrestoredGear {
    pub(crate) id: Id,
    pub(crate) bytes: Arc<[u8]>,
    /// The name that it keeps. `None` if it has none.
    pub(super) name: Option<Name>,
}

impl UnrestoredGear {
    pub(super) fn new(id: Id, bytes: Arc<[u8]>) -> UnrestoredGear {
        UnrestoredGear {
            id,
            name: dynamic::name(&bytes),
            bytes,
        }
    }
}

impl Session {
    /// A session without registrations.
    pub(crate) fn new(info: &Arc<SessionInfo>) -> Session {
        Session {
            info: Arc::clone(info),
            made: Vec::new(),
            registrations: Vec::new(),
            timers: Vec::new(),
            unrestored: Vec::new(),
        }
    }

    /// A session of a script that made the registrations `made`.
    pub(super) fn with_registrations(info: &Arc<SessionInfo>, made: Vec<Id>) -> Session {
        Session {
            made,
            ..Session::new(info)
        }
    }

    /// The registration was unregistered.
    pub(super) fn forget(&mut self, id: Id) {
        // Most ids are in ascending order.
        let place = match self.registrations.binary_search(&id) {
            Ok(place) => Some(place),
            Err(_) => self.registrations.iter().position(|&one| one == id),
        };
        if let Some(place) = place {
            self.registrations.remove(place);
        }
    }

    /// `true` while the session is in use.
    pub(super) fn is_alive(&self) -> bool {
        Arc::strong_count(&self.info) > 1 || self.lasts()
    }

    /// `true` if the session stays when its executions have ended.
    pub(crate) fn lasts(&self) -> bool {
        !(self.registrations.is_empty() && self.timers.is_empty() && self.unrestored.is_empty())
    }

    /// `true` if the session has something that all shards of a cluster have.
    pub(crate) fn is_shared(&self) -> bool {
        let has_any = !(self.registrations.is_empty() && self.unrestored.is_empty());
        has_any || self.has_shared_timers()
    }

    /// `true` if its script has made time events. Those of running gears are known to their shard alone.
    pub(super) fn has_shared_timers(&self) -> bool {
        self.timers.iter().any(|timer| !timer.is_of_gear())
    }

    /// `true` if the session ends with this registration on all shards, because it has nothing else that they share.
    pub(crate) fn ends_with(&self, id: Id) -> bool {
        self.registrations == [id] && !self.has_shared_timers() && self.unrestored.is_empty()
    }

    /// The number of registrations, executions and threads that hold the session.
    pub(crate) fn references(&self) -> usize {
        Arc::strong_count(&self.info) - 1
    }

    /// `true` if a client may give a session this id.
    pub(crate) fn is_valid_id(id: &[u8]) -> bool {
        id.iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }

    /// The session as it is stored.
    pub(crate) fn store(&self, registry: &Registry) -> StoredSession {
        let dynamic = |id: &Id| {
            let registration = registry.registration(*id)?;
            Some((*id, Arc::clone(registration.dynamic.as_ref()?)))
        };
        let name = |id: &Id| {
            let registration = registry.registration(*id)?;
            // The bytes of a registration that a running gear made have its name.
            let of_script = registration.dynamic.is_none();
            let name = Name::of(&registration.event, registration.mode)?;
            of_script.then_some((*id, name))
        };
        let registered = self.registrations.iter().copied();
        let unrestored = self.unrestored.iter();
        StoredSession {
            made: self.made.clone(),
            registrations: registered
                .chain(unrestored.clone().map(|one| one.id))
                .collect(),
            dynamic: self
                .registrations
                .iter()
                .filter_map(dynamic)
                .chain(unrestored.map(|one| (one.id, Arc::clone(&one.bytes))))
                .collect(),
            names: Some(self.registrations.iter().filter_map(name).collect()),
            ..StoredSession::of(&self.info)
        }
    }

    /// The one-line summary in the rows of its registrations.
    pub(crate) fn summary(&self, addresses: Addresses) -> String {
        let description = self.info.description.as_deref().unwrap_or("null");
        let more = match self.registrations.len() - self.listed() {
            0 => String::new(),
            more => format!(", 'moreRegistrations': {more}"),
        };
        let description = format!("'{description}'");
        self.summary_with(addresses, &description, "primary", "false", &more)
    }

    /// The summary as a literal of Python, as clients of RedisGears 1.0 read it.
    pub(crate) fn summary_as_literal(&self, addresses: Addresses) -> String {
        let description = self.info.description.as_deref();
        let description = description.map_or_else(|| "None".to_owned(), quoted);
        // Clients of 1.0 take no other fields.
        self.summary_with(addresses, &description, "'primary'", "False", "")
    }

    /// The number of registrations that a summary lists.
    fn listed(&self) -> usize {
        match self.registrations.len() {
            count if count <= MOST_LISTED => count,
            _ => FIRST_LISTED,
        }
    }

    fn summary_with(
        &self,
        addresses: Addresses,
        description: &str,
        linked: &str,
        dead: &str,
        more: &str,
    ) -> String {
        let registrations = self.registrations.iter().take(self.listed());
        let registrations = registrations.map(|id| format!("'{id}'"));
        // `gears-cli` of RedisGears reads them with `[n['name'] for n in session['depsList']]`.
        let requirements = self.info.requirements.iter();
        let shown = |name| match addresses {
            Addresses::Whole => Cow::Borrowed(name),
            Addresses::Masked => Cow::Owned(without_credentials(name)),
        };
        let requirements = requirements.map(|name| format!("{{'name':{}}}", quoted(&shown(name))));
        format!(
            "{{'sessionName':'{}', 'sessionDescription':{description}, 'refCount': {}, \
             'linkedTo': {linked}, 'dead': {dead}, 'isInstallationNeeded':0, \
             'registrationsList':[{}]{more}, 'depsList':[{}]}}",
            self.info.id,
            self.references(),
            joined(registrations),
            joined(requirements),
        )
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}

/// The text as a string literal of Python.
fn quoted(text: &str) -> String {
    let mut literal = String::from("'");
    for letter in text.chars() {
        match letter {
            '\\' | '\'' => literal.extend(['\\', letter]),
            '\n' => literal.push_str(r"\n"),
            '\r' => literal.push_str(r"\r"),
            '\0' => literal.push_str(r"\0"),
            _ => literal.push(letter),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::{Session, quoted};

    #[test]
    fn text_as_python_writes_it() {
        assert_eq!(quoted("six==1.16"), "'six==1.16'");
        assert_eq!(quoted("two\r\nlines\0"), r"'two\r\nlines\0'");
        assert_eq!(
            quoted(r"a; os_name == 'nt' \"),
            r"'a; os_name == \'nt\' \\'"
        );
    }

    #[test]
    fn names_of_sessions() {
        for good in [&b""[..], b"abc-DEF_09"] {
            assert!(Session::is_valid_id(good));
        }
        for bad in [&b"a b"[..], b"a.b", "\u{e9}".as_bytes(), b"a\0"] {
            assert!(!Session::is_valid_id(bad));
        }
    }
}
