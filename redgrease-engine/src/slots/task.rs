//! Slots and keys that one shard reads.

use crate::cluster::topology::{SLOTS, Slots, slot_of};
use crate::encoding::{Damaged, Input, write_bytes, write_number};

/// The name of a key, with its slot.
pub(crate) type Name = (u16, Vec<u8>);

/// Work for one shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Task {
    /// Slots to read as a whole.
    pub(crate) slots: Vec<u16>,
    /// Keys to read by their names.
    pub(crate) names: Vec<Name>,
}

impl Task {
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.names.is_empty()
    }

    /// The number of slots and keys.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() + self.names.len()
    }

    /// The slots, and the slots of the keys.
    pub(crate) fn all_slots(&self) -> Slots {
        let of_names = self.names.iter().map(|(slot, _)| *slot);
        let all = self.slots.iter().copied().chain(of_names);
        Slots::of(all.map(|slot| slot..=slot).collect())
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let slots = Slots::of(self.slots.iter().map(|slot| *slot..=*slot).collect());
        write_number(out, slots.ranges().len() as u64);
        for range in slots.ranges() {
            write_number(out, (*range.start()).into());
            write_number(out, (*range.end()).into());
        }
        write_number(out, self.names.len() as u64);
        for (_, name) in &self.names {
            write_bytes(out, name);
        }
    }

    pub(crate) fn read(input: &mut Input<'_>) -> Result<Task, Damaged> {
        let ranges = input.many(|input| {
            let (first, last) = (slot(input)?, slot(input)?);
            Ok::<_, Damaged>(first..=last)
        })?;
        let names = input.many(|input| {
            let name = input.bytes()?.to_vec();
            Ok::<_, Damaged>((slot_of(&name), name))
        })?;
        Ok(Task {
            slots: Slots::of(ranges).iter().collect(),
            names,
        })
    }
}

fn slot(input: &mut Input<'_>) -> Result<u16, Damaged> {
    let number = u16::try_from(input.number()?).ok();
    number.filter(|slot| *slot < SLOTS).ok_or(Damaged::Wrong)
}
