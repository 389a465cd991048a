//! Changes and sessions as they are in the registry.

use super::change::{Op, Refusal};
use crate::id::Id;
use crate::registration::stored::{StoredSession, name_of_gear};
use crate::registration::{Registry, Session};

/// `true` if this server has something of the session that all shards have.
pub(super) fn is_shared(registry: &Registry, session: &str) -> bool {
    let is_kept = registry.unrestored.get(session).is_some();
    is_kept || registry.session(session).is_some_and(Session::is_shared)
}

/// The change as it is now.
pub(super) fn as_it_is(registry: &Registry, op: Op) -> Op {
    match op {
        Op::Remove {
            session,
            id,
            withdraws,
            ..
        } => Op::remove(registry, id, withdraws).unwrap_or_else(|| Op::Remove {
            ends: !is_shared(registry, &session),
            session,
            id,
            withdraws,
        }),
        Op::Put(_) | Op::Add { .. } => op,
    }
}

/// The registrations that leave with a change.
pub(super) fn taken(ops: &[Op]) -> Vec<Id> {
    let taken = ops.iter().filter_map(|op| match op {
        Op::Remove { id, .. } => Some(*id),
        Op::Put(_) | Op::Add { .. } => None,
    });
    taken.collect()
}

/// Checks that a registration of a running gear of another shard can be added.
pub(super) fn check_added(
    registry: &Registry,
    session: &str,
    registration: &[u8],
) -> Result<(), Refusal> {
    let is_kept = registry.unrestored.get(session).is_some();
    if !is_kept && registry.session(session).is_none() {
        let why = format!("Session {session} is not here: try again");
        return Err(Refusal::passing(why));
    }
    let Some(name) = name_of_gear(registration) else {
        return Ok(());
    };
    registry.check_name(&name).map_err(Refusal::lasting)
}

/// `true` if both states of a session come from the same run of the same script.
pub(super) fn is_same_script(one: &StoredSession, other: &StoredSession) -> bool {
    let script = |session: &StoredSession| {
        let StoredSession {
            description,
            requirements,
            script,
            user,
            made,
            ..
        } = session.clone();
        (description, requirements, script, user, made)
    };
    script(one) == script(other)
}
