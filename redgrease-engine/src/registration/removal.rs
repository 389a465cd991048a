//! Unregistering. Replicas and the AOF are told.

use super::{Pending, Registration, Registry, end_executions, registry, streams, tell_removed};
use crate::id::Id;
use crate::redis::Context;
use std::sync::Arc;

/// The way in which a registration is unregistered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Removal {
    pub(crate) pending: Pending,
    /// A master or the AOF tells of it. They know better whether a session that is not restored goes with its last registration.
    pub(crate) is_told: bool,
}

/// Removes a registration, also one whose session is not restored. `false` if no registration has this id.
pub(crate) fn unregister(context: &Context, id: Id, removal: Removal) -> bool {
    if let Some(registration) = registry().write(context, |registry| registry.remove(id)) {
        let left = end(context, &[registration], removal.pending);
        if !removal.is_told {
            streams::take_over(context, &left);
        }
        return true;
    }
    let remove = |registry: &mut Registry| registry.remove_unrestored(id, !removal.is_told);
    let is_gone = registry().write(context, remove);
    if is_gone {
        tell_removed(context, &id.to_string());
    }
    is_gone
}

/// Removes a session with all its registrations, also one that is not restored.
pub(crate) fn remove_session(context: &Context, session: &str) {
    let (gone, unrestored) = registry().write(context, |registry| {
        let gears = registry.session(session).into_iter();
        let gears = gears.flat_map(|session| session.unrestored.iter().map(|one| one.id));
        let mut unrestored: Vec<Id> = gears.collect();
        let gone = registry.remove_session(session);
        if let Some(kept) = registry.unrestored.remove(session) {
            unrestored.extend(kept.stored.registrations);
        }
        (gone, unrestored)
    });
    let left = end(context, &gone, Pending::Finish);
    streams::take_over(context, &left);
    for id in unrestored {
        tell_removed(context, &id.to_string());
    }
}

/// Returns the streams that the registrations leave.
fn end(context: &Context, gone: &[Arc<Registration>], pending: Pending) -> Vec<Vec<u8>> {
    let left = end_executions(gone, pending);
    for registration in gone {
        tell_removed(context, &registration.id.to_string());
    }
    left
}
