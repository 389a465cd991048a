//! The messages that are being handled by all registrations.
//!
//! All registrations read as one consumer. To the server, a message that is being handled is a message that was delivered and
//! not acknowledged. A registration that begins must not read it, above all when it replaces the registration that handles the
//! message.

use super::debts::{Debts, Handled};
use super::elsewhere::Elsewhere;
use crate::id::Id;
use crate::plan::{Message, Messages};
use crate::redis::Guarded;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The messages that are being handled on this server.
pub(super) fn in_flight() -> &'static Guarded<InFlight> {
    static IN_FLIGHT: LazyLock<Guarded<InFlight>> = LazyLock::new(Guarded::default);
    &IN_FLIGHT
}

/// The batches by the names that their streams have or may have.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    by_stream: HashMap<Vec<u8>, Vec<Arc<Flight>>>,
    /// The stream that loses its name at this moment: the server tells of its new name next.
    leaving: Option<Vec<u8>>,
    debts: Debts,
    elsewhere: Elsewhere,
}

/// A batch that is being handled.
#[derive(Debug)]
pub(super) struct Flight {
    registration: Id,
    /// The name of the stream when the batch began.
    began_as: Vec<u8>,
    /// The ids of the messages.
    ids: HashSet<Vec<u8>>,
    place: Mutex<Place>,
}

/// Where the stream of a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The stream has this name.
    At(Vec<u8>),
    /// The key of the stream was deleted or replaced. If the stream is back, it has one of these names. Another stream may have
    /// them, too.
    Lost(Vec<Vec<u8>>),
}

impl Flight {
    pub(super) fn place(&self) -> Place {
        self.lock().clone()
    }

    /// The names that the stream of the batch has or may have.
    pub(super) fn names(&self) -> Vec<Vec<u8>> {
        match self.place() {
            Place::At(name) => vec![name],
            Place::Lost(names) => names,
        }
    }

    /// `true` if the stream is the same, and has the same name, as at the beginning of the batch.
    fn has_stayed(&self) -> bool {
        matches!(&*self.lock(), Place::At(name) if *name == self.began_as)
    }

    /// The key of the stream was deleted or replaced. Returns `true` if the stream may come back under another name than it had.
    fn lose(&self) -> bool {
        let mut place = self.lock();
        let Place::At(name) = &mut *place else {
            return false;
        };
        let mut names = vec![std::mem::take(name)];
        let had_another = names[0] != self.began_as;
        if had_another {
            names.push(self.began_as.clone());
        }
        *place = Place::Lost(names);
        had_another
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InFlight {
    /// A registration begins to handle a batch.
    pub(super) fn begin(&mut self, batch: &Messages, registration: Id) -> Arc<Flight> {
        let stream = &batch.stream;
        self.debts.forget(stream, &batch.messages);
        let flight = Arc::new(Flight {
            registration,
            began_as: stream.clone(),
            ids: batch.messages.iter().map(|one| one.id.clone()).collect(),
            place: Mutex::new(Place::At(stream.clone())),
        });
        self.list(stream, &flight);
        flight
    }

    fn list(&mut self, stream: &[u8], flight: &Arc<Flight>) {
        let flights = self.by_stream.entry(stream.to_vec()).or_default();
        flights.push(Arc::clone(flight));
    }

    /// The batch has ended.
    pub(super) fn end(&mut self, flight: &Arc<Flight>) {
        for name in flight.names() {
            if let Some(flights) = self.by_stream.get_mut(&name) {
                flights.retain(|other| !Arc::ptr_eq(other, flight));
                if flights.is_empty() {
                    self.by_stream.remove(&name);
                }
            }
        }
    }

    /// An event after which a key is another stream, or none.
    pub(super) fn happened(&mut self, event: &str, key: &[u8]) {
        match event {
            "rename_from" => self.leaving = Some(key.to_vec()),
            "rename_to" => {
                self.gone(key);
                if let Some(from) = self.leaving.take() {
                    self.renamed(&from, key);
                }
            }
            "del" | "expired" | "evicted" | "move_from" | "move_to" | "copy_to" | "restore" => {
                self.gone(key);
            }
            _ => {}
        }
    }

    /// All streams are gone, or are those of other data.
    pub(super) fn all_gone(&mut self) {
        let flights = self.by_stream.values().flatten();
        let lost = flights.filter(|flight| flight.lose()).cloned().collect();
        self.list_as_they_began(lost);
    }

    /// The batches stay in the list, so that a new stream of the name is read after their end.
    fn gone(&mut self, stream: &[u8]) {
        let flights = self.by_stream.get(stream).into_iter().flatten();
        let lost = flights.filter(|flight| flight.lose()).cloned().collect();
        self.list_as_they_began(lost);
    }

    fn list_as_they_began(&mut self, lost: Vec<Arc<Flight>>) {
        for flight in lost {
            self.list(&flight.began_as, &flight);
        }
    }

    /// The stream `from` has the name `to` from now on.
    fn renamed(&mut self, from: &[u8], to: &[u8]) {
        let (mut moved, mut stay) = (Vec::new(), Vec::new());
        for flight in self.by_stream.remove(from).unwrap_or_default() {
            let mut place = flight.lock();
            let is_new = match &mut *place {
                Place::At(name) => {
                    *name = to.to_vec();
                    true
                }
                // The stream that has the name `from` may be the one of the batch.
                Place::Lost(names) => {
                    let is_new = !names.iter().any(|name| name == to);
                    if is_new {
                        names.push(to.to_vec());
                    }
                    stay.push(Arc::clone(&flight));
                    is_new
                }
            };
            drop(place);
            if is_new {
                moved.push(flight);
            }
        }
        if !stay.is_empty() {
            self.by_stream.insert(from.to_vec(), stay);
        }
        for flight in &moved {
            self.list(to, flight);
        }
        self.debts.renamed(from, to);
    }

    /// `true` if the messages of a stream are not read yet, because of a batch that `is_over` names by its registration, or whose
    /// stream had another name or other data when the batch began, or that another server handles.
    pub(super) fn holds_up(&self, stream: &[u8], is_over: impl Fn(Id) -> bool) -> bool {
        if self.elsewhere.has(stream) {
            return true;
        }
        let mut flights = self.by_stream.get(stream).into_iter().flatten();
        flights.any(|flight| !flight.has_stayed() || is_over(flight.registration))
    }

    /// The registration that handles a message. `None` if no registration does.
    pub(super) fn owner(&self, stream: &[u8], id: &[u8]) -> Option<Id> {
        let mut flights = self.by_stream.get(stream).into_iter().flatten();
        let handles = |flight: &&Arc<Flight>| {
            flight.ids.contains(id) && matches!(flight.place(), Place::At(_))
        };
        flights.find(handles).map(|flight| flight.registration)
    }

    /// Notes messages that were handled, and that no stream of these names has: they are acknowledged when their stream is back.
    pub(super) fn owe(&mut self, names: &[Vec<u8>], messages: &[&Message]) {
        for name in names {
            self.debts.add(name, messages);
        }
    }

    /// Takes the messages that were handled already out of a list of messages to be handled, and returns their ids.
    pub(super) fn take_handled(
        &mut self,
        stream: &[u8],
        messages: &mut Vec<Message>,
    ) -> Vec<Vec<u8>> {
        self.debts.take(stream, messages)
    }

    /// The streams of which there are batches or handled messages here.
    pub(super) fn with_rest(&self, is_meant: impl Fn(&[u8]) -> bool) -> BTreeSet<Vec<u8>> {
        let streams = self.by_stream.keys().chain(self.debts.streams());
        streams.filter(|stream| is_meant(stream)).cloned().collect()
    }

    /// `true` if a batch of a stream is being handled here.
    pub(super) fn has_batch(&self, stream: &[u8]) -> bool {
        self.by_stream.contains_key(stream)
    }

    /// The messages of a stream that were handled and not acknowledged.
    pub(super) fn debts_of(&self, stream: &[u8]) -> Vec<Handled> {
        self.debts.of(stream)
    }

    /// Another server has handled these messages of a stream that is here.
    pub(super) fn owes(&mut self, stream: &[u8], handled: &[Handled]) {
        self.debts.take_over(stream, handled);
    }

    /// Another server remembers these messages from now on.
    pub(super) fn is_paid(&mut self, stream: &[u8], ids: &[Vec<u8>]) {
        self.debts.forget_ids(stream, ids);
    }

    /// The other servers that have messages of streams in hand which have come here.
    pub(super) fn elsewhere(&mut self) -> &mut Elsewhere {
        &mut self.elsewhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::topology::NodeId;
    use crate::id::IdCounter;
    use crate::plan::Message;

    fn batch(stream: &[u8], id: &[u8]) -> Messages {
        Messages {
            stream: stream.to_vec(),
            messages: vec![Message {
                id: id.to_vec(),
                fields: Vec::new(),
            }],
        }
    }

    #[test]
    fn messages_are_in_flight_from_begin_to_end() {
        let ids = IdCounter::new();
        let (first, second) = (ids.next(), ids.next());
        let mut all = InFlight::default();
        let one = all.begin(&batch(b"s", b"1-0"), first);
        let two = all.begin(&batch(b"s", b"2-0"), second);
        assert_eq!(all.owner(b"s", b"1-0"), Some(first));
        assert_eq!(all.owner(b"s", b"2-0"), Some(second));
        assert_eq!(all.owner(b"t", b"1-0"), None);
        assert!(all.holds_up(b"s", |id| id == second));
        assert!(!all.holds_up(b"s", |_| false) && !all.holds_up(b"t", |_| true));
        all.end(&one);
        assert_eq!(all.owner(b"s", b"1-0"), None);
        all.end(&two);
        assert!(all.by_stream.is_empty());
    }

    #[test]
    fn a_batch_goes_with_its_stream() {
        let ids = IdCounter::new();
        let mut all = InFlight::default();
        let flight = all.begin(&batch(b"s", b"1-0"), ids.next());
        let overwritten = all.begin(&batch(b"t", b"1-0"), ids.next());
        all.happened("rename_from", b"s");
        all.happened("rename_to", b"t");
        assert_eq!(flight.place(), Place::At(b"t".to_vec()));
        assert_eq!(overwritten.place(), Place::Lost(vec![b"t".to_vec()]));
        assert!(all.owner(b"t", b"1-0").is_some());
        assert!(all.holds_up(b"t", |_| false));
        all.happened("del", b"t");
        assert_eq!(flight.names(), [b"t".to_vec(), b"s".to_vec()]);
        assert!(all.holds_up(b"s", |_| false));
        assert_eq!(all.owner(b"t", b"1-0"), None);
        all.end(&flight);
        all.end(&overwritten);
        assert!(all.by_stream.is_empty());
    }

    #[test]
    fn a_stream_waits_for_another_server() {
        let node = NodeId::parse(&[b'a'; 40]).unwrap();
        let mut all = InFlight::default();
        all.elsewhere().set(b"s", node, true);
        assert!(all.holds_up(b"s", |_| false) && !all.holds_up(b"t", |_| false));
        all.elsewhere().set(b"s", node, false);
        assert!(!all.holds_up(b"s", |_| false));
    }

    #[test]
    fn a_stream_that_may_be_back_may_be_renamed() {
        let ids = IdCounter::new();
        let mut all = InFlight::default();
        let flight = all.begin(&batch(b"s", b"1-0"), ids.next());
        all.happened("restore", b"s");
        for to in [b"t", b"s", b"t"] {
            let from: &[u8] = if to == b"t" { b"s" } else { b"t" };
            all.happened("rename_from", from);
            all.happened("rename_to", to);
        }
        assert_eq!(flight.names(), [b"s".to_vec(), b"t".to_vec()]);
        assert!(all.holds_up(b"s", |_| false) && all.holds_up(b"t", |_| false));
        all.end(&flight);
        assert!(all.by_stream.is_empty());
    }
}
