//! The work of a run that is not done, on the shard that began the run.

use super::task::Task;
use crate::cluster::topology::{NodeId, SLOTS, Slots, Topology, slot_of};
use std::collections::BTreeMap;

/// What a shard has to read.
#[derive(Debug, Clone, Copy, Default)]
struct Given {
    /// The tasks that it has not reported.
    tasks: usize,
    /// The number of slots and keys in them.
    items: usize,
}

/// Which shard reads which slot.
#[derive(Debug)]
pub(crate) struct Assignment {
    /// Slots and keys that no shard has to read.
    open: Task,
    given: BTreeMap<NodeId, Given>,
}

impl Assignment {
    /// All slots are open.
    pub(crate) fn of_all_slots() -> Assignment {
        Assignment::of(Task {
            slots: (0..SLOTS).collect(),
            names: Vec::new(),
        })
    }

    /// One key is open.
    pub(crate) fn of_key(name: &[u8]) -> Assignment {
        Assignment::of(Task {
            slots: Vec::new(),
            names: vec![(slot_of(name), name.to_vec())],
        })
    }

    pub(super) fn of(open: Task) -> Assignment {
        Assignment {
            open,
            given: BTreeMap::new(),
        }
    }

    /// Gives what is open to the shards that have it, as far as this shard knows. What no shard of `topology` has stays open, and
    /// so does what has an owner that does not take part.
    pub(crate) fn give(
        &mut self,
        topology: &Topology,
        takes_part: impl Fn(NodeId) -> bool,
    ) -> BTreeMap<NodeId, Task> {
        let mut tasks: BTreeMap<NodeId, Task> = BTreeMap::new();
        let open = std::mem::take(&mut self.open);
        let owners = Owners::of(topology, takes_part);
        for slot in open.slots {
            match owners.owner(slot) {
                Some(shard) => tasks.entry(shard).or_default().slots.push(slot),
                None => self.open.slots.push(slot),
            }
        }
        for name in open.names {
            match owners.owner(name.0) {
                Some(shard) => tasks.entry(shard).or_default().names.push(name),
                None => self.open.names.push(name),
            }
        }
        for (shard, task) in &tasks {
            let given = self.given.entry(*shard).or_default();
            given.tasks += 1;
            given.items += task.len();
        }
        tasks
    }

    /// A shard has done its next `tasks` tasks, and gives `back` what it could not read of them. Returns `false` if that is all of
    /// them: the run has not come any further.
    pub(crate) fn report(&mut self, shard: NodeId, tasks: usize, back: Task) -> bool {
        let mut items = 0;
        if let Some(given) = self.given.get_mut(&shard) {
            given.tasks = given.tasks.saturating_sub(tasks);
            if given.tasks == 0 {
                items = std::mem::take(&mut given.items);
            }
        }
        let goes_on = back.is_empty() || back.len() != items;
        self.open.slots.extend(back.slots);
        self.open.names.extend(back.names);
        goes_on
    }

    /// `true` if something is open: it waits until a slot is in one place.
    pub(crate) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The slots that are open, for an error.
    pub(crate) fn open_slots(&self) -> Slots {
        self.open.all_slots()
    }

    /// `true` if something is open that belongs to no server of the cluster.
    pub(crate) fn has_unserved(&self, topology: &Topology) -> bool {
        let owners = Owners::of(topology, |_| true);
        let open = self.open.all_slots();
        open.iter().any(|slot| owners.owner(slot).is_none())
    }

    /// Gives up what is open and belongs to no server of the cluster. Returns those slots.
    pub(crate) fn give_up_unserved(&mut self, topology: &Topology) -> Slots {
        let owners = Owners::of(topology, |_| true);
        let is_served = |slot: u16| owners.owner(slot).is_some();
        let open = std::mem::take(&mut self.open);
        let (slots, unserved) = open.slots.into_iter().partition(|slot| is_served(*slot));
        let (names, without_server) = open.names.into_iter().partition(|name| is_served(name.0));
        self.open = Task { slots, names };
        let given_up = Task {
            slots: unserved,
            names: without_server,
        };
        given_up.all_slots()
    }

    /// A shard has something to read.
    pub(crate) fn is_being_read(&self) -> bool {
        self.given.values().any(|given| given.tasks > 0)
    }

    /// A shard has something to read, and has not reported it.
    pub(crate) fn is_being_read_by(&self, shard: NodeId) -> bool {
        let given = self.given.get(&shard);
        given.is_some_and(|given| given.tasks > 0)
    }

    /// Everything was read.
    pub(crate) fn is_done(&self) -> bool {
        !self.has_open() && !self.is_being_read()
    }
}

/// The owners of all slots, for many questions. A shard that has failed serves none.
struct Owners(Vec<(u16, u16, NodeId)>);

impl Owners {
    fn of(topology: &Topology, takes_part: impl Fn(NodeId) -> bool) -> Owners {
        let shards = topology.living_shards();
        let shards = shards.filter(|shard| takes_part(shard.id));
        let ranges = shards.flat_map(|shard| {
            let ranges = shard.slots.ranges().iter();
            ranges.map(|range| (*range.start(), *range.end(), shard.id))
        });
        let mut ranges: Vec<_> = ranges.collect();
        ranges.sort_unstable();
        Owners(ranges)
    }

    fn owner(&self, slot: u16) -> Option<NodeId> {
        let behind = self.0.partition_point(|(first, ..)| *first <= slot);
        let (_, last, shard) = self.0.get(behind.checked_sub(1)?)?;
        (slot <= *last).then_some(*shard)
    }
}
