//! Streams of a cluster whose slots move from shard to shard.
//!
//! A stream moves with its group: the messages that were delivered and not acknowledged are pending at the new shard as well. The
//! old shard may still handle some of them. So the new shard asks before it reads, and the old one tells it in the end.
//!
//! | file | purpose |
//! |---|---|
//! | `claims.rs` | the slots whose streams this shard may read |
//! | `simulation.rs` | servers that ask each other, in tests |
//! | `slot_set.rs` | sets of slots |
//! | `words.rs` | the messages between the servers |
//! | `asking.rs` | asking about slots, and answering |
//! | `unserved.rs` | streams that the server does not serve at the moment |
//!
//! A server that was not started for a cluster has none of it.

mod asking;
mod claims;
#[cfg(test)]
mod simulation;
mod slot_set;
mod unserved;
mod words;

pub(crate) use asking::follow_cluster;
pub(super) use asking::{may_read, tell_askers};
pub(super) use unserved::{AGAIN, is_served, moves, try_later};

use crate::cluster;

/// `true` on a server of a cluster.
pub(super) fn is_possible() -> bool {
    cluster::hub().is_some()
}
