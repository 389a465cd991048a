//! A session: the registrations and requirements of one script.

use super::force::Origin;
use super::stored::StoredSession;
use super::timers::TimeEvent;
use crate::execution::Id;
use crate::redis::User;
use std::sync::Arc;

/// The name of a session: given by the client, or 40 random hexadecimal digits.
pub(crate) type SessionId = String;

/// Lives as long as it has registrations or time events.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) description: Option<String>,
    pub(crate) requirements: Vec<String>,
    pub(crate) script: Arc<[u8]>,
    /// Who ran the script.
    pub(crate) user: Option<User>,
    pub(crate) registrations: Vec<Id>,
    pub(crate) timers: Vec<Arc<TimeEvent>>,
}

impl Session {
    /// A session without registrations.
    pub(super) fn new(origin: &Origin) -> Session {
        Session {
            id: origin.id.clone(),
            description: origin.description.clone(),
            requirements: origin.requirements.clone(),
            script: Arc::clone(&origin.script),
            user: origin.user.clone(),
            registrations: Vec::new(),
            timers: Vec::new(),
        }
    }

    /// Whether a client may give a session this name.
    pub(crate) fn is_valid_id(id: &[u8]) -> bool {
        id.iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }

    /// What is kept of it.
    pub(crate) fn store(&self) -> StoredSession {
        StoredSession {
            id: self.id.clone(),
            description: self.description.clone(),
            requirements: self.requirements.clone(),
            script: self.script.to_vec(),
            user: self.user.as_ref().map(|user| user.name().to_vec()),
            registrations: self.registrations.iter().map(|id| id.number()).collect(),
            replaces: None,
        }
    }

    /// The one-line summary in the rows of its registrations.
    pub(crate) fn summary(&self) -> String {
        let description = self.description.as_deref().unwrap_or("null");
        let quoted = |items: Vec<String>| {
            items
                .iter()
                .map(|item| format!("'{item}'"))
                .collect::<Vec<_>>()
                .join(",")
        };
        format!(
            "{{'sessionName':'{}', 'sessionDescription':'{description}', 'refCount': {}, \
             'linkedTo': primary, 'dead': false, 'isInstallationNeeded':0, \
             'registrationsList':[{}], 'depsList':[{}]}}",
            self.id,
            self.registrations.len(),
            quoted(self.registrations.iter().map(ToString::to_string).collect()),
            quoted(self.requirements.clone()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Session;

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
