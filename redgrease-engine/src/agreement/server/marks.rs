//! Marks of sessions that came or went without a change.

use super::super::change::now;
use super::super::present::is_shared;
use super::Server;
use crate::id::Shard;
use crate::registration::ledger::{Mark, Marks, Stamp};
use crate::registration::{registry, tell_marks};
use crate::scope::SessionId;

impl Server<'_> {
    /// Gives sessions that have no mark one, and those that are gone without a word a removal: this server may have had them before it
    /// was in a cluster, or they ended by themselves.
    pub(super) fn complete_marks(&self) {
        let marks = registry().read(self.context, |registry| {
            let mut marks = Marks::new();
            let lasting = registry.sessions().filter(|session| session.is_shared());
            let ids = lasting.map(|session| &session.info.id);
            let unrestored = registry.unrestored.iter().map(|one| &one.stored.id);
            for id in ids.chain(unrestored) {
                if registry.ledger.mark(id).is_none() {
                    let stamp = Stamp {
                        counter: 0,
                        shard: Shard::own(),
                    };
                    let removed = None;
                    marks.push((id.clone(), Mark { stamp, removed }));
                }
            }
            marks
        });
        let ended: Marks = registry().write(self.context, |registry| {
            registry.ledger.forget_old(now());
            let present = registry.ledger.present();
            let ended = present.filter(|id| !is_shared(registry, id));
            let ended: Vec<SessionId> = ended.cloned().collect();
            let removal = |id: SessionId| {
                let stamp = registry.ledger.next_stamp();
                let removed = Some(now());
                (id, Mark { stamp, removed })
            };
            ended.into_iter().map(removal).collect()
        });
        tell_marks(self.context, &marks);
        tell_marks(self.context, &ended);
    }
}
