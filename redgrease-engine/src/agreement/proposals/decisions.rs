//! What becomes of the changes that begin here.

use super::super::change::{Op, Refusal, marks, now as seconds};
use super::super::local::Local;
use super::super::message::Said;
use super::super::round::{Next, Order, Outcome};
use super::super::state::Agreement;
use super::{Again, Origin};
use crate::redis::{Level, log};
use crate::registration::ledger::Stamp;
use std::time::{Duration, Instant};

/// The pause before a change is proposed again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

impl<P> Agreement<P> {
    /// Does what follows on an answer.
    pub(super) fn follow(
        &mut self,
        stamp: Stamp,
        (order, outcome): Next,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        match order {
            Some(Order::Commit) => self.commit(stamp, local, now),
            Some(Order::Abort) => {
                if let Some(refusal) = outcome.and_then(|outcome| refusal(outcome, local)) {
                    self.give_up(stamp, refusal, local, now);
                }
                return;
            }
            None => {}
        }
        match outcome {
            Some(Outcome::InForceExcept(late)) => {
                for node in late {
                    let node = local.describe(node);
                    let text = format!(
                        "{node} has not made a change of sessions in time: it gets the change when it is back"
                    );
                    log(Level::Notice, &text);
                }
                self.close(stamp);
            }
            Some(Outcome::InForce) => self.close(stamp),
            Some(Outcome::Refused(..) | Outcome::Silent(_)) | None => {}
        }
    }

    fn commit(&mut self, stamp: Stamp, local: &mut impl Local<Prepared = P>, now: Instant) {
        let Some(open) = self.open.get_mut(&stamp) else {
            return;
        };
        open.asked = now;
        let is_removal = |op: &Op| matches!(op, Op::Remove { .. });
        if open.ops.iter().any(is_removal) && local.look_again(open.ops.clone()) != open.ops {
            // A gear of this server has registered something since, so the session does not end, or ends now.
            let why = "the session has changed: try again".to_owned();
            return self.give_up(stamp, Refusal::passing(why), local, now);
        }
        let is_made = match std::mem::replace(&mut open.origin, Origin::None) {
            Origin::Client(client) => match local.end(client.end, Ok(())) {
                Ok(answer) => {
                    open.origin = Origin::Made(answer);
                    true
                }
                Err(answer) => {
                    self.answers.push(answer);
                    false
                }
            },
            // What was made here is gone again.
            Origin::Own(own, _) => local.own_op(&own).is_some(),
            Origin::Made(_) | Origin::None => true,
        };
        if is_made {
            let marks = marks(&open.ops, stamp, seconds());
            let to = open.round.shards().iter().copied().collect();
            self.note(local, &marks);
            self.send_to(to, &Said::Commit(stamp));
        } else {
            self.abort(stamp);
        }
    }

    pub(in super::super) fn give_up(
        &mut self,
        stamp: Stamp,
        refusal: Refusal,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        if let Some(open) = self.open.get_mut(&stamp) {
            let origin = std::mem::replace(&mut open.origin, Origin::None);
            let ops = std::mem::take(&mut open.ops);
            self.abort(stamp);
            self.refused(ops, origin, refusal, local, now);
        }
    }

    pub(super) fn refused(
        &mut self,
        ops: Vec<Op>,
        origin: Origin,
        refusal: Refusal,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        let pause = |times: u32| {
            let doubled = FIRST_PAUSE.saturating_mul(1 << times.min(10));
            local.random_below(doubled.min(LONGEST_PAUSE))
        };
        match origin {
            Origin::Client(mut client) if refusal.is_passing && now < client.until => {
                let at = now + pause(client.times);
                client.times += 1;
                self.again.push((at, Again::Client(ops, client)));
            }
            Origin::Client(client) => {
                let (Ok(answer) | Err(answer)) = local.end(client.end, Err(refusal));
                self.answers.push(answer);
            }
            Origin::Own(own, times) if refusal.is_passing => {
                let at = now + pause(times);
                self.again.push((at, Again::Own(own, times + 1)));
            }
            Origin::Own(own, _) => local.undo(&own, &refusal.why),
            Origin::Made(_) | Origin::None => {}
        }
    }

    fn abort(&mut self, stamp: Stamp) {
        if let Some(open) = self.open.remove(&stamp) {
            let to = open.round.shards().iter().copied().collect();
            self.send_to(to, &Said::Abort(stamp));
        }
        self.promises.end(stamp);
    }

    /// The change is in force everywhere.
    fn close(&mut self, stamp: Stamp) {
        // A change that could not be made here is not open any longer.
        if let Some(open) = self.open.remove(&stamp)
            && let Origin::Made(answer) = open.origin
        {
            self.answers.push(answer);
        }
        self.promises.end(stamp);
    }
}

/// The reason why no shard makes a change. `None` if they make it.
fn refusal(outcome: Outcome, local: &impl Local) -> Option<Refusal> {
    match outcome {
        Outcome::Refused(node, refusal) => Some(Refusal {
            why: format!(
                "{} (on {}: nothing has changed on any shard)",
                refusal.why,
                local.describe(node)
            ),
            ..refusal
        }),
        Outcome::Silent(node) => Some(Refusal::passing(format!(
            "{} does not answer: nothing has changed on any shard: see whether it runs with the engine, and try again when it is back, or when \
             a replica has taken its place",
            local.describe(node)
        ))),
        Outcome::InForce | Outcome::InForceExcept(_) => None,
    }
}
