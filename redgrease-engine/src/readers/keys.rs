//! `KeysReader`: the keys of database 0 that match a pattern.
//!
//! Keys are taken in pieces: under the server's lock names and string values are copied into one
//! arena, then the lock is given back and the records are made and passed on from the copy.

use crate::execution::Execution;
use crate::plan::KeysSource;
use crate::python::{Gil, Object, Raised, detached, from_bytes, key_record, none, read_value};
use crate::redis::{self, KeyScan, KeyType};
use crate::steps::Pipeline;
use std::time::Duration;

/// Keys per piece: enough to make taking the lock cheap, few enough not to be felt by clients.
const PIECE: usize = 1000;
/// The lock is not fair. Without a pause the main thread would starve between two pieces.
const PAUSE: Duration = Duration::from_micros(50);

pub(super) fn read<'py>(
    py: Gil<'py>,
    source: &KeysSource,
    execution: &Execution,
    pipeline: &mut Pipeline<'_, 'py>,
) {
    if source.exact {
        match record(py, None, &source.pattern, source.read_value) {
            Ok(record) => pipeline.push(record),
            Err(raised) => pipeline.fail(raised),
        }
        return;
    }
    let counting = pipeline.only_counts();
    let with_values = source.read_value && !counting;
    let Some(mut scan) = KeyScan::new(&source.pattern, with_values) else {
        return;
    };
    while pipeline.wants_more() && !execution.is_aborting() {
        let (moved, more) = detached(py, move || {
            let more = redis::locked(|context| scan.fill(context, PIECE));
            if counting && more && !redis::is_locked() {
                std::thread::sleep(PAUSE);
            }
            (scan, more)
        });
        scan = moved;
        if !more {
            break;
        }
        if counting {
            pipeline.add_count(scan.keys().len());
            continue;
        }
        for key in scan.keys() {
            if !pipeline.wants_more() || execution.is_aborting() {
                break;
            }
            let name = scan.bytes(&key.name);
            let made = match (with_values, key.kind) {
                (false, _) => key_record(py, None, name, None),
                (true, KeyType::String) => {
                    let value = from_bytes(py, scan.bytes(&key.text));
                    key_record(py, None, name, Some((key.kind, value)))
                }
                (true, KeyType::Hash | KeyType::List) => record(py, None, name, true),
                (true, kind) => key_record(py, None, name, Some((kind, none(py)))),
            };
            match made {
                Ok(record) => pipeline.push(record),
                Err(raised) => pipeline.fail(raised),
            }
        }
    }
}

/// The record of one key by its name; of a key that is not there, too.
pub(super) fn record<'py>(
    py: Gil<'py>,
    event: Option<&str>,
    key: &[u8],
    with_value: bool,
) -> Result<Object<'py>, Raised> {
    let value = if with_value {
        Some(read_value(py, key)?)
    } else {
        None
    };
    key_record(py, event, key, value)
}
