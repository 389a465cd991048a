//! Counting the tries of messages, and giving them up.
//!
//! The server counts how often it delivers a message, and that number is the number of tries. So it survives a restart, and
//! the next registration knows it. A message of a batch that failed is delivered again alone: only then is it known to be the one that
//! fails.

use super::batch::Batch;
use super::dead_letter::{self, Sent};
use super::filter::StreamsFilter;
use super::in_flight::Place;
use super::server::StreamServer;
use super::{pump, settle};
use crate::plan::Message;
use crate::redis::Context;
use crate::registration::Registration;
use std::sync::Arc;

/// What comes of a message that was delivered again.
pub(super) enum Again {
    /// It is tried, for this time.
    Try(u32),
    /// It was given up.
    GivenUp,
    /// It cannot be given up, and the registration is paused; or its dead letter is on the way to another shard.
    Stuck,
}

/// Counts a message that was delivered again. The count is written before the message is tried: a message that ends the server
/// is given up as well.
pub(super) fn begin(
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    filter: &StreamsFilter,
    stream: &[u8],
    message: &Message,
) -> Again {
    let tries = server.deliveries(stream, &message.id).max(1);
    let before = tries - 1;
    let begins_again = filter.with_stream(stream, |known| known.begins_again) == Some(true);
    if !begins_again || !filter.failures.gives_up_untold(before) {
        server.set_deliveries(stream, &[&message.id], tries);
        return Again::Try(tries);
    }
    let error =
        "the server ended while the message was handled, and nothing is known of its last try";
    match dead_letter::give_up(server, registration, filter, stream, message, before, error) {
        Ok(Sent::Far) => Again::Stuck,
        Ok(Sent::Here) => {
            settle::acknowledge_ids(server, filter, stream, &[&message.id]);
            Again::GivenUp
        }
        Err(reason) => {
            pump::stop_for_owner(registration, filter, &reason);
            Again::Stuck
        }
    }
}

/// The message that has failed, if it is known and is not tried again: its number, counted from 1.
pub(super) fn to_give_up(batch: &Batch, filter: &StreamsFilter) -> Option<usize> {
    let number = batch.failed_number().filter(|number| *number > 0)?;
    filter
        .failures
        .gives_up_after(batch.tries)
        .then_some(number)
}

/// Gives the message with this number up, and acknowledges it and those before it. While its dead letter is on the way to another
/// shard, only those before it.
pub(super) fn give_up(
    context: &Context,
    server: &dyn StreamServer,
    batch: &Batch,
    filter: &StreamsFilter,
    number: usize,
    error: &str,
) -> Result<Sent, String> {
    let messages = &batch.messages;
    let Some(message) = messages.messages.get(number - 1) else {
        return Ok(Sent::Here);
    };
    let mut sent = Sent::Here;
    // The messages of a replica belong to its master.
    if context.may_handle_events() {
        let registration = &batch.registration;
        let stream = &messages.stream;
        sent = dead_letter::give_up(
            server,
            registration,
            filter,
            stream,
            message,
            batch.tries,
            error,
        )?;
    }
    let done = if sent == Sent::Far {
        number - 1
    } else {
        number
    };
    settle::acknowledge_up_to(context, server, batch, done);
    Ok(sent)
}

/// Takes back what the server has counted for messages that were not tried: those behind the message that failed, or all if the
/// batch did not fail by itself.
pub(super) fn uncount(context: &Context, server: &dyn StreamServer, batch: &Batch, tried: usize) {
    let Place::At(stream) = batch.flight.place() else {
        return;
    };
    let left = batch.messages.messages.get(tried..).unwrap_or_default();
    if left.is_empty() || !context.may_handle_events() {
        return;
    }
    let ids: Vec<&[u8]> = left.iter().map(|one| one.id.as_slice()).collect();
    server.set_deliveries(&stream, &ids, batch.tries.saturating_sub(1));
}
