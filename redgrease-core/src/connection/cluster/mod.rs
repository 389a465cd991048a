//! Clusters: a connection or pool for each node, and the way of each command to its node.
//!
//! * `slots`: which node serves which slot. `key`: the slot of a command. `way`: which nodes a command goes to.
//! * `followed`: the slots as this connection knows them. `outcome`: what an answer says about the way.
//! * `node`: what is asked of the connection to one node. `nodes`: all of them; sends commands and follows redirections.
//! * `late`: the node that has not answered in time.
//! * `pipeline`: several commands in one go. `split`: commands of keys in several slots.

mod followed;
mod key;
mod late;
mod node;
mod nodes;
mod outcome;
mod pipeline;
mod slots;
mod split;
mod way;

pub(crate) use followed::Followed;
pub(super) use late::node as late_node;
pub(super) use node::{Node, Sending, now};
pub(super) use nodes::Nodes;
