//! The errors of runs that fail because of other shards.

use crate::cluster::LONGEST;
use crate::cluster::topology::{NodeId, Slots};

/// The most ranges of slots that an error names.
const NAMED: usize = 10;

/// How an error names a shard.
fn named(shard: Option<NodeId>) -> String {
    shard.map_or_else(
        || "another shard".to_owned(),
        |id| format!("the shard {id}"),
    )
}

/// The error of a run whose part on a shard has ended too early.
pub(super) fn incomplete(shard: Option<NodeId>) -> String {
    let shard = named(shard);
    format!(
        "ERR the run was stopped: {shard} has ended without all of its records: run it again, and report it"
    )
}

/// The error of a run of which a shard could not read a message.
pub(super) fn does_not_understand(shard: Option<NodeId>) -> String {
    let shard = named(shard);
    format!(
        "ERR the run was stopped: {shard} did not understand a message of it: use the same version of the engine on all shards, and run \
         it again"
    )
}

/// The error of a run that has so many bytes for another shard in one message.
pub(super) fn too_long(bytes: usize) -> String {
    format!(
        "ERR the run was stopped: a message of {bytes} bytes is too long for another shard (the limit is {LONGEST}): use smaller \
         records, or move fewer of them"
    )
}

/// The error of a run whose shard is lost.
pub(super) fn lost(shard: NodeId, why: &str) -> String {
    format!(
        "Execution max idle reached: the shard {shard} is lost, {why}: run it again when the cluster is well"
    )
}

/// The error of a run in which a shard takes no part. The others have done theirs.
pub(super) fn absent(shard: NodeId) -> String {
    format!(
        "ERR only the other shards have run it: the shard {shard} has failed. Run it again when that is back, or when a replica has taken \
         its place"
    )
}

/// The error of a run that goes to all shards while no server has some slots: their shard takes no part.
pub(super) fn unserved(missing: &Slots) -> String {
    format!(
        "ERR only the shards that are there have run it: no server of the cluster serves {}. Run it again when a server has them (CLUSTER \
         ADDSLOTSRANGE gives them to one)",
        named_slots(missing)
    )
}

/// Slots as an error names them.
pub(super) fn named_slots(slots: &Slots) -> String {
    let ranges = slots.ranges();
    let mut names: Vec<String> = ranges
        .iter()
        .take(NAMED)
        .map(|range| match (range.start(), range.end()) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        })
        .collect();
    if ranges.len() > NAMED {
        names.push(format!("{} others", ranges.len() - NAMED));
    }
    let noun = if slots.len() == 1 { "slot" } else { "slots" };
    format!("{noun} {}", names.join(", "))
}
