//! The messages that are being handled by all registrations.
//!
//! All registrations read as one consumer. To the server, a message that is being handled is a message that was delivered and
//! not acknowledged. A registration that begins must not read it, above all when it replaces the registration that handles the
//! message.

use crate::id::Id;
use crate::plan::Messages;
use crate::redis::Guarded;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The messages that are being handled on this server.
pub(super) fn in_flight() -> &'static Guarded<InFlight> {
    static IN_FLIGHT: LazyLock<Guarded<InFlight>> = LazyLock::new(Guarded::default);
    &IN_FLIGHT
}

/// By stream, the ids of the messages and the registrations that handle them.
#[derive(Debug, Default)]
pub(super) struct InFlight(HashMap<Vec<u8>, HashMap<Vec<u8>, Id>>);

impl InFlight {
    /// A registration begins to handle a batch.
    pub(super) fn begin(&mut self, batch: &Messages, registration: Id) {
        if batch.messages.is_empty() {
            return;
        }
        let ids = batch
            .messages
            .iter()
            .map(|one| (one.id.clone(), registration));
        self.0.entry(batch.stream.clone()).or_default().extend(ids);
    }

    /// The batch has ended.
    pub(super) fn end(&mut self, batch: &Messages) {
        let Some(ids) = self.0.get_mut(&batch.stream) else {
            return;
        };
        for message in &batch.messages {
            ids.remove(&message.id);
        }
        if ids.is_empty() {
            self.0.remove(&batch.stream);
        }
    }

    /// The registrations that handle messages of a stream: one entry per message.
    pub(super) fn owners(&self, stream: &[u8]) -> impl Iterator<Item = Id> {
        let ids = self.0.get(stream).into_iter();
        ids.flat_map(|ids| ids.values().copied())
    }

    /// The registration that handles a message. `None` if no registration does.
    pub(super) fn owner(&self, stream: &[u8], id: &[u8]) -> Option<Id> {
        self.0.get(stream)?.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::IdCounter;
    use crate::plan::Message;

    #[test]
    fn messages_are_in_flight_from_begin_to_end() {
        let batch = |id: &[u8]| Messages {
            stream: b"s".to_vec(),
            messages: vec![Message {
                id: id.to_vec(),
                fields: Vec::new(),
            }],
        };
        let ids = IdCounter::new();
        let (first, second) = (ids.next(), ids.next());
        let mut all = InFlight::default();
        all.begin(&batch(b"1-0"), first);
        all.begin(&batch(b"2-0"), second);
        assert_eq!(all.owner(b"s", b"1-0"), Some(first));
        assert_eq!(all.owner(b"s", b"2-0"), Some(second));
        assert_eq!(all.owner(b"t", b"1-0"), None);
        let mut owners: Vec<Id> = all.owners(b"s").collect();
        owners.sort_unstable();
        assert_eq!(owners, [first, second]);
        assert_eq!(all.owners(b"t").count(), 0);
        all.end(&batch(b"1-0"));
        assert_eq!(all.owner(b"s", b"1-0"), None);
        all.end(&batch(b"2-0"));
        assert!(all.0.is_empty());
    }
}
