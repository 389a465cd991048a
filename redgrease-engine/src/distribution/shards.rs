//! The shards of one run, as its initiator saw them when it began: all of them agree on the owner of a key.

use crate::cluster::topology::{Health, Node, NodeId, SLOTS, Slots, Topology, slot_of};
use crate::encoding::{Damaged, Input, write_number};
use std::ops::RangeInclusive;

/// The most shards that a message may name.
const MOST: u64 = 16384;

/// The number of a shard in its run.
pub(super) type Number = usize;

/// The shards of a run. The initiator is the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shards {
    all: Vec<NodeId>,
    /// The owners of slots, in the order of the slots. Slots without an owner are left out.
    owners: Vec<(RangeInclusive<u16>, Number)>,
    /// The shard that this server is.
    mine: Number,
    /// The shards that had failed when the run began, and take no part. Only the initiator knows them.
    failed: Vec<NodeId>,
    /// The slots that no server had when the run began. Only the initiator knows them.
    unserved: Slots,
}

impl Shards {
    /// All shards, for a run that this server begins. `None` if it has to run here alone, because it is in no cluster, or has all slots. A replica
    /// begins runs as well: what it has is a part of the keys alone. A shard that has failed takes no part: the run works on what is
    /// there.
    pub(super) fn of(topology: &Topology) -> Option<Shards> {
        let myself = topology.myself()?;
        let other = |node: &&Node| !node.is_myself;
        let others = topology.shards().filter(other).count();
        let has_all_keys = myself.master.is_some() && others == 1;
        let is_alone = others == 0 || has_all_keys;
        // One that lacks slots says so, as the shards of a run do.
        if is_alone && topology.unserved().is_empty() {
            return None;
        }
        let living = topology.living_shards().filter(other);
        let nodes: Vec<_> = std::iter::once(myself).chain(living).collect();
        let mut owners: Vec<_> = nodes
            .iter()
            .enumerate()
            .flat_map(|(number, node)| {
                let ranges = node.slots.ranges().iter();
                ranges.map(move |range| (range.clone(), number))
            })
            .collect();
        owners.sort_by_key(|(range, _)| *range.start());
        Some(Shards {
            all: nodes.iter().map(|node| node.id).collect(),
            owners,
            mine: 0,
            failed: topology
                .shards()
                .filter(|node| node.health == Health::Failed)
                .map(|node| node.id)
                .collect(),
            unserved: topology.unserved(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn mine(&self) -> Number {
        self.mine
    }

    /// `true` if this server has begun the run.
    pub(super) fn is_initiator(&self) -> bool {
        self.mine == 0
    }

    pub(super) fn id(&self, number: Number) -> Option<NodeId> {
        self.all.get(number).copied()
    }

    pub(super) fn number(&self, id: NodeId) -> Option<Number> {
        self.all.iter().position(|one| *one == id)
    }

    /// All shards but this one.
    pub(super) fn others(&self) -> impl Iterator<Item = (Number, NodeId)> {
        let all = self.all.iter().copied().enumerate();
        all.filter(|(number, _)| *number != self.mine)
    }

    /// The shard that takes the records of a key. Those of a slot that no shard serves go to the initiator.
    pub(super) fn owner(&self, key: &[u8]) -> Number {
        let slot = slot_of(key);
        let behind = self
            .owners
            .partition_point(|(range, _)| *range.start() <= slot);
        let range = behind.checked_sub(1).and_then(|at| self.owners.get(at));
        range
            .filter(|(range, _)| range.contains(&slot))
            .map_or(0, |(_, number)| *number)
    }

    /// A shard that takes no part, because it had failed when the run began.
    pub(super) fn failed(&self) -> Option<NodeId> {
        self.failed.first().copied()
    }

    /// The slots that no server had when the run began.
    pub(super) fn unserved(&self) -> &Slots {
        &self.unserved
    }

    /// `true` if a server had slots when the run began. One that begins a run may have none.
    pub(super) fn has_slots(&self, number: Number) -> bool {
        self.owners.iter().any(|(_, owner)| *owner == number)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write_number(out, self.all.len() as u64);
        for id in &self.all {
            out.extend_from_slice(id.as_bytes());
        }
        write_number(out, self.owners.len() as u64);
        for (range, number) in &self.owners {
            out.extend_from_slice(&range.start().to_le_bytes());
            out.extend_from_slice(&range.end().to_le_bytes());
            write_number(out, *number as u64);
        }
    }

    /// Reads the shards of a run in which this server is `me`.
    pub(super) fn read(input: &mut Input<'_>, me: NodeId) -> Result<Shards, Damaged> {
        let all = input.many(|input| NodeId::parse(&input.array::<40>()?).ok_or(Damaged::Wrong))?;
        if all.len() as u64 > MOST {
            return Err(Damaged::Wrong);
        }
        let slot = |input: &mut Input<'_>| {
            let slot = u16::from_le_bytes(input.array()?);
            (slot < SLOTS).then_some(slot).ok_or(Damaged::Wrong)
        };
        let owners = input.many(|input| {
            let range = slot(input)?..=slot(input)?;
            let number = usize::try_from(input.number()?).map_err(|_| Damaged::Wrong)?;
            (number < all.len())
                .then_some((range, number))
                .ok_or(Damaged::Wrong)
        })?;
        let mine = all.iter().position(|id| *id == me);
        Ok(Shards {
            mine: mine.ok_or(Damaged::Wrong)?,
            all,
            owners,
            failed: Vec::new(),
            unserved: Slots::default(),
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn id(digit: char) -> NodeId {
        NodeId::parse(digit.to_string().repeat(40).as_bytes()).unwrap()
    }

    pub(crate) fn topology(myself: char) -> Topology {
        let line = |digit: char, port: u16, slots: &str| {
            let flags = if digit == myself {
                "myself,master"
            } else {
                "master"
            };
            format!(
                "{} 127.0.0.1:{port}@1{port} {flags} - 0 0 {port} connected {slots}\n",
                id(digit)
            )
        };
        let replica = format!(
            "{} 127.0.0.1:4@14 slave {} 0 0 1 connected\n",
            id('d'),
            id('a')
        );
        let text = [
            line('b', 2, "5461-10922"),
            line('a', 1, "0-5460"),
            line('c', 3, "10923-16000"),
            replica,
        ];
        Topology::parse(&text.concat())
    }

    #[test]
    fn the_initiator_is_the_first_shard_and_replicas_are_none() {
        let shards = Shards::of(&topology('b')).unwrap();
        assert_eq!(shards.all, [id('b'), id('a'), id('c')]);
        assert!(shards.is_initiator());
        let others: Vec<_> = shards.others().collect();
        assert_eq!(others, [(1, id('a')), (2, id('c'))]);
        assert_eq!(shards.number(id('c')), Some(2));
        assert_eq!(shards.number(id('d')), None);
    }

    #[test]
    fn keys_go_to_their_owners_and_others_to_the_initiator() {
        let shards = Shards::of(&topology('b')).unwrap();
        for (key, owner) in [("foo", 2), ("bar", 1), ("hello", 1), ("b", 1), ("user", 0)] {
            let node = topology('b').owner(slot_of(key.as_bytes())).unwrap().id;
            assert_eq!(
                shards.id(shards.owner(key.as_bytes())),
                Some(node),
                "{key} {owner}"
            );
        }
        let unserved = (0..1000)
            .map(|n: u32| n.to_string())
            .find(|key| slot_of(key.as_bytes()) > 16000);
        assert_eq!(shards.owner(unserved.unwrap().as_bytes()), 0);
    }

    #[test]
    fn a_replica_begins_runs_for_the_shards() {
        let text = |slots: &str, others: &str| {
            Topology::parse(&format!(
                "{} :1@2 myself,slave {} 0 0 0 connected\n{} :2@3 master - 0 0 0 connected {slots}\n{others}",
                id('a'),
                id('b'),
                id('b')
            ))
        };
        assert_eq!(Shards::of(&text("0-16383", "")), None, "it has all keys");
        let lacking = Shards::of(&text("0-99", "")).unwrap();
        assert_eq!(
            lacking.all,
            [id('a'), id('b')],
            "the run says what is missing"
        );
        let another = format!("{} :3@4 master - 0 0 0 connected 100-199\n", id('c'));
        let shards = Shards::of(&text("0-99", &another)).unwrap();
        assert_eq!(shards.all, [id('a'), id('b'), id('c')]);
        assert!(shards.is_initiator() && !shards.has_slots(0) && shards.has_slots(1));
        assert!(Shards::of(&topology('b')).unwrap().has_slots(0));
    }

    #[test]
    fn a_shard_that_has_failed_takes_no_part() {
        let b = format!("{} :2@12 master - 0 0 2 connected 100-199\n", id('b'));
        let with = |other: &str| {
            let own = format!("{} :1@11 myself,master - 0 0 1 connected 0-99\n", id('a'));
            let failed = format!("{} :3@13 master,fail - 0 0 3 connected 200-299\n", id('c'));
            Shards::of(&Topology::parse(&[&own, other, &failed].concat())).unwrap()
        };
        assert_eq!(with(&b).all, [id('a'), id('b')]);
        assert_eq!(with(&b).failed(), Some(id('c')));
        assert_eq!(Shards::of(&topology('b')).unwrap().failed(), None);
        // One that is left alone does not have all keys, and says so.
        assert_eq!(with("").all, [id('a')]);
    }

    #[test]
    fn one_shard_that_lacks_slots_has_a_run_that_says_so() {
        let own = format!("{} :1@11 myself,master - 0 0 1 connected 0-99\n", id('a'));
        let shards = Shards::of(&Topology::parse(&own)).unwrap();
        assert_eq!(shards.all, [id('a')]);
        assert_eq!(shards.unserved().ranges(), [100..=16383]);
    }

    #[test]
    fn one_shard_runs_alone() {
        let alone = Topology::parse(&format!(
            "{} 127.0.0.1:1@11 myself,master - 0 0 1 connected 0-16383\n",
            id('a')
        ));
        assert_eq!(Shards::of(&alone), None);
        assert_eq!(Shards::of(&Topology::default()), None);
        let without_slots = Topology::parse(&format!(
            "{} :1@11 myself,master - 0 0 1 connected\n",
            id('a')
        ));
        let shards = Shards::of(&without_slots).unwrap();
        assert_eq!(shards.unserved().ranges(), [0..=16383], "it says so");
        let replica = Topology::parse(&format!(
            "{a} 127.0.0.1:1@11 master - 0 0 1 connected 0-16383\n{d} 127.0.0.1:4@14 myself,slave {a} 0 0 1 connected\n",
            a = id('a'),
            d = id('d')
        ));
        assert_eq!(Shards::of(&replica), None);
    }

    #[test]
    fn another_shard_reads_what_was_written() {
        let shards = Shards::of(&topology('b')).unwrap();
        let mut out = Vec::new();
        shards.write(&mut out);
        let read = Shards::read(&mut Input::new(&out), id('c')).unwrap();
        assert_eq!(read.mine(), 2);
        assert!(!read.is_initiator());
        // What is missing is told by the initiator.
        let of_initiator = Shards {
            mine: 0,
            unserved: shards.unserved().clone(),
            ..read
        };
        assert_eq!(of_initiator, shards);
        assert_eq!(
            Shards::read(&mut Input::new(&out), id('e')),
            Err(Damaged::Wrong)
        );
    }

    proptest! {
        #[test]
        fn damaged_bytes_do_no_harm(place in 0..400usize, byte: u8, cut in 0..400usize) {
            let mut out = Vec::new();
            Shards::of(&topology('b')).unwrap().write(&mut out);
            if let Some(changed) = out.get_mut(place) {
                *changed = byte;
            }
            out.truncate(out.len().saturating_sub(cut / 4));
            if let Ok(shards) = Shards::read(&mut Input::new(&out), id('a')) {
                prop_assert!(shards.owner(b"foo") < shards.len());
            }
        }
    }
}
