//! The slots whose streams this shard may read.
//!
//! A shard that gets a slot first asks all other servers what they still have in hand of its streams. While they have not all
//! answered, nothing of the slot is read. A server that is asked about a slot reads nothing of it from then on, unless it asks
//! itself. So two shards never read a stream at the same time, whatever each of them believes about the slot.

use super::slot_set::SlotSet;
use crate::cluster::topology::NodeId;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The state of all slots of this server.
#[derive(Debug, Default)]
pub(super) struct Claims {
    open: SlotSet,
    /// The questions that are not answered by all, by their numbers.
    questions: BTreeMap<u64, Question>,
    last: u64,
    /// The servers that have asked about a slot: they hear of what is still in hand here. Which of them has the slot is not known:
    /// questions of two servers arrive in any order.
    askers: HashMap<u16, BTreeSet<NodeId>>,
}

#[derive(Debug)]
struct Question {
    slots: SlotSet,
    waits_for: BTreeSet<NodeId>,
}

/// A question that has to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) number: u64,
    pub(super) slots: SlotSet,
    pub(super) to: BTreeSet<NodeId>,
}

impl Claims {
    /// `true` if the streams of a slot may be read.
    pub(super) fn is_open(&self, slot: u16) -> bool {
        self.open.contains(slot)
    }

    /// `true` if this server has the slot, or asks about it.
    pub(super) fn is_claimed(&self, slot: u16) -> bool {
        let mut questions = self.questions.values();
        self.is_open(slot) || questions.any(|one| one.slots.contains(slot))
    }

    /// `true` while a question is not answered by all.
    pub(super) fn is_waiting(&self) -> bool {
        !self.questions.is_empty()
    }

    /// The servers that hear of what is still in hand of a slot.
    pub(super) fn askers(&self, slot: u16) -> Vec<NodeId> {
        let askers = self.askers.get(&slot).into_iter().flatten();
        askers.copied().collect()
    }

    /// This server serves the slots `mine`, and the servers `others` can answer. Returns the question for slots that are new.
    pub(super) fn look(&mut self, mine: &SlotSet, others: &BTreeSet<NodeId>) -> Option<Ask> {
        self.open.keep(mine);
        let mut wanted = mine.clone();
        wanted.remove(&self.open);
        for question in self.questions.values_mut() {
            question.slots.keep(mine);
            question.waits_for.retain(|node| others.contains(node));
            wanted.remove(&question.slots);
        }
        if wanted.is_empty() {
            return None;
        }
        self.last += 1;
        let question = Question {
            slots: wanted.clone(),
            waits_for: others.clone(),
        };
        self.questions.insert(self.last, question);
        Some(Ask {
            number: self.last,
            slots: wanted,
            to: others.clone(),
        })
    }

    /// The slots of a question that is not answered by all.
    pub(super) fn asked(&self, number: u64) -> Option<&SlotSet> {
        self.questions.get(&number).map(|question| &question.slots)
    }

    /// A server has answered a question.
    pub(super) fn answered(&mut self, number: u64, by: NodeId) {
        if let Some(question) = self.questions.get_mut(&number) {
            question.waits_for.remove(&by);
        }
    }

    /// A server has nothing in hand any more: it was started again, or has left the cluster.
    pub(super) fn lost(&mut self, node: NodeId) {
        for question in self.questions.values_mut() {
            question.waits_for.remove(&node);
        }
        self.askers.retain(|_, askers| {
            askers.remove(&node);
            !askers.is_empty()
        });
    }

    /// Opens the slots of the questions that all servers have answered, and returns them.
    pub(super) fn take_answered(&mut self) -> SlotSet {
        let mut opened = SlotSet::default();
        self.questions.retain(|_, question| {
            let is_answered = question.waits_for.is_empty();
            if is_answered {
                opened.add(&question.slots);
            }
            !is_answered
        });
        self.open.add(&opened);
        self.askers.retain(|slot, _| !opened.contains(*slot));
        opened
    }

    /// Another server asks about these slots: it serves them, or believes so. Returns the slots that were claimed here.
    pub(super) fn give_up(&mut self, slots: &SlotSet, to: NodeId) -> SlotSet {
        let mut claimed = self.open.clone();
        for question in self.questions.values_mut() {
            claimed.add(&question.slots);
            question.slots.remove(slots);
        }
        claimed.keep(slots);
        self.open.remove(slots);
        for slot in slots.iter() {
            self.askers.entry(slot).or_default().insert(to);
        }
        claimed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(digit: usize) -> NodeId {
        NodeId::parse(format!("{digit:040x}").as_bytes()).unwrap()
    }

    fn slots(slots: &[u16]) -> SlotSet {
        let mut set = SlotSet::default();
        for slot in slots {
            set.insert(*slot);
        }
        set
    }

    fn nodes(digits: &[usize]) -> BTreeSet<NodeId> {
        digits.iter().map(|digit| node(*digit)).collect()
    }

    #[test]
    fn a_slot_is_open_when_all_have_answered() {
        let mut claims = Claims::default();
        let ask = claims.look(&slots(&[1, 2]), &nodes(&[7, 8])).unwrap();
        assert_eq!((ask.slots.iter().count(), ask.to.len()), (2, 2));
        assert!(claims.take_answered().is_empty() && claims.is_claimed(1));
        claims.answered(ask.number, node(7));
        assert!(claims.take_answered().is_empty() && !claims.is_open(1));
        claims.answered(ask.number, node(8));
        assert_eq!(claims.take_answered(), slots(&[1, 2]));
        assert!(claims.is_open(1) && !claims.is_waiting());
        assert_eq!(claims.look(&slots(&[1, 2]), &nodes(&[7])), None);
        let ask = claims.look(&slots(&[2, 3]), &nodes(&[7])).unwrap();
        assert_eq!(ask.slots, slots(&[3]));
        assert!(!claims.is_claimed(1), "the slot has left");
    }

    #[test]
    fn a_server_that_is_gone_need_not_answer() {
        for is_lost in [true, false] {
            let mut claims = Claims::default();
            let mine = slots(&[5]);
            claims.look(&mine, &nodes(&[7])).unwrap();
            if is_lost {
                claims.lost(node(7));
            } else {
                assert_eq!(claims.look(&mine, &nodes(&[])), None);
            }
            assert_eq!(claims.take_answered(), mine);
        }
        let mut alone = Claims::default();
        alone.look(&slots(&[5]), &nodes(&[])).unwrap();
        assert_eq!(alone.take_answered(), slots(&[5]));
    }

    #[test]
    fn a_slot_that_another_server_asks_for_is_asked_for_again() {
        let mut claims = Claims::default();
        let mine = slots(&[1, 2]);
        let ask = claims.look(&mine, &nodes(&[7])).unwrap();
        assert_eq!(claims.give_up(&slots(&[2, 3]), node(7)), slots(&[2]));
        assert_eq!(claims.askers(3), [node(7)]);
        claims.answered(ask.number, node(7));
        assert_eq!(claims.take_answered(), slots(&[1]));
        let again = claims.look(&mine, &nodes(&[7])).unwrap();
        assert_eq!(again.slots, slots(&[2]));
        claims.answered(ask.number, node(7));
        assert!(
            claims.take_answered().is_empty(),
            "that was another question"
        );
        claims.answered(again.number, node(7));
        assert_eq!(claims.take_answered(), slots(&[2]));
        assert!(claims.askers(2).is_empty());
        claims.give_up(&slots(&[3]), node(8));
        assert_eq!(claims.askers(3), [node(7), node(8)]);
        claims.lost(node(7));
        assert_eq!(claims.askers(3), [node(8)]);
    }
}
