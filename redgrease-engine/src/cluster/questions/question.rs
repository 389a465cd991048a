//! A question of another server, and answering it.

use super::bytes::{Answered, Name};
use super::send;
use crate::cluster::hub::{Hub, Unsent};
use crate::cluster::mailbox::Tag;
use crate::cluster::topology::NodeId;
use std::fmt;

/// A question of another server. It is answered once, at any time and by any thread. One that is dropped is refused.
pub(crate) struct Question {
    pub(super) hub: &'static Hub,
    pub(super) from: NodeId,
    pub(super) name: Name,
    pub(super) content: Vec<u8>,
    pub(super) is_answered: bool,
}

impl Question {
    pub(crate) fn content(&self) -> &[u8] {
        &self.content
    }

    pub(crate) fn answer(mut self, content: &[u8]) {
        self.send(true, content);
    }

    /// Answers that the question cannot be answered, and why.
    pub(crate) fn refuse(mut self, reason: &str) {
        self.send(false, reason.as_bytes());
    }

    fn send(&mut self, is_answer: bool, content: &[u8]) {
        self.is_answered = true;
        let answered = Answered {
            name: self.name,
            is_answer,
            content,
        };
        if send(self.hub, self.from, Tag::ANSWER, &answered.write()) == Err(Unsent::TooLong) {
            self.send(
                false,
                b"the answer is longer than a message between shards may be: ask for less",
            );
        }
        // A server that has left the cluster does not wait for the answer.
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if !self.is_answered {
            self.send(
                false,
                b"the question was dropped without an answer: look into the log of that shard, and ask again",
            );
        }
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.content.len();
        write!(f, "question of {length} bytes from {}", self.from)
    }
}
