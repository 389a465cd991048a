//! Sessions that give their names to one that was registered later on another shard.

use super::restore::keep_unrestored;
use crate::redis::Context;
use crate::registration::ledger::Stamp;
use crate::registration::stored::StoredSession;
use crate::registration::{registry, remove_session, tell_stored};

/// Sessions that have lost their names.
#[must_use = "they are lost unless they are kept"]
pub(crate) struct Displaced(Vec<(StoredSession, String)>);

/// Removes the sessions that have a name of `stored` and whose last change is older than `stamp`. Call [`Displaced::keep`] in the same
/// event, when the session is in force or has failed.
pub(crate) fn make_room(context: &Context, stored: &StoredSession, stamp: Stamp) -> Displaced {
    let mut displaced = Vec::new();
    for name in stored.all_names() {
        let older = registry().read(context, |registry| {
            let session = registry.session_of_name(&name)?;
            let is_older = registry.ledger.is_later(session, stamp);
            let is_other = session != stored.id && stored.replaces.as_deref() != Some(session);
            let older = (is_older && is_other).then(|| registry.session(session))?;
            Some(older?.store(registry))
        });
        let Some(older) = older else {
            continue;
        };
        remove_session(context, &older.id);
        let why = format!(
            "{name} belongs to the session {}, which was registered later on another shard",
            stored.id
        );
        displaced.push((older, why));
    }
    Displaced(displaced)
}

impl Displaced {
    /// Keeps the sessions until their names are free, here, on the replicas and in the AOF. These hear of the other session first, so
    /// that it has the names there, too.
    pub(crate) fn keep(self, context: &Context) {
        for (stored, why) in self.0 {
            tell_stored(context, &stored);
            keep_unrestored(context, stored, &why);
        }
    }
}
