//! Registrations that wait for messages of streams.
//!
//! All registrations read as one consumer of one group, whose name RedisGears gave it. A stream is read in batches, one at a
//! time: first the messages that were delivered before and never acknowledged, then new ones. A batch that was handled is
//! acknowledged, and removed from the stream if the registration says so.
//!
//! | file | purpose |
//! |---|---|
//! | `filter.rs` | the messages that a registration waits for, and its state |
//! | `stream.rs` | the state of one stream |
//! | `server.rs` | the trait through which streams are read |
//! | `group.rs` | the commands of the consumer group |
//! | `listen.rs` | the events of the server: messages that come, streams that go |
//! | `owner.rs` | the user whose rights the handlers have |
//! | `pace.rs` | how long sync batches keep the server from its clients |
//! | `pump.rs` | from messages to batches |
//! | `batch.rs` | a batch as the cause of an execution |
//! | `failures.rs` | the options for batches that fail |
//! | `settle.rs` | acknowledging a batch, or reading it again |
//! | `tries.rs` | counting the tries of messages, and giving them up |
//! | `dead_letter.rs` | messages that are given up |
//! | `far_letters.rs`, `far_words.rs` | dead letters for a stream of another shard, and the messages about them |
//! | `failure_text.rs` | the text of a failed execution |
//! | `in_flight.rs` | the messages that are being handled |
//! | `debts.rs` | handled messages of streams that are gone and may come back |
//! | `elsewhere.rs` | streams of which other servers still have messages in hand |
//! | `moving/` | streams of a cluster whose slots move from shard to shard |

mod batch;
mod dead_letter;
mod debts;
mod elsewhere;
mod failure_text;
mod failures;
mod far_letters;
mod far_words;
mod filter;
mod group;
mod in_flight;
mod listen;
mod moving;
mod owner;
mod pace;
mod pump;
mod server;
mod settle;
mod stream;
#[cfg(test)]
mod tests;
mod tries;

pub(crate) use dead_letter::{dead_letters, dropped_messages};
pub(crate) use failures::{Failures, OnFailed};
pub(crate) use filter::StreamsFilter;
pub(crate) use listen::{
    Begin, all_are_gone, all_are_others, known, on_event, resume, start, start_all, take_over,
};
pub(crate) use moving::follow_cluster;
