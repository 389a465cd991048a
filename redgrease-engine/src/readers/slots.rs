//! `KeysReader` in a cluster: the keys of the slots that this shard was given. The promise is in [`crate::slots`].
//!
//! A piece has the keys of many small slots, or a part of a large one. The slots of a piece are listed, and most values are copied,
//! under one hold of the server's lock. Values that a command reads follow one by one: a key that has left by then is given back.

use super::Record;
use super::pieces::{Filled, Filler, Piece, Pieces};
use super::records::{
    Found, copied_record, found_record, key_record, may_scan, read_if_here, reader,
};
use crate::cluster::topology::{self, Topology, slot_of};
use crate::plan::KeysSource;
use crate::python::{Gil, Raised};
use crate::redis::{Batch, Context, SlotFilling, SlotFilter, User, quietly};
use crate::slots::{Place, Share, SlotKeys, Standing};
use std::sync::Arc;

/// The number of keys in a piece, as in those of a walk over all keys.
const KEYS: usize = 2000;
/// The number of slots that one piece looks at. An empty slot costs about a microsecond.
const SLOTS: usize = 1000;
/// The number of names that one piece looks at, beside those of its last slot. Most of them may not match, or have left.
const NAMES: usize = 8000;
/// The bytes of names and values in a piece, beside its last value.
const BYTES: usize = 4 << 20;

/// The reading of a share of the slots, with its place in the current piece.
#[derive(Debug)]
pub(crate) struct SlotWalk {
    share: Arc<Share>,
    pieces: Pieces,
    piece: Piece,
}

impl SlotWalk {
    /// A reading for the user whose rights the code on this thread has.
    pub(super) fn new(
        py: Gil<'_>,
        source: &KeysSource,
        share: &Arc<Share>,
        with_values: bool,
    ) -> Result<SlotWalk, Raised> {
        // The reader of one key tells of a refusal when it reads the key.
        if !source.exact {
            may_scan(py)?;
        }
        let reads_values = with_values.then(|| User::or_default(reader()));
        let share = Arc::clone(share);
        let filler = ShareFiller {
            share: Arc::clone(&share),
            filter: SlotFilter::new(&source.pattern, reads_values, source.exact),
        };
        Ok(SlotWalk {
            share,
            pieces: Pieces::new(filler),
            piece: Piece::default(),
        })
    }

    /// Goes on to the next piece. `false` if there is nothing to read now.
    fn next_piece(&mut self, py: Gil<'_>) -> bool {
        loop {
            if self.pieces.next(py, &mut self.piece) {
                return true;
            }
            if self.share.standing() != Standing::HasWork {
                return false;
            }
            self.pieces.again();
        }
    }

    /// The number of keys in the next piece, or of those that [`SlotWalk::next`] has left of this one. `None` if there is nothing to
    /// read now: `next` may find a piece a moment later, and read its first key.
    pub(super) fn count_piece(&mut self, py: Gil<'_>) -> Option<usize> {
        if self.piece.is_read() && !self.next_piece(py) {
            return None;
        }
        let all = self.piece.batch.keys().len();
        Some(all - std::mem::replace(&mut self.piece.next, all))
    }

    /// [`Piece::take_text`], after the next piece was read if that is necessary.
    pub(super) fn take_text(&mut self, py: Gil<'_>, take: impl FnOnce(&[u8]) -> bool) -> bool {
        (!self.piece.is_read() || self.next_piece(py)) && self.piece.take_text(take)
    }

    /// The record of the next key. `None` if there is nothing to read now.
    pub(super) fn next<'py>(&mut self, py: Gil<'py>, source: &KeysSource) -> Option<Record<'py>> {
        loop {
            while self.piece.is_read() {
                if !self.next_piece(py) {
                    return None;
                }
            }
            let key = self.piece.batch.keys().get(self.piece.next)?;
            self.piece.next += 1;
            let name = self.piece.batch.bytes(&key.name);
            if !source.read_value {
                return Some(key_record(py, None, name, None));
            }
            let copied = copied_record(py, &self.piece.batch, key);
            if let Some(record) = copied.or_else(|| self.read(py, name, source.exact)) {
                return Some(record);
            }
        }
    }

    /// Reads the value of a key with a command. `None` if the key is gone, or on another server.
    fn read<'py>(&self, py: Gil<'py>, name: &[u8], is_exact: bool) -> Option<Record<'py>> {
        let slot = slot_of(name);
        let is_here = |context: &Context| Places::now(context).place(slot) == Place::Here;
        match read_if_here(py, name, is_here) {
            Ok(Found::Gone) if !is_exact => None,
            Ok(Found::Elsewhere) => {
                self.share.give_back((slot, name.to_vec()));
                None
            }
            Ok(found) => Some(found_record(py, name, found)),
            Err(refused) => Some(Err(refused)),
        }
    }

    /// No other record is read.
    pub(super) fn stop(&self) {
        self.share.stop();
    }

    /// All shards have read everything.
    pub(super) fn is_over(&self) -> bool {
        self.share.is_over()
    }
}

impl Drop for SlotWalk {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Copies the keys of a share.
#[derive(Debug)]
struct ShareFiller {
    share: Arc<Share>,
    filter: SlotFilter,
}

impl Filler for ShareFiller {
    fn fill(&mut self, context: &Context, room: Batch) -> Filled {
        if !self.share.has_work() {
            return Filled {
                piece: None,
                more: false,
            };
        }
        let mut keys = Keys {
            places: Places::now(context),
            filling: self.filter.fill(context, room),
            slots: 0,
        };
        quietly(|| self.share.fill(&mut keys));
        Filled {
            piece: Some(keys.filling.batch()),
            more: self.share.has_work(),
        }
    }
}

/// The places of slots, while the server's lock is held.
struct Places(Arc<Topology>);

impl Places {
    /// The server does not tell modules when a slot begins to move or has moved, so it is asked.
    fn now(context: &Context) -> Places {
        topology::refresh(context);
        Places(topology::current())
    }

    fn place(&self, slot: u16) -> Place {
        let Some(myself) = self.0.myself() else {
            return Place::Elsewhere;
        };
        match (
            myself.moving.binary_search(&slot),
            myself.slots.contains(slot),
        ) {
            (Ok(_), _) => Place::Moving,
            (Err(_), true) if myself.serves() => Place::Here,
            (Err(_), _) => Place::Elsewhere,
        }
    }
}

/// The keys of this server, and a piece that is being filled.
struct Keys<'a> {
    places: Places,
    filling: SlotFilling<'a>,
    slots: usize,
}

impl Keys<'_> {
    fn has_room(filling: &SlotFilling<'_>) -> bool {
        filling.count() < KEYS && filling.size() < BYTES
    }
}

impl SlotKeys for Keys<'_> {
    fn place(&self, slot: u16) -> Place {
        self.places.place(slot)
    }

    fn read_slot(&mut self, slot: u16) -> Option<Vec<Vec<u8>>> {
        self.slots += 1;
        self.filling.read_slot(slot, Keys::has_room)
    }

    fn read(&mut self, name: &[u8]) -> bool {
        self.filling.read(name)
    }

    fn is_full(&self) -> bool {
        self.slots >= SLOTS || self.filling.seen() >= NAMES || !Keys::has_room(&self.filling)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_python;

    /// Hands out pieces that the test has made.
    #[derive(Debug)]
    struct Given(Vec<Batch>);

    impl Filler for Given {
        fn fill(&mut self, _: &Context, _: Batch) -> Filled {
            Filled {
                piece: self.0.pop(),
                more: !self.0.is_empty(),
            }
        }
    }

    /// A run that counts finds nothing to read, and asks for the next record. A task that comes in between has that record.
    #[test]
    fn a_count_goes_on_behind_a_key_that_was_read() {
        let source = KeysSource {
            pattern: b"*".to_vec(),
            exact: false,
            read_value: false,
        };
        with_python(|py| {
            let pieces = vec![
                Batch::of_names(&["d", "e"]),
                Batch::of_names(&["a", "b", "c"]),
            ];
            let mut walk = SlotWalk {
                share: Arc::new(Share::new(|_| ())),
                pieces: Pieces::new(Given(pieces)),
                piece: Piece::default(),
            };
            assert!(walk.next(py, &source).is_some());
            assert_eq!(walk.count_piece(py), Some(2));
            assert_eq!(walk.count_piece(py), Some(2));
            assert_eq!(walk.count_piece(py), None);
            assert!(walk.next(py, &source).is_none());
        });
    }
}
