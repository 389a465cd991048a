//! Runs over all shards of a cluster.
//!
//! The shard that begins a run sends its plan to all others. Each shard has a part of the run: an execution with the id of the
//! first one, which runs the same steps. Movers bring records to the shard where they go on.
//!
//! | file | purpose |
//! |---|---|
//! | `begin.rs` | the beginning of runs, here and on other shards |
//! | `part/` | the part of this shard in a run |
//! | `failure.rs` | the errors of runs that fail because of other shards |
//! | `arrivals.rs` | the records that come from other shards |
//! | `outbox.rs` | the records that go to other shards |
//! | `run_id.rs` | the name of a run |
//! | `runs.rs` | the runs that this shard takes part in, and what comes for them |
//! | `reading.rs`, `keys.rs` | which shard reads which slot: the decision, and the messages about it |
//! | `waiting.rs` | messages that come before the beginning of their run |
//! | `shards.rs` | the shards of a run, and the owners of keys |
//! | `message.rs` | what the shards tell each other, as bytes |
//! | `session.rs` | the session of a part, and its plan |
//! | `plans.rs` | plans on their way to other shards |
//! | `cause.rs` | the cause of the executions on other shards |
//! | `alive.rs` | shards that are lost while a run needs them |

mod alive;
mod arrivals;
mod begin;
mod cause;
mod failure;
mod keys;
mod message;
mod outbox;
mod part;
mod plans;
mod reading;
mod run_id;
mod runs;
mod session;
mod shards;
#[cfg(test)]
mod tests;
mod waiting;

pub(crate) use begin::{Reads, has_other_shards, is_shared, on_all_shards};
pub(crate) use session::{Found, SessionOfPart, Then, Wanted};

use crate::cluster::{self, Tag, topology};

/// Takes part in the runs of other shards from now on, if this server was started for a cluster.
pub(crate) fn start(session_of_part: SessionOfPart) {
    let Some(hub) = cluster::hub() else { return };
    session::set_sessions(session_of_part);
    hub.on(Tag::RUN, runs::receive);
    alive::start(hub);
    topology::subscribe(keys::on_change);
}
