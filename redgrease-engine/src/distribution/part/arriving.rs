//! What comes for a part from the other shards. All of it is taken on the main thread.

use super::super::arrivals::Batch;
use super::super::failure::{does_not_understand, incomplete};
use super::super::message::{Done, Message};
use super::super::shards::Number;
use super::{Part, State};
use crate::cluster::Content;
use crate::execution::stop_part;
use crate::steps::MoverId;

impl Part {
    /// Records have come; they are in `content` from `begin` on.
    pub(in crate::distribution) fn take_batch(
        &self,
        from: Number,
        mover: MoverId,
        content: Content,
        begin: usize,
    ) {
        let mut state = self.state();
        if state.is_over {
            return;
        }
        let batch = Batch {
            from,
            content,
            begin,
        };
        state.arrivals.add(mover, batch);
        let execution = state.execution.clone();
        drop(state);
        self.wake(execution);
    }

    /// Another message has come.
    pub(in crate::distribution) fn take_message(&self, from: Number, message: Message<'_>) {
        let mut state = self.state();
        if state.is_over {
            return;
        }
        match message {
            Message::Ended(mover) => state.arrivals.end(mover, from),
            Message::Enough if from == 0 => state.enough = true,
            Message::Taken(mover, bytes) => {
                if !self.outbox.taken(mover, from, bytes) {
                    return;
                }
            }
            Message::Done(Done::Complete(errors)) => {
                if self.lacks_an_end(&state, from) {
                    drop(state);
                    let shard = self.shards().and_then(|shards| shards.id(from));
                    return self.fail(&incomplete(shard));
                }
                state.done.insert(from, errors);
            }
            // The part has not ended as others do: without its records, the results are not whole.
            Message::Done(Done::Stopped(reason)) => {
                drop(state);
                let shard = self.shards().and_then(|shards| shards.id(from));
                return self.fail(&match shard {
                    Some(shard) => format!("{reason} (on the shard {shard})"),
                    None => reason,
                });
            }
            Message::NotRead => {
                drop(state);
                let shard = self.shards().and_then(|shards| shards.id(from));
                return self.fail(&does_not_understand(shard));
            }
            Message::Read(report) => {
                drop(state);
                return self.take_report(from, report);
            }
            Message::Task(task) if from == 0 => {
                drop(state);
                self.share.add(task);
                return self.wake_reader();
            }
            Message::AllRead if from == 0 => self.share.end(),
            Message::Abort(reason) if from == 0 => {
                state.is_dismissed = true;
                state.failed.get_or_insert(reason);
                let execution = state.execution.clone();
                drop(state);
                match execution {
                    Some(execution) => stop_part(execution, None),
                    None => self.refuse(""),
                }
                return;
            }
            // Batches come with their content, and a run starts once.
            Message::Start(_)
            | Message::Batch(..)
            | Message::Enough
            | Message::Task(_)
            | Message::AllRead
            | Message::Abort(_) => return,
        }
        let execution = state.execution.clone();
        drop(state);
        self.wake(execution);
    }

    /// A shard has not ended what is in front of a mover, and never will if its part has ended.
    fn lacks_an_end(&self, state: &State, from: Number) -> bool {
        let movers = self.layout().map_or(0, |layout| layout.gathers.len());
        !state.arrivals.has_ended_all(movers, from)
    }
}
