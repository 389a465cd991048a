//! Sessions and registrations as bytes: in the RDB, in the AOF and on the way to replicas.

pub(super) mod dynamic;
mod ids;
mod session;

pub(crate) use dynamic::name as name_of_gear;
pub(crate) use session::{Stored, StoredSession, decode, encode};
pub(super) use session::{decode_dynamic, encode_dynamic};

use super::registry;
use crate::redis::Context;

/// All sessions as bytes; no bytes at all if there are none. Also runs in the child of a fork.
pub(crate) fn store(context: &Context) -> Vec<u8> {
    let (sessions, marks) = registry().read(context, |registry| {
        let lasting = registry.sessions().filter(|session| session.lasts());
        let lasting = lasting.map(|session| session.store(registry));
        let unrestored = registry.unrestored.iter().map(|one| one.stored.clone());
        let mut sessions: Vec<StoredSession> = lasting.chain(unrestored).collect();
        // Scripts run again in this order, and the handlers of an event run in the order of their registrations.
        sessions.sort_by_key(StoredSession::first_registration);
        (sessions, registry.ledger.marks())
    });
    if sessions.is_empty() && marks.is_empty() {
        Vec::new()
    } else {
        encode(&sessions, &marks)
    }
}
