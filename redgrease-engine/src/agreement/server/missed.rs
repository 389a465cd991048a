//! Sessions and registrations of other shards that this one has missed.

use super::super::present::is_same_script;
use super::Server;
use crate::gears::{Prepared, add_gear, keep_unrestored, make_room};
use crate::id::Id;
use crate::redis::{Level, log, will_save};
use crate::registration::ledger::Mark;
use crate::registration::stored::StoredSession;
use crate::registration::streams::Begin;
use crate::registration::{Pending, Removal, ids, registry, tell_added, tell_stored, unregister};
use crate::scope::SessionInfo;
use std::sync::Arc;

impl Server<'_> {
    /// Gives a session the registrations of a later state of it. `false` if that needs a run of its script.
    pub(super) fn adapt_to(&self, stored: &StoredSession, own: &[Id]) -> bool {
        let Some(have) = registry().read(self.context, |registry| {
            let session = registry.session(&stored.id)?;
            Some(session.store(registry))
        }) else {
            return false;
        };
        let is_dynamic = |id: &Id| stored.dynamic.iter().any(|(one, _)| one == id);
        let missing = stored.registrations.iter();
        let missing: Vec<Id> = missing
            .filter(|id| !have.registrations.contains(id))
            .copied()
            .collect();
        if !is_same_script(&have, stored) || !missing.iter().all(is_dynamic) {
            return false;
        }
        let removal = Removal {
            pending: Pending::Finish,
            is_told: false,
        };
        for (id, bytes) in &stored.dynamic {
            if missing.contains(id) {
                self.add(&stored.id, *id, bytes);
            }
        }
        for id in have.registrations {
            if !stored.registrations.contains(&id) && !own.contains(&id) {
                unregister(self.context, id, removal);
            }
        }
        true
    }

    /// Puts a session that was missed in force, or keeps it.
    pub(super) fn restore_missed(
        &self,
        mark: Mark,
        own: &[Id],
        outcome: Result<Prepared, (StoredSession, String)>,
    ) {
        let (id, kept) = match outcome {
            Ok(prepared) => {
                let stored = prepared.stored().clone();
                // The sessions that have its names give them away in this moment: both could not be lost, or in force.
                let displaced = make_room(self.context, &stored, mark.stamp);
                let restored = prepared
                    .check_missed(self.context)
                    .and_then(|()| prepared.activate(self.context, Begin::Again));
                displaced.keep(self.context);
                (stored.id.clone(), restored.err().map(|why| (stored, why)))
            }
            Err((stored, why)) => (stored.id.clone(), Some((stored, why))),
        };
        if let Some((stored, why)) = kept {
            self.keep(stored, &why);
        } else {
            let text = format!("session {id} has come from another shard");
            log(Level::Notice, &text);
        }
        for lost in own {
            let text = format!(
                "registration {lost}, which a gear of the session {id} made, has ended, because the session was changed on another \
                 shard: let the gears of the session register it again"
            );
            log(Level::Warning, &text);
        }
    }

    /// Keeps a session that cannot be restored, here and on the replicas.
    pub(super) fn keep(&self, stored: StoredSession, why: &str) {
        tell_stored(self.context, &stored);
        keep_unrestored(self.context, stored, why);
    }

    /// Adds a registration of a running gear of another shard.
    pub(super) fn add(&self, session: &str, id: Id, registration: &Arc<[u8]>) {
        let is_kept = registry().write(self.context, |registry| {
            let kept = Arc::clone(registration);
            registry.unrestored.add_registration(session, id, kept)
        });
        if is_kept {
            ids().reserve(id);
            will_save(self.context);
            return tell_added(self.context, session, id, registration);
        }
        let info: Option<Arc<SessionInfo>> = registry().read(self.context, |registry| {
            let session = registry.session(session)?;
            let is_new = registry.registration(id).is_none();
            is_new.then(|| Arc::clone(&session.info))
        });
        if let Some(info) = info {
            add_gear(self.context, &info, id, registration);
        }
    }
}
