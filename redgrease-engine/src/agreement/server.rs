//! The sessions of the server that the engine runs in.

use super::change::{Op, Own, Refusal, now};
use super::local::{Local, Purpose};
use super::present::{as_it_is, check_added, is_same_script, is_shared, taken};
use super::proposals::{Answer, End};
use super::state::Event;
use super::worker;
use crate::cluster;
use crate::cluster::topology::{self, Health, Node, NodeId, Topology};
use crate::config;
use crate::gears::{Prepared, add_gear, keep_unrestored, make_room, prepare};
use crate::id::{Id, Shard};
use crate::redis::{Context, Level, User, log, will_save};
use crate::registration::ledger::{Mark, Marks, Stamp};
use crate::registration::stored::StoredSession;
use crate::registration::streams::Begin;
use crate::registration::{
    Pending, Removal, ids, registry, remove_session, tell_added, tell_marks, tell_stored,
    unregister,
};
use crate::scope::{SessionId, SessionInfo};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// This server, while its lock is held.
pub(super) struct Server<'a> {
    context: &'a Context,
    topology: Arc<Topology>,
}

impl<'a> Server<'a> {
    pub(super) fn new(context: &'a Context) -> Server<'a> {
        Server {
            context,
            topology: topology::current(),
        }
    }

    /// Gives sessions that have no mark one, and those that are gone without a word a removal: this server may have had them before it
    /// was in a cluster, or they ended by themselves.
    fn complete_marks(&self) {
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

/// A master that takes part in changes.
fn takes_part(node: &Node) -> bool {
    node.serves() && !node.is_myself && node.health != Health::Failed
}

impl Local for Server<'_> {
    type Prepared = Prepared;

    fn is_master(&self) -> bool {
        !self.context.is_read_only() && !self.context.is_loading()
    }

    fn shards(&self) -> Vec<NodeId> {
        let nodes = self.topology.nodes().iter();
        nodes
            .filter(|node| takes_part(node))
            .map(|node| node.id)
            .collect()
    }

    fn is_other_master(&self, node: NodeId) -> bool {
        let node = self.topology.node(node);
        node.is_some_and(|node| node.master.is_none() && !node.is_myself)
    }

    fn is_lost(&self, node: NodeId, since: Instant, now: Instant) -> bool {
        let known = self.topology.node(node);
        if known.is_none_or(|known| known.health == Health::Failed || known.master.is_some()) {
            return true;
        }
        let heard = cluster::hub().and_then(|hub| hub.last_heard(node));
        let heard = heard.map_or(since, |heard| heard.max(since));
        now.saturating_duration_since(heard) > self.idle_time()
    }

    fn idle_time(&self) -> Duration {
        config::get().execution_max_idle_time()
    }

    fn describe(&self, node: NodeId) -> String {
        match self.topology.node(node) {
            Some(known) => format!("the shard {node} ({}:{})", known.ip, known.port),
            None => format!("the shard {node}"),
        }
    }

    fn next_stamp(&mut self) -> Stamp {
        registry().write(self.context, |registry| registry.ledger.next_stamp())
    }

    fn saw(&mut self, stamp: Stamp) {
        registry().write(self.context, |registry| registry.ledger.saw(stamp));
    }

    fn mark(&self, session: &str) -> Option<Mark> {
        registry().read(self.context, |registry| registry.ledger.mark(session))
    }

    fn marks(&mut self) -> Marks {
        self.complete_marks();
        registry().read(self.context, |registry| registry.ledger.marks())
    }

    fn digest(&mut self) -> u64 {
        self.complete_marks();
        registry().read(self.context, |registry| registry.ledger.digest())
    }

    fn note(&mut self, marks: &[(SessionId, Mark)]) {
        tell_marks(self.context, marks);
    }

    fn prepare(&mut self, purpose: Purpose, stored: StoredSession) {
        // A session that was missed was accepted before.
        if let Purpose::Change(_) = purpose
            && let Err(why) = self.check_user(&stored)
        {
            return worker::tell(Event::Ran(purpose, Err((stored, why))));
        }
        let kept = stored.clone();
        let then = move |outcome: Result<Prepared, String>| {
            let outcome = outcome.map_err(|why| (kept, why));
            worker::tell(Event::Ran(purpose, outcome));
        };
        prepare(self.context, stored, then);
    }

    fn check(&self, ops: &[Op], prepared: Option<&Prepared>) -> Result<(), Refusal> {
        let added = ops.iter().filter_map(|op| match op {
            Op::Add {
                session,
                registration,
                ..
            } => Some((session, registration)),
            Op::Put(_) | Op::Remove { .. } => None,
        });
        for (session, registration) in added {
            registry().read(self.context, |registry| {
                check_added(registry, session, registration)
            })?;
        }
        let check = |prepared: &Prepared| prepared.check(self.context, &taken(ops));
        prepared.map_or(Ok(()), check).map_err(Refusal::lasting)
    }

    fn make(&mut self, ops: Vec<Op>, mut prepared: Option<Prepared>) {
        let takes = taken(&ops);
        for op in ops {
            match op {
                Op::Put(stored) => {
                    let Some(prepared) = prepared.take() else {
                        continue;
                    };
                    // A gear may have taken a name since the check.
                    let made = prepared
                        .check(self.context, &takes)
                        .and_then(|()| prepared.activate(self.context, Begin::New));
                    if let Err(why) = made {
                        self.keep(*stored, &why);
                    }
                }
                Op::Remove { id, withdraws, .. } => {
                    let pending = if withdraws {
                        Pending::Withdraw
                    } else {
                        Pending::Finish
                    };
                    let removal = Removal {
                        pending,
                        is_told: false,
                    };
                    unregister(self.context, id, removal);
                }
                Op::Add {
                    session,
                    id,
                    registration,
                } => self.add(&session, id, &registration),
            }
        }
    }

    fn end(&mut self, end: End, agreed: Result<(), Refusal>) -> Result<Answer, Answer> {
        end(self.context, agreed)
    }

    fn look_again(&self, ops: Vec<Op>) -> Vec<Op> {
        registry().read(self.context, |registry| {
            let again = ops.into_iter().map(|op| as_it_is(registry, op));
            again.collect()
        })
    }

    fn own_op(&self, own: &Own) -> Option<Op> {
        match own {
            Own::Added(session, id) => registry().read(self.context, |registry| {
                let stored = registry.session(session)?.store(registry);
                let made = stored.dynamic.iter().find(|(one, _)| one == id);
                let registration = Arc::clone(&made?.1);
                let is_known = |mark: Mark| mark.removed.is_none();
                Some(if registry.ledger.mark(session).is_some_and(is_known) {
                    Op::Add {
                        session: session.clone(),
                        id: *id,
                        registration,
                    }
                } else {
                    Op::Put(Box::new(stored))
                })
            }),
            Own::Removed(op) => {
                let op = op.clone();
                Some(registry().read(self.context, |registry| as_it_is(registry, op)))
            }
        }
    }

    fn undo(&mut self, own: &Own, why: &str) {
        if let Own::Added(session, id) = own {
            let removal = Removal {
                pending: Pending::Finish,
                is_told: false,
            };
            unregister(self.context, *id, removal);
            log(
                Level::Warning,
                &format!(
                    "registration {id}, which a gear of the session {session} made, is unregistered again, because not all shards can \
                     have it: {why}"
                ),
            );
        }
    }

    fn random_below(&self, most: Duration) -> Duration {
        let digits = self.context.random_hex::<8>();
        let number = u32::from_str_radix(&digits, 16).unwrap_or_default();
        most.mul_f64(f64::from(number) / f64::from(u32::MAX))
    }

    fn stored(&self, session: &str) -> Option<StoredSession> {
        registry().read(self.context, |registry| {
            let kept = registry.unrestored.get(session);
            let kept = kept.map(|one| one.stored.clone());
            let restored = || Some(registry.session(session)?.store(registry));
            kept.or_else(restored)
        })
    }

    fn remove(&mut self, session: &str) {
        remove_session(self.context, session);
    }

    fn adapt(&mut self, stored: &StoredSession, own: &[Id]) -> bool {
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

    fn restore(
        &mut self,
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
}

impl Server<'_> {
    /// Checks that this server would take the script from the client.
    fn check_user(&self, stored: &StoredSession) -> Result<(), String> {
        let user = User::or_default(stored.user.as_deref().map(User::named));
        user.may_act(self.context)?;
        user.may_send_code(self.context)
    }

    /// Keeps a session that cannot be restored, here and on the replicas.
    fn keep(&self, stored: StoredSession, why: &str) {
        tell_stored(self.context, &stored);
        keep_unrestored(self.context, stored, why);
    }

    /// Adds a registration of a running gear of another shard.
    fn add(&self, session: &str, id: Id, registration: &Arc<[u8]>) {
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
