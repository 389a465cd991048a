//! The errors of runs that fail because of other shards.

use crate::cluster::LONGEST;
use crate::cluster::topology::NodeId;

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
    let shard = shard.map_or_else(
        || "another shard".to_owned(),
        |id| format!("the shard {id}"),
    );
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
