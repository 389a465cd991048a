//! Reading each key of a cluster once, while slots move: which shard reads which slot.
//!
//! | file | purpose |
//! |---|---|
//! | `task.rs` | slots and keys that one shard reads |
//! | `assignment.rs` | the shard that began the run: what is read, what is being read, what is open |
//! | `share.rs` | each shard: what it reads, a piece at a time, and what it gives back |
//!
//! **What is promised.** A key that exists during the whole run is read exactly once, also when its slot moves, as often as it may.
//! A key that is made, removed or renamed meanwhile is read once or not at all.
//!
//! **Why it holds.** A slot is given to one shard. The shard lists the names of the slot while the slot is there as a whole, and
//! from then on this list stands for the slot. A name of the list whose key has left is given back as a name, and is read where
//! its slot is then. A slot that is in two places is given back, and is read when it is in one.
//!
//! **Its limits.** The names of one slot are in memory at once. A slot that does not come to rest, or goes to a server that takes no part
//! in the run, ends the run with an error.
//! Values are those of the moment at which their key is read, as on one server.

mod assignment;
mod share;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use assignment::Assignment;
pub(crate) use share::{Place, Report, Share, SlotKeys, Standing};
pub(crate) use task::Task;
