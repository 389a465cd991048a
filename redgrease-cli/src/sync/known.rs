//! What the server has of these scripts.

use super::identity::Description;
use super::index::{self, Entry};
use crate::failure::Failure;
use redgrease_core::{Con, ErrorKind, GearsCommands as _, Session, SessionsOptions};
use std::collections::BTreeMap;

/// The scripts that the server knows, by their path in the index.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) sessions: BTreeMap<String, Live>,
    pub(super) entries: BTreeMap<String, Entry>,
}

/// The session of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Live {
    pub(super) id: String,
    pub(super) description: Description,
    pub(super) registrations: Vec<String>,
    /// The packages that it requires.
    pub(super) packages: Vec<String>,
    /// Why the server could not restore it, if it could not.
    pub(super) not_restored: Option<String>,
}

impl Live {
    /// `None` for a session of others, and for one that has only executions.
    pub(super) fn of(session: Session) -> Option<Self> {
        let description = Description::parse(session.description.as_deref()?)?;
        let reason = session.extra.get("notRestored");
        let reason = reason.and_then(|value| redis::from_redis_value_ref::<String>(value).ok());
        (!session.dead).then_some(Live {
            id: session.id,
            description,
            registrations: session.registrations,
            packages: session.requirements,
            not_restored: reason.filter(|reason| !reason.is_empty()),
        })
    }
}

/// Asks the server for the sessions with this prefix, and for the entries of these scripts and of its sessions.
pub(super) fn read<'a>(
    con: &mut Con,
    prefix: &str,
    paths: impl IntoIterator<Item = &'a String>,
) -> Result<Known, Failure> {
    let mut known = Known::default();
    for live in sessions(con)? {
        if live.description.sync == prefix {
            known.sessions.insert(live.description.path.clone(), live);
        }
    }
    let mut all: Vec<&str> = paths.into_iter().map(String::as_str).collect();
    all.extend(known.sessions.keys().map(String::as_str));
    all.sort_unstable();
    all.dedup();
    let entries = index::read(con, prefix, all.iter().copied())?;
    for (path, entry) in all.into_iter().zip(entries) {
        if let Some(entry) = entry {
            known.entries.insert(path.to_owned(), entry);
        }
    }
    Ok(known)
}

/// The sessions of `sync`, of all prefixes.
pub(super) fn sessions(con: &mut Con) -> Result<Vec<Live>, Failure> {
    let sessions = con.dump_sessions(&SessionsOptions::new());
    let sessions = sessions.map_err(|error| old_server(con, error))?;
    Ok(sessions.into_iter().filter_map(Live::of).collect())
}

/// The session with this id.
pub(super) fn session(con: &mut Con, id: &str) -> Result<Option<Live>, Failure> {
    let sessions = con.dump_sessions(&SessionsOptions::new().session(id))?;
    Ok(sessions.into_iter().find_map(Live::of))
}

/// A server that knows `RG.*` and no sessions is too old.
fn old_server(con: &mut Con, error: redgrease_core::Error) -> Failure {
    if !matches!(error.kind(), ErrorKind::NoGears) {
        return error.into();
    }
    match con.gears_version() {
        Ok(version) => Failure::failed(format!(
            "the server has RedisGears {version}, which has no sessions, so that its scripts cannot be replaced: use RedisGears 1.2.2 or newer, or the engine of this project"
        )),
        Err(_) => error.into(),
    }
}
