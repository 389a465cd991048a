//! Commands that other shards answer.
//!
//! A command goes to another shard as a question. That shard runs it with the rights of the user who sent it here, and the answer is
//! its reply. The client is blocked meanwhile.
//!
//! | file | purpose |
//! |---|---|
//! | `ask.rs` | asking other shards |
//! | `settings.rs` | changing settings on all servers |
//! | `repeat.rs` | repeating a command on other servers |
//! | `request.rs` | a command on its way, and running it |
//! | `serve.rs` | the questions of other shards |

mod ask;
mod repeat;
mod request;
mod serve;
mod settings;

pub(super) use ask::{
    Asked, Place, Replies, answered, everywhere, everywhere_of, for_cluster, forward, has_failed,
    list_by_shard, missing, other_living_shards, other_servers, other_shards, place_of,
    tell_dropped, text,
};
pub(super) use repeat::repeat_on;
pub(super) use request::When;
pub(super) use serve::STILL_RUNNING;
pub(crate) use serve::start;
pub(super) use settings::change_everywhere;
