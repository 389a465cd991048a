//! Streams and their consumer group as lists of messages.

use super::super::group::MessageId;
use crate::plan::Message;
use std::collections::{BTreeMap, BTreeSet};

/// All streams of a server.
#[derive(Default)]
pub(super) struct Streams(BTreeMap<Vec<u8>, Stream>);

#[derive(Default)]
struct Stream {
    messages: Vec<MessageId>,
    group: Option<Group>,
}

struct Group {
    /// The last message that was delivered.
    last: MessageId,
    /// The messages that were delivered and not acknowledged.
    pending: BTreeSet<MessageId>,
}

fn id(bytes: &[u8]) -> MessageId {
    MessageId::parse(bytes).unwrap()
}

/// The time when the message with this id was added.
pub(super) fn millis(bytes: &[u8]) -> u64 {
    id(bytes).millis
}

fn text(id: MessageId) -> Vec<u8> {
    id.to_string().into_bytes()
}

fn message(id: MessageId) -> Message {
    Message {
        id: text(id),
        fields: Vec::new(),
    }
}

fn times<'a>(ids: impl IntoIterator<Item = &'a MessageId>) -> Vec<u64> {
    ids.into_iter().map(|id| id.millis).collect()
}

impl Streams {
    pub(super) fn names(&self) -> Vec<Vec<u8>> {
        self.0.keys().cloned().collect()
    }

    pub(super) fn add(&mut self, stream: &[u8], millis: u64) {
        let stream = self.0.entry(stream.to_vec()).or_default();
        stream.messages.push(id(format!("{millis}-0").as_bytes()));
    }

    pub(super) fn delete(&mut self, stream: &[u8]) {
        self.0.remove(stream);
    }

    pub(super) fn rename(&mut self, from: &[u8], to: &[u8]) {
        let stream = self.0.remove(from).unwrap();
        self.0.insert(to.to_vec(), stream);
    }

    pub(super) fn stored(&self, stream: &[u8]) -> Vec<u64> {
        let found = self.0.get(stream).into_iter();
        times(found.flat_map(|stream| &stream.messages))
    }

    pub(super) fn pending(&self, stream: &[u8]) -> Vec<u64> {
        let group = self.0.get(stream).and_then(|stream| stream.group.as_ref());
        times(group.into_iter().flat_map(|group| &group.pending))
    }

    pub(super) fn is_pending(&self, stream: &[u8], message: &[u8]) -> bool {
        let group = self.0.get(stream).and_then(|stream| stream.group.as_ref());
        group.is_some_and(|group| group.pending.contains(&id(message)))
    }

    pub(super) fn join(&mut self, stream: &[u8]) -> Option<Vec<u8>> {
        let stream = self.0.get_mut(stream)?;
        let group = stream.group.get_or_insert_with(|| Group {
            last: id(b"0-0"),
            pending: BTreeSet::new(),
        });
        Some(text(group.last))
    }

    pub(super) fn count_after(&self, stream: &[u8], after: &[u8], limit: usize) -> usize {
        let after = id(after);
        self.0.get(stream).map_or(0, |stream| {
            let newer = stream.messages.iter().filter(|one| **one > after);
            newer.take(limit).count()
        })
    }

    /// The messages and the group of a stream that was joined.
    fn joined(&mut self, stream: &[u8]) -> Option<(&[MessageId], &mut Group)> {
        let stream = self.0.get_mut(stream)?;
        Some((&stream.messages, stream.group.as_mut()?))
    }

    pub(super) fn read_new(&mut self, stream: &[u8], count: usize) -> Vec<Message> {
        let Some((messages, group)) = self.joined(stream) else {
            return Vec::new();
        };
        let newer = messages.iter().filter(|one| **one > group.last);
        let read: Vec<MessageId> = newer.take(count).copied().collect();
        group.pending.extend(&read);
        group.last = read.last().copied().unwrap_or(group.last);
        read.into_iter().map(message).collect()
    }

    pub(super) fn read_pending(
        &mut self,
        stream: &[u8],
        count: usize,
        skip: &dyn Fn(&[u8]) -> bool,
    ) -> Vec<Message> {
        let Some((messages, group)) = self.joined(stream) else {
            return Vec::new();
        };
        group.pending.retain(|one| messages.contains(one));
        let pending: Vec<MessageId> = group.pending.iter().copied().collect();
        for piece in pending.chunks(count) {
            let mut free = piece.to_vec();
            free.retain(|one| !skip(&text(*one)));
            if !free.is_empty() {
                return free.into_iter().map(message).collect();
            }
        }
        Vec::new()
    }

    pub(super) fn acknowledge(&mut self, stream: &[u8], ids: &[&[u8]]) {
        if let Some((_, group)) = self.joined(stream) {
            let kept = |one: &MessageId| !ids.contains(&text(*one).as_slice());
            group.pending.retain(kept);
        }
    }

    pub(super) fn remove(&mut self, stream: &[u8], ids: &[&[u8]]) {
        if let Some(stream) = self.0.get_mut(stream) {
            let kept = |one: &MessageId| !ids.contains(&text(*one).as_slice());
            stream.messages.retain(kept);
        }
    }
}
