//! Which function gets which kind of message of other servers.

use super::topology::NodeId;
use crate::redis::{Level, log};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The kind of a message: its first byte. All servers of a cluster have to agree on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tag(pub(crate) u8);

impl Tag {
    /// A heartbeat.
    pub(crate) const HELLO: Tag = Tag(1);
    /// A message of `RG.NETWORKTEST`.
    pub(crate) const NETWORK_TEST: Tag = Tag(2);
    /// A question.
    pub(crate) const QUESTION: Tag = Tag(3);
    /// The answer to a question.
    pub(crate) const ANSWER: Tag = Tag(4);
    /// A message about a run over all shards.
    pub(crate) const RUN: Tag = Tag(8);
    /// About streams of slots that move.
    pub(crate) const STREAMS: Tag = Tag(40);
    /// Messages about sessions that all shards have.
    pub(crate) const AGREEMENT: Tag = Tag(12);
    /// The sessions with time events of a server.
    pub(crate) const TIMERS: Tag = Tag(41);
    /// About keys with time events that move.
    pub(crate) const TIMER_KEYS: Tag = Tag(42);
    /// Dead letters of streams.
    pub(crate) const DEAD_LETTERS: Tag = Tag(43);
}

/// Gives the sender credit for the bytes of a message when it is dropped.
pub(super) struct Receipt {
    pub(super) give_back: Box<dyn FnOnce() + Send>,
}

/// A message of another server. While it lives, its sender waits with further ones of the bulk lane.
pub(crate) struct Message {
    from: NodeId,
    /// The kind, then the content.
    bytes: Vec<u8>,
    receipt: Option<Receipt>,
}

impl Message {
    pub(super) fn new(from: NodeId, bytes: Vec<u8>, receipt: Option<Receipt>) -> Message {
        Message {
            from,
            bytes,
            receipt,
        }
    }

    pub(crate) fn from(&self) -> NodeId {
        self.from
    }

    pub(crate) fn content(&self) -> &[u8] {
        self.bytes.get(1..).unwrap_or_default()
    }

    /// The content, without a copy of it.
    pub(crate) fn into_content(mut self) -> Content {
        Content(Arc::new(std::mem::take(&mut self.bytes)))
    }

    fn tag(&self) -> Option<Tag> {
        self.bytes.first().copied().map(Tag)
    }
}

/// The content of a message whose sender has its credit back.
#[derive(Debug, Clone)]
pub(crate) struct Content(Arc<Vec<u8>>);

impl Content {
    /// A content of these bytes.
    #[cfg(test)]
    pub(crate) fn of_test(bytes: Vec<u8>) -> Content {
        Content(Arc::new([vec![0], bytes].concat()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.get(1..).unwrap_or_default()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.content().len();
        write!(f, "{:?} of {length} bytes from {}", self.tag(), self.from)
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        if let Some(receipt) = self.receipt.take() {
            (receipt.give_back)();
        }
    }
}

/// A function that takes messages. It is called on the main thread with the server's lock, in the order of the messages of a lane.
/// It must not wait: it queues the message, or signals another thread.
type Handler = Arc<dyn Fn(Message) + Send + Sync>;

/// The functions by the kinds of messages.
#[derive(Default)]
pub(super) struct Mailbox {
    handlers: RwLock<HashMap<Tag, Handler>>,
    /// Kinds without a function that the log has told of.
    strange: Mutex<Vec<Tag>>,
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailbox")
    }
}

impl Mailbox {
    pub(super) fn on(&self, tag: Tag, handler: impl Fn(Message) + Send + Sync + 'static) {
        let mut handlers = self
            .handlers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        handlers.insert(tag, Arc::new(handler));
    }

    /// Hands a message to its function.
    pub(super) fn deliver(&self, message: Message) {
        // An engine adds the kind to each message.
        let Some(tag) = message.tag() else { return };
        let handler = self
            .handlers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&tag)
            .cloned();
        match handler {
            Some(handler) => handler(message),
            None => self.tell_of(tag, &message),
        }
    }

    /// Tells of a kind that this engine does not know, once.
    fn tell_of(&self, tag: Tag, message: &Message) {
        let mut strange = self.strange.lock().unwrap_or_else(PoisonError::into_inner);
        if strange.contains(&tag) {
            return;
        }
        strange.push(tag);
        log(
            Level::Warning,
            &format!(
                "messages of the kind {} from {} are ignored, because this engine does not know them: use the same version of the \
                 engine on all shards",
                tag.0, message.from
            ),
        );
    }
}
