//! `KeysReader`: the keys of database 0 that match a pattern.
//!
//! Keys are read in pieces. The reader copies the names of a piece, with the values of strings and small hashes, into one arena
//! under the server's lock. Then it releases the lock and makes records from the copy. Other values are read some at a time.

use super::Record;
use super::pieces::{Piece, Pieces};
use super::records::{Looked, copied_record, key_record, may_scan, read_ahead, read_value, reader};
use crate::plan::KeysSource;
use crate::python::{Gil, Raised};
use crate::redis::{KeyScan, KeyType, ScannedKey, User};
use std::collections::VecDeque;

/// A walk over the keys, with its place in the current piece.
#[derive(Debug)]
pub(crate) struct Walk {
    pieces: Pieces,
    piece: Piece,
    /// The next hashes and lists of the piece, which were read together.
    ahead: VecDeque<Looked>,
}

/// So many hashes and lists are read together.
const AT_ONCE: usize = 32;

impl Walk {
    /// A walk for the user whose rights the code on this thread has. `None` if the server has no memory for it.
    pub(super) fn new(
        py: Gil<'_>,
        source: &KeysSource,
        with_values: bool,
    ) -> Result<Option<Walk>, Raised> {
        may_scan(py)?;
        let reads_values = with_values.then(|| User::or_default(reader()));
        Ok(
            KeyScan::new(&source.pattern, reads_values).map(|scan| Walk {
                pieces: Pieces::new(scan),
                piece: Piece::default(),
                ahead: VecDeque::new(),
            }),
        )
    }

    /// Goes on to the next piece. `false` at the end of the walk.
    fn next_piece(&mut self, py: Gil<'_>) -> bool {
        self.ahead.clear();
        self.pieces.next(py, &mut self.piece)
    }

    /// The number of keys in the next piece. `None` at the end of the walk.
    pub(super) fn count_piece(&mut self, py: Gil<'_>) -> Option<usize> {
        self.next_piece(py).then(|| self.piece.batch.keys().len())
    }

    /// [`Piece::take_text`], after the next piece was read if that is necessary.
    pub(super) fn take_text(&mut self, py: Gil<'_>, take: impl FnOnce(&[u8]) -> bool) -> bool {
        (!self.piece.is_read() || self.next_piece(py)) && self.piece.take_text(take)
    }

    /// Reads the hash or the list with this index in the piece, and some of those behind it.
    fn read_from(&self, py: Gil<'_>, index: usize) -> VecDeque<Looked> {
        let keys = self.piece.batch.keys().iter().skip(index);
        let names = keys.filter(|key| is_read_ahead(key)).take(AT_ONCE);
        let names: Vec<&[u8]> = names.map(|key| self.piece.batch.bytes(&key.name)).collect();
        read_ahead(py, &names)
    }

    /// The record of the next key. `None` at the end of the walk.
    pub(super) fn next<'py>(&mut self, py: Gil<'py>, source: &KeysSource) -> Option<Record<'py>> {
        while self.piece.is_read() {
            if !self.next_piece(py) {
                return None;
            }
        }
        let index = self.piece.next;
        self.piece.next += 1;
        let key = self.piece.batch.keys().get(index)?;
        let name = self.piece.batch.bytes(&key.name);
        if !source.read_value {
            return Some(key_record(py, None, name, None));
        }
        if !self.piece.batch.has_values() {
            return Some(record(py, None, name, true));
        }
        if let Some(record) = copied_record(py, &self.piece.batch, key) {
            return Some(record);
        }
        if self.ahead.is_empty() {
            self.ahead = self.read_from(py, index);
        }
        let value = self.ahead.pop_front()?.value(py);
        Some(value.and_then(|value| key_record(py, None, name, Some(value))))
    }
}

/// `true` if the value was not copied with the name of the key.
fn is_read_ahead(key: &ScannedKey) -> bool {
    match key.kind {
        KeyType::List => true,
        KeyType::Hash => key.text.is_empty(),
        _ => false,
    }
}

/// The record of the key with this name, which need not exist.
pub(super) fn record<'py>(
    py: Gil<'py>,
    event: Option<&str>,
    key: &[u8],
    with_value: bool,
) -> Record<'py> {
    let value = if with_value {
        Some(read_value(py, key)?)
    } else {
        None
    };
    key_record(py, event, key, value)
}
