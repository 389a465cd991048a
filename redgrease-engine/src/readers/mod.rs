//! The sources of the records of an execution: one file per reader.
//!
//! A reading keeps its place, so that an execution can be set aside between two records.

mod keys;
mod pieces;
mod python;
mod records;
mod slots;
mod stream;
#[cfg(test)]
mod tests;

use crate::plan::Source;
use crate::python::{Gil, Object, Raised, list_of};
use crate::slots::Share;
use records::message_record;
use std::sync::Arc;

type Record<'py> = Result<Object<'py>, Raised>;

/// The reading of a source, with its place.
#[derive(Debug)]
pub(crate) enum Reading {
    NotBegun,
    /// The keys of a share of the slots of a cluster. It has not begun.
    Share(Arc<Share>),
    Keys(keys::Walk),
    Slots(slots::SlotWalk),
    Python(python::Items),
    Stream(stream::Rest),
    Messages(usize),
    Ended,
}

impl Reading {
    /// The next record. `None` at the end, and if the source has no record now: see [`Reading::may_go_on`].
    pub(crate) fn next<'py>(&mut self, py: Gil<'py>, source: &Source) -> Option<Record<'py>> {
        if let Reading::NotBegun | Reading::Share(_) = self {
            match self.begin(py, source) {
                Ok((reading, first)) => {
                    *self = reading;
                    if first.is_some() {
                        return first;
                    }
                }
                Err(raised) => {
                    self.stop();
                    *self = Reading::Ended;
                    return Some(Err(raised));
                }
            }
        }
        let next = match (&mut *self, source) {
            (Reading::Keys(walk), Source::Keys(keys)) => walk.next(py, keys),
            (Reading::Slots(walk), Source::Keys(keys)) => walk.next(py, keys),
            (Reading::Python(items), _) => items.next(py),
            (Reading::Stream(rest), Source::Stream { stream, .. }) => rest.next(py, stream),
            (Reading::Messages(place), Source::Messages(batch)) => {
                let message = batch.messages.get(*place);
                *place += 1;
                message.map(|message| message_record(py, &batch.stream, message))
            }
            _ => None,
        };
        if next.is_none() && !self.may_go_on() {
            *self = Reading::Ended;
        }
        next
    }

    /// Hands the value of the next key to `take`, if it is a text, and makes no record of it if `take` returns `true`. `false` says
    /// nothing about other records.
    pub(crate) fn take_text(
        &mut self,
        py: Gil<'_>,
        source: &Source,
        take: impl FnOnce(&[u8]) -> bool,
    ) -> bool {
        match (self, source) {
            (Reading::Keys(walk), Source::Keys(keys)) if keys.read_value => {
                walk.take_text(py, take)
            }
            (Reading::Slots(walk), Source::Keys(keys)) if keys.read_value => {
                walk.take_text(py, take)
            }
            _ => false,
        }
    }

    /// `true` if there may be records later, although there was none: another shard may still give slots to this one.
    pub(crate) fn may_go_on(&self) -> bool {
        matches!(self, Reading::Slots(walk) if !walk.is_over())
    }

    /// No other record is read. The tasks of a share count as done.
    pub(crate) fn stop(&self) {
        match self {
            Reading::Share(share) => share.stop(),
            Reading::Slots(walk) => walk.stop(),
            _ => {}
        }
    }

    /// The number of records in the next piece, for a plan that only counts records. `None` if the source cannot count
    /// records without making them, or has ended: then [`Reading::next`] reads on.
    pub(crate) fn count_piece(&mut self, py: Gil<'_>, source: &Source) -> Option<usize> {
        let keys = match source {
            Source::Keys(keys) if !keys.exact => keys,
            _ => return None,
        };
        // The reader tells of a refusal when it reads on.
        match self {
            Reading::NotBegun => {
                let walk = keys::Walk::new(py, keys, false).ok()?;
                *self = walk.map_or(Reading::Ended, Reading::Keys);
            }
            Reading::Share(share) => {
                let walk = slots::SlotWalk::new(py, keys, share, false).ok()?;
                *self = Reading::Slots(walk);
            }
            _ => {}
        }
        let counted = match self {
            Reading::Keys(walk) => walk.count_piece(py),
            Reading::Slots(walk) => walk.count_piece(py),
            _ => return None,
        };
        if counted.is_none() && !self.may_go_on() {
            *self = Reading::Ended;
        }
        counted
    }

    /// Begins to read a source. A source with at most one record has been read then.
    fn begin<'py>(
        &self,
        py: Gil<'py>,
        source: &Source,
    ) -> Result<(Reading, Option<Record<'py>>), Raised> {
        if let (Reading::Share(share), Source::Keys(keys)) = (self, source) {
            let walk = slots::SlotWalk::new(py, keys, share, keys.read_value)?;
            return Ok((Reading::Slots(walk), None));
        }
        Ok(match source {
            Source::Keys(keys) if keys.exact => (
                Reading::Ended,
                Some(keys::record(py, None, &keys.pattern, keys.read_value)),
            ),
            Source::Keys(keys) => {
                let walk = keys::Walk::new(py, keys, keys.read_value)?;
                (walk.map_or(Reading::Ended, Reading::Keys), None)
            }
            Source::Python(function) => (
                Reading::Python(python::Items::new(py, function, false)?),
                None,
            ),
            Source::Repeated(function) => (
                Reading::Python(python::Items::new(py, function, true)?),
                None,
            ),
            Source::Stream { from, .. } => (Reading::Stream(stream::Rest::new(from)), None),
            Source::Messages(_) => (Reading::Messages(0), None),
            Source::Key(happened) => {
                let event = Some(happened.event.as_str());
                let record = keys::record(py, event, &happened.key, happened.read_value);
                (Reading::Ended, Some(record))
            }
            Source::Call(function) => {
                function.call0(py)?;
                (Reading::Ended, None)
            }
            Source::Command(words) => (Reading::Ended, Some(list_of(py, words.iter()))),
            Source::Nothing => (Reading::Ended, None),
        })
    }
}
