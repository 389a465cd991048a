//! What goes between a part and its pipeline.

use super::super::message::Message;
use super::super::shards::{Number, Shards};
use super::{Part, When};
use crate::python::Gil;
use crate::steps::{MoverId, Pipeline};
use std::sync::atomic::Ordering;

impl Part {
    /// Puts one batch of each mover into the pipeline, if that has put the records before through.
    pub(super) fn take_batches(&self, py: Gil<'_>, pipeline: &mut Pipeline) -> bool {
        let Some(layout) = self.layout() else {
            return false;
        };
        let waits = |mover| pipeline.has_arrived(mover);
        let (next, is_left) = self.state().arrivals.take_next(waits);
        if is_left {
            self.has_mail.store(true, Ordering::Release);
        }
        let took = !next.is_empty();
        for (mover, batch) in next {
            let bytes = batch.content.bytes().get(batch.begin..).unwrap_or_default();
            let mut errors = Vec::new();
            match layout.movement.read(py, bytes, &mut errors) {
                Ok(records) => pipeline.arrive(mover, records),
                Err(raised) => errors.push(raised),
            }
            for raised in errors {
                pipeline.fail(raised);
            }
            self.give_credit(mover, batch.from, bytes.len());
        }
        took
    }

    /// Tells a shard of the bytes that were put through, if there are many.
    fn give_credit(&self, mover: MoverId, to: Number, bytes: usize) {
        let many = self.state().arrivals.taken(mover, to, bytes);
        if let Some(bytes) = many {
            self.send(to, &Message::Taken(mover, bytes as u64));
        }
    }

    /// Closes movers that all shards have ended and whose records are all inside.
    pub(super) fn close_movers(&self, pipeline: &mut Pipeline) -> bool {
        let (Some(layout), Some(shards)) = (self.layout(), self.shards()) else {
            return false;
        };
        // Nothing comes to other shards behind a mover that gathers.
        let needed = |mover: MoverId| {
            let gathers = layout.gathers.get(mover.0).copied().unwrap_or_default();
            let is_local = gathers && !shards.is_initiator();
            if is_local { 1 } else { shards.len() }
        };
        let closed = self.state().arrivals.close(needed);
        for mover in &closed {
            pipeline.end_mover(*mover);
        }
        !closed.is_empty()
    }

    fn gathers(&self, mover: MoverId) -> bool {
        let gathers = self.layout().and_then(|layout| layout.gathers.get(mover.0));
        gathers.copied().unwrap_or_default()
    }

    /// The time at which the last records in front of a mover are sent. Behind a mover that gathers, nothing is to do here, and the
    /// end of the part follows at once.
    pub(in crate::distribution) fn when_ended(&self, mover: MoverId) -> When {
        let is_initiator = self.shards().is_some_and(Shards::is_initiator);
        if self.gathers(mover) && !is_initiator {
            When::WithNext
        } else {
            When::Now
        }
    }

    pub(in crate::distribution) fn ended_here(&self, mover: MoverId) {
        let Some(shards) = self.shards() else {
            return;
        };
        match (self.gathers(mover), shards.is_initiator()) {
            (false, _) => self.send_to_others(&Message::Ended(mover)),
            (true, false) => self.send_when(0, &Message::Ended(mover), self.when_ended(mover)),
            (true, true) => {}
        }
        let mut state = self.state();
        let mine = shards.mine();
        state.arrivals.end(mover, mine);
        drop(state);
        self.has_mail.store(true, Ordering::Release);
    }
}
