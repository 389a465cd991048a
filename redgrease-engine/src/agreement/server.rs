//! The sessions of the server that the engine runs in.
//!
//! | file | purpose |
//! |---|---|
//! | `marks.rs` | marks of sessions that came or went without a change |
//! | `missed.rs` | sessions and registrations of other shards that this one has missed |

mod marks;
mod missed;

use super::change::{Op, Own, Refusal};
use super::local::{Local, Purpose};
use super::present::{as_it_is, check_added, taken};
use super::proposals::{Answer, End};
use super::state::Event;
use super::worker;
use crate::cluster;
use crate::cluster::topology::{self, Health, Node, NodeId, Topology};
use crate::config;
use crate::gears::{Prepared, prepare};
use crate::id::Id;
use crate::redis::{Context, Level, User, log};
use crate::registration::ledger::{Mark, Marks, Stamp};
use crate::registration::stored::StoredSession;
use crate::registration::streams::Begin;
use crate::registration::{Pending, Removal, registry, remove_session, tell_marks, unregister};
use crate::scope::SessionId;
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
        config::get().longest_silence()
    }

    fn describe(&self, node: NodeId) -> String {
        self.topology.name_of(node)
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
        self.adapt_to(stored, own)
    }

    fn restore(
        &mut self,
        mark: Mark,
        own: &[Id],
        outcome: Result<Prepared, (StoredSession, String)>,
    ) {
        self.restore_missed(mark, own, outcome);
    }
}

impl Server<'_> {
    /// Checks that this server would take the script from the client.
    fn check_user(&self, stored: &StoredSession) -> Result<(), String> {
        let user = User::or_default(stored.user.as_deref().map(User::named));
        let checked = user
            .may_act(self.context)
            .and_then(|()| user.may_send_code(self.context));
        checked.map_err(|why| format!("ERR {why}"))
    }
}
