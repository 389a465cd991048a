//! Agreement about sessions: all shards of a cluster have the same ones.
//!
//! | file | purpose |
//! |---|---|
//! | `change.rs` | a change of sessions |
//! | `message.rs` | what shards tell each other about changes, as bytes |
//! | `round.rs` | a change that begins here: prepared on all shards, then made by all or by none |
//! | `promises.rs` | what changes have locked that are prepared and not made |
//! | `proposals.rs` | the changes that begin here |
//! | `proposals/decisions.rs` | what becomes of them |
//! | `prepared.rs` | the changes of other shards |
//! | `catch_up.rs` | changes that this shard has missed, or others |
//! | `state.rs` | the state of all of it, and what it does with each event |
//! | `local.rs`, `server.rs` | what is asked of this server, and its answers |
//! | `present.rs` | changes and sessions as they are in the registry |
//! | `worker.rs` | the thread that does all of it |
//!
//! Two changes of one session, or of one name, at the same time are refused where they meet. If they do not meet, because the shards
//! do not reach each other, the later stamp wins on every shard, and of equal counters the greater shard id.

mod catch_up;
mod change;
mod local;
mod message;
mod prepared;
mod present;
mod promises;
mod proposals;
mod round;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use change::{Op, Refusal};
pub(crate) use proposals::{Answer, End};
pub(crate) use worker::start;

use crate::cluster;
use change::Own;
use state::Event;

/// `true` if this server is a node of a cluster: its changes go through [`propose`].
pub(crate) fn is_on() -> bool {
    cluster::hub().is_some() && worker::runs()
}

/// Makes a change on all shards. `end` is called when all can make it, or when it is given up. Without other shards that is at once.
pub(crate) fn propose(ops: Vec<Op>, end: End) {
    worker::tell(Event::Proposed(ops, end));
}

/// Tells the other shards of a change that was made here already, because its client cannot wait.
pub(crate) fn made(op: Op) {
    worker::tell(Event::Made(Own::Removed(op)));
}
