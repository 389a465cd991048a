//! The messages that are being handled by all registrations.
//!
//! All registrations read as one consumer. To the server, a message that is being handled is a message that was delivered and
//! not acknowledged. A registration that begins must not read it, above all when it replaces the registration that handles the
//! message.

use crate::id::Id;
use crate::plan::Messages;
use crate::redis::Guarded;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The messages that are being handled on this server.
pub(super) fn in_flight() -> &'static Guarded<InFlight> {
    static IN_FLIGHT: LazyLock<Guarded<InFlight>> = LazyLock::new(Guarded::default);
    &IN_FLIGHT
}

/// The batches by the name that their stream has, and by the ids of their messages.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    by_stream: HashMap<Vec<u8>, HashMap<Vec<u8>, Arc<Flight>>>,
    /// The stream that loses its name at this moment: the server tells of its new name next.
    leaving: Option<Vec<u8>>,
}

/// A batch that is being handled.
#[derive(Debug)]
pub(super) struct Flight {
    registration: Id,
    /// The name of the stream when the batch began.
    began_as: Vec<u8>,
    /// The name that the stream has. `None` if it is gone.
    place: Mutex<Option<Vec<u8>>>,
    /// The stream was loaded again during the batch.
    reloaded: AtomicBool,
}

impl Flight {
    /// The name that the stream of the batch has. `None` if it is gone.
    pub(super) fn place(&self) -> Option<Vec<u8>> {
        self.lock().clone()
    }

    /// `true` if the stream has another name than at the beginning of the batch.
    pub(super) fn has_moved(&self) -> bool {
        let place = self.lock();
        place.as_ref().is_some_and(|place| *place != self.began_as)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InFlight {
    /// A registration begins to handle a batch.
    pub(super) fn begin(&mut self, batch: &Messages, registration: Id) -> Arc<Flight> {
        let flight = Arc::new(Flight {
            registration,
            began_as: batch.stream.clone(),
            place: Mutex::new(Some(batch.stream.clone())),
            reloaded: AtomicBool::new(false),
        });
        let ids = batch.messages.iter();
        let ids = ids.map(|one| (one.id.clone(), Arc::clone(&flight)));
        self.by_stream
            .entry(batch.stream.clone())
            .or_default()
            .extend(ids);
        flight
    }

    /// The batch has ended.
    pub(super) fn end(&mut self, flight: &Arc<Flight>) {
        let forget = |ids: &mut HashMap<Vec<u8>, Arc<Flight>>| {
            ids.retain(|_, other| !Arc::ptr_eq(other, flight));
            !ids.is_empty()
        };
        match flight.place() {
            Some(name) => {
                if self
                    .by_stream
                    .get_mut(&name)
                    .is_some_and(|ids| !forget(ids))
                {
                    self.by_stream.remove(&name);
                }
            }
            // It is not known under which name the stream went.
            None => self.by_stream.retain(|_, ids| forget(ids)),
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

    /// All streams are gone.
    pub(super) fn all_gone(&mut self) {
        for flight in self.by_stream.values().flat_map(HashMap::values) {
            *flight.lock() = None;
        }
    }

    /// The server has loaded its data, with the streams that it had saved. Messages that a batch handles are acknowledged there.
    pub(super) fn loaded(&mut self) {
        for flight in self.by_stream.values().flat_map(HashMap::values) {
            flight.reloaded.store(true, Ordering::Relaxed);
            *flight.lock() = Some(flight.began_as.clone());
        }
    }

    /// The batches stay in the list, so that a new stream of the name is read after their end.
    fn gone(&mut self, stream: &[u8]) {
        let ids = self.by_stream.get(stream).into_iter();
        for flight in ids.flat_map(HashMap::values) {
            *flight.lock() = None;
        }
    }

    fn renamed(&mut self, from: &[u8], to: &[u8]) {
        let Some(moved) = self.by_stream.remove(from) else {
            return;
        };
        for flight in moved.values() {
            let mut place = flight.lock();
            if place.is_some() {
                *place = Some(to.to_vec());
            }
        }
        let (moved, gone) = moved
            .into_iter()
            .partition::<HashMap<_, _>, _>(|(_, flight)| flight.place().is_some());
        if !gone.is_empty() {
            self.by_stream.insert(from.to_vec(), gone);
        }
        self.by_stream.entry(to.to_vec()).or_default().extend(moved);
    }

    /// `true` if the messages of a stream are not read yet, because of a batch that `is_over` names by its registration, or whose
    /// stream had another name or other data when the batch began.
    pub(super) fn holds_up(&self, stream: &[u8], is_over: impl Fn(Id) -> bool) -> bool {
        let ids = self.by_stream.get(stream).into_iter();
        ids.flat_map(HashMap::values).any(|flight| {
            let stayed = flight.place().is_some_and(|place| place == flight.began_as);
            !stayed
                || flight.reloaded.load(Ordering::Relaxed)
                || flight.began_as != stream
                || is_over(flight.registration)
        })
    }

    /// The registration that handles a message. `None` if no registration does.
    pub(super) fn owner(&self, stream: &[u8], id: &[u8]) -> Option<Id> {
        let flight = self.by_stream.get(stream)?.get(id)?;
        flight.place().map(|_| flight.registration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(flight.place().as_deref(), Some(&b"t"[..]));
        assert!(flight.has_moved());
        assert_eq!(overwritten.place(), None);
        assert!(all.owner(b"t", b"1-0").is_some());
        assert!(all.holds_up(b"t", |_| false));
        all.happened("del", b"t");
        assert_eq!(flight.place(), None);
        assert_eq!(all.owner(b"t", b"1-0"), None);
    }
}
