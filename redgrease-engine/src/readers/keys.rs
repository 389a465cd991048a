//! `KeysReader`: the keys of database 0 that match a pattern.
//!
//! Keys are taken in pieces: under the server's lock names and string values are copied into one
//! arena, then the lock is given back and the records are made and passed on from the copy.

use super::Record;
use super::pieces::Pieces;
use super::records::{key_record, read_value};
use crate::plan::KeysSource;
use crate::python::{Gil, from_bytes, none};
use crate::redis::{Batch, KeyScan, KeyType};

/// A walk over the keys, with the place in the present piece.
#[derive(Debug)]
pub(crate) struct Walk {
    pieces: Pieces,
    piece: Batch,
    next: usize,
}

impl Walk {
    pub(super) fn new(source: &KeysSource, with_values: bool) -> Option<Walk> {
        Some(Walk {
            pieces: Pieces::new(KeyScan::new(&source.pattern, with_values)?),
            piece: Batch::default(),
            next: 0,
        })
    }

    /// `false`: there was no other piece.
    fn next_piece(&mut self, py: Gil<'_>) -> bool {
        self.next = 0;
        self.pieces.next(py, &mut self.piece)
    }

    pub(super) fn count_piece(&mut self, py: Gil<'_>) -> Option<usize> {
        self.next_piece(py).then(|| self.piece.keys().len())
    }

    pub(super) fn next<'py>(&mut self, py: Gil<'py>, source: &KeysSource) -> Option<Record<'py>> {
        while self.next >= self.piece.keys().len() {
            if !self.next_piece(py) {
                return None;
            }
        }
        let key = self.piece.keys().get(self.next)?;
        self.next += 1;
        let name = self.piece.bytes(&key.name);
        Some(match (source.read_value, key.kind) {
            (false, _) => key_record(py, None, name, None),
            (true, KeyType::String) => {
                let value = from_bytes(py, self.piece.bytes(&key.text));
                key_record(py, None, name, Some((key.kind, value)))
            }
            (true, KeyType::Hash | KeyType::List) => record(py, None, name, true),
            (true, kind) => key_record(py, None, name, Some((kind, none(py)))),
        })
    }
}

/// The record of one key by its name; of a key that is not there, too.
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
