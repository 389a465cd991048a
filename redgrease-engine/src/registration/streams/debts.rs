//! Messages that were handled while their stream was gone: it was swapped away, moved to another database, deleted to be restored.
//! If the stream comes back, they are acknowledged there, and not handled again. If it has gone to another shard, that shard gets them.

use crate::encoding::write_bytes;
use crate::order::stable_hash;
use crate::plan::Message;
use std::collections::{BTreeMap, HashMap};

/// The largest number of messages that are kept. They are of streams that may never come back.
const LIMIT: usize = 100_000;

/// The messages by the name that their stream had, and by their ids, with a hash of their fields.
#[derive(Debug, Default)]
pub(super) struct Debts {
    by_stream: HashMap<Vec<u8>, OfStream>,
    count: usize,
    /// The streams by their numbers, which rise.
    order: BTreeMap<u64, Vec<u8>>,
    last: u64,
}

#[derive(Debug, Default)]
struct OfStream {
    number: u64,
    messages: HashMap<Vec<u8>, u64>,
}

/// A message that was handled and not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handled {
    pub(super) id: Vec<u8>,
    /// The hash of the fields, the same on all shards.
    pub(super) hash: u64,
}

fn hash(message: &Message) -> u64 {
    let mut bytes = Vec::new();
    for (name, value) in &message.fields {
        write_bytes(&mut bytes, name);
        write_bytes(&mut bytes, value);
    }
    stable_hash(&bytes)
}

impl Debts {
    /// Notes handled messages of a stream that is gone.
    pub(super) fn add(&mut self, stream: &[u8], messages: &[&Message]) {
        let messages = messages.iter().map(|one| (one.id.clone(), hash(one)));
        self.note(stream, messages.collect());
    }

    fn note(&mut self, stream: &[u8], messages: Vec<(Vec<u8>, u64)>) {
        if messages.is_empty() {
            return;
        }
        self.make_room(messages.len());
        let of_stream = self.by_stream.entry(stream.to_vec()).or_default();
        if of_stream.number == 0 {
            self.last += 1;
            of_stream.number = self.last;
            self.order.insert(self.last, stream.to_vec());
        }
        for (id, hash) in messages {
            if of_stream.messages.insert(id, hash).is_none() {
                self.count += 1;
            }
        }
    }

    /// Forgets the streams that were noted first, if there are too many messages.
    fn make_room(&mut self, more: usize) {
        while self.count + more > LIMIT
            && let Some((_, oldest)) = self.order.pop_first()
        {
            let forgotten = self.by_stream.remove(&oldest);
            self.count -= forgotten.map_or(0, |one| one.messages.len());
        }
    }

    /// The stream `from`, which may be the one of the messages, has the name `to` from now on.
    pub(super) fn renamed(&mut self, from: &[u8], to: &[u8]) {
        if let Some(of_stream) = self.by_stream.get(from) {
            let messages = of_stream
                .messages
                .iter()
                .map(|(id, hash)| (id.clone(), *hash));
            let messages = messages.collect();
            self.note(to, messages);
        }
    }

    /// Takes the noted ones out of a list of messages that were delivered and not acknowledged, and returns their ids. A message
    /// with other fields is a message of another stream.
    pub(super) fn take(&mut self, stream: &[u8], messages: &mut Vec<Message>) -> Vec<Vec<u8>> {
        let Some(of_stream) = self.by_stream.get(stream) else {
            return Vec::new();
        };
        let is_noted = |one: &mut Message| of_stream.messages.get(&one.id) == Some(&hash(one));
        let noted: Vec<Message> = messages.extract_if(.., is_noted).collect();
        self.forget(stream, &noted);
        noted.into_iter().map(|message| message.id).collect()
    }

    /// Notes messages that another shard has handled.
    pub(super) fn take_over(&mut self, stream: &[u8], messages: &[Handled]) {
        if !messages.is_empty() {
            let messages = messages.iter().map(|one| (one.id.clone(), one.hash));
            self.note(stream, messages.collect());
        }
    }

    /// The streams that have noted messages.
    pub(super) fn streams(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.by_stream.keys()
    }

    /// The noted messages of a stream.
    pub(super) fn of(&self, stream: &[u8]) -> Vec<Handled> {
        let of_stream = self.by_stream.get(stream).into_iter();
        let of_stream = of_stream.flat_map(|one| &one.messages);
        let handled = of_stream.map(|(id, hash)| Handled {
            id: id.clone(),
            hash: *hash,
        });
        handled.collect()
    }

    /// Messages of the stream that have these ids are not the noted ones.
    pub(super) fn forget(&mut self, stream: &[u8], messages: &[Message]) {
        self.forget_ids(stream, messages.iter().map(|message| &message.id));
    }

    /// The noted messages with these ids need not be remembered.
    pub(super) fn forget_ids<'a>(
        &mut self,
        stream: &[u8],
        ids: impl IntoIterator<Item = &'a Vec<u8>>,
    ) {
        let Some(of_stream) = self.by_stream.get_mut(stream) else {
            return;
        };
        for id in ids {
            if of_stream.messages.remove(id).is_some() {
                self.count -= 1;
            }
        }
        if of_stream.messages.is_empty() {
            self.order.remove(&of_stream.number);
            self.by_stream.remove(stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, value: &str) -> Message {
        Message {
            id: id.into(),
            fields: vec![(b"f".to_vec(), value.into())],
        }
    }

    fn take(debts: &mut Debts, stream: &[u8], messages: &[(&str, &str)]) -> (usize, usize) {
        let mut messages = messages
            .iter()
            .map(|(id, value)| message(id, value))
            .collect();
        let taken = debts.take(stream, &mut messages);
        (taken.len(), messages.len())
    }

    #[test]
    fn a_message_is_taken_once_and_by_its_fields() {
        let mut debts = Debts::default();
        debts.add(b"s", &[&message("1-0", "a"), &message("2-0", "b")]);
        assert_eq!(take(&mut debts, b"t", &[("1-0", "a")]), (0, 1));
        assert_eq!(
            take(&mut debts, b"s", &[("1-0", "b"), ("3-0", "a")]),
            (0, 2)
        );
        assert_eq!(
            take(&mut debts, b"s", &[("1-0", "a"), ("3-0", "a")]),
            (1, 1)
        );
        assert_eq!(take(&mut debts, b"s", &[("1-0", "a")]), (0, 1));
        debts.renamed(b"s", b"t");
        assert_eq!(take(&mut debts, b"t", &[("2-0", "b")]), (1, 0));
        debts.forget(b"s", &[message("2-0", "c")]);
        assert!(debts.by_stream.is_empty() && debts.count == 0);
    }

    #[test]
    fn another_shard_takes_them_over() {
        let (mut old, mut new) = (Debts::default(), Debts::default());
        old.add(b"s", &[&message("1-0", "a"), &message("2-0", "b")]);
        assert_eq!(old.streams().collect::<Vec<_>>(), [b"s"]);
        new.take_over(b"s", &old.of(b"s"));
        new.take_over(b"t", &[]);
        assert_eq!(take(&mut new, b"s", &[("1-0", "a"), ("2-0", "x")]), (1, 1));
        old.forget_ids(b"s", &[b"1-0".to_vec(), b"9-0".to_vec()]);
        assert_eq!((old.count, old.of(b"s")[0].id.as_slice()), (1, &b"2-0"[..]));
        old.forget_ids(b"s", &[b"2-0".to_vec()]);
        assert!(old.by_stream.is_empty() && old.of(b"s").is_empty());
    }

    #[test]
    fn the_number_of_messages_is_limited() {
        let mut debts = Debts::default();
        for number in 0..=LIMIT {
            debts.add(b"s", &[&message(&format!("{number}-0"), "a")]);
        }
        assert_eq!(debts.count, 1);
    }

    #[test]
    fn the_streams_that_were_noted_first_are_forgotten() {
        let mut debts = Debts::default();
        debts.add(b"old", &[&message("1-0", "a")]);
        debts.add(b"s", &[&message("1-0", "a")]);
        let many: Vec<Message> = (2..=LIMIT)
            .map(|number| message(&format!("{number}-0"), "a"))
            .collect();
        debts.add(b"t", &many.iter().collect::<Vec<_>>());
        assert_eq!((debts.count, debts.order.len()), (LIMIT, 2));
        assert!(debts.of(b"old").is_empty() && debts.of(b"s").len() == 1);
    }
}
