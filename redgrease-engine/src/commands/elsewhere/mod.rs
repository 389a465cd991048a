//! Commands that other shards answer.
//!
//! A command goes to another shard as a question. That shard runs it with the rights of the user who sent it here, and the answer is
//! its reply. The client is blocked meanwhile.
//!
//! | file | purpose |
//! |---|---|
//! | `ask.rs` | asking other shards |
//! | `request.rs` | a command on its way, and running it |
//! | `serve.rs` | the questions of other shards |

mod ask;
mod request;
mod serve;

pub(super) use ask::{Place, Replies, everywhere, forward, other_shards, place_of, tell_dropped};
pub(super) use request::When;
pub(super) use serve::STILL_RUNNING;
pub(crate) use serve::start;
