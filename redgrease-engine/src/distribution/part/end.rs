//! The end of a part.

use super::super::message::{Done, Message};
use super::super::runs::runs;
use super::{Part, State};
use crate::execution::{Body, PartEnd};
use std::sync::Arc;

impl Part {
    /// The part has ended: the initiator is told, or the initiator tells the others.
    pub(super) fn end(&self, end: &PartEnd<'_>) {
        let (execution, reading, done, is_dismissed) = {
            let mut state = self.state();
            if state.is_over {
                return;
            }
            state.is_over = true;
            let ended = State {
                is_over: true,
                ended_elsewhere: state.done.len(),
                ..State::default()
            };
            let ended = std::mem::replace(&mut *state, ended);
            (
                ended.execution,
                ended.reading,
                ended.done,
                ended.is_dismissed,
            )
        };
        if let Some(body) = reading {
            end_reading(&body);
        }
        self.outbox.clear();
        let Some(shards) = self.shards().filter(|_| runs().remove(self.run)) else {
            return drop(execution);
        };
        if shards.is_initiator() {
            let reason = match end {
                PartEnd::Complete { .. } => "",
                PartEnd::Stopped(reason) => reason,
            };
            for (number, _) in shards.others() {
                if !done.contains_key(&number) {
                    self.send(number, &Message::Abort(reason.to_owned()));
                }
            }
        } else if !is_dismissed {
            let done = match end {
                PartEnd::Complete { errors } => Done::Complete(errors.to_vec()),
                PartEnd::Stopped(reason) => Done::Stopped((*reason).to_owned()),
            };
            self.send(0, &Message::Done(done));
        }
        // Dropping results may run Python.
        drop(execution);
    }
}

/// Stops the Python that reads a plan, if it has not ended.
pub(super) fn end_reading(body: &Arc<Body>) {
    if !body.is_over() {
        body.abort(|| ());
    }
}
