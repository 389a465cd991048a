//! `KeysReader`: the keys of database 0 that match a pattern.
//!
//! Keys are taken in pieces: under the server's lock names and string values are copied into one
//! arena, then the lock is given back and the records are made and passed on from the copy.

use super::Record;
use crate::plan::KeysSource;
use crate::python::{Gil, detached, from_bytes, key_record, none, read_value};
use crate::redis::{self, KeyScan, KeyType};
use std::time::Duration;

/// Keys per piece: enough to make taking the lock cheap, few enough not to be felt by clients.
const PIECE: usize = 1000;
/// The lock is not fair. Without a pause the main thread would starve between two pieces.
const PAUSE: Duration = Duration::from_micros(50);

/// A walk over the keys, with the place in the present piece.
#[derive(Debug)]
pub(crate) struct Walk {
    scan: KeyScan,
    next: usize,
}

impl Walk {
    pub(super) fn new(source: &KeysSource, with_values: bool) -> Option<Walk> {
        Some(Walk {
            scan: KeyScan::new(&source.pattern, with_values)?,
            next: 0,
        })
    }

    /// `false`: there was no other piece.
    fn next_piece(&mut self, py: Gil<'_>, pause: bool) -> bool {
        self.next = 0;
        let scan = &mut self.scan;
        let mut fill = move || {
            let more = redis::locked(|context| scan.fill(context, PIECE));
            if more && pause {
                std::thread::sleep(PAUSE);
            }
            more
        };
        if redis::is_locked() {
            fill()
        } else {
            detached(py, fill)
        }
    }

    pub(super) fn count_piece(&mut self, py: Gil<'_>) -> Option<usize> {
        let pause = !redis::is_locked();
        self.next_piece(py, pause).then(|| self.scan.keys().len())
    }

    pub(super) fn next<'py>(&mut self, py: Gil<'py>, source: &KeysSource) -> Option<Record<'py>> {
        while self.next >= self.scan.keys().len() {
            if !self.next_piece(py, false) {
                return None;
            }
        }
        let key = self.scan.keys().get(self.next)?;
        self.next += 1;
        let name = self.scan.bytes(&key.name);
        Some(match (source.read_value, key.kind) {
            (false, _) => key_record(py, None, name, None),
            (true, KeyType::String) => {
                let value = from_bytes(py, self.scan.bytes(&key.text));
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
