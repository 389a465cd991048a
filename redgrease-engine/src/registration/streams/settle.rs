//! The end of a batch: its messages are acknowledged, or read again.

use super::batch::Batch;
use super::filter::{OnFailed, ReadStatus, StreamsFilter};
use super::group::MessageId;
use super::in_flight::in_flight;
use super::owner;
use super::pump::{self, is_registered, pump};
use super::server::StreamServer;
use crate::plan::{Message, Mode};
use crate::redis::{Context, quietly};
use crate::registration::Registration;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The end of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) enum BatchEnd<'a> {
    /// The messages were handled.
    Handled,
    /// The execution failed with this error.
    Failed(&'a str),
    /// The server refused a command of the handler for want of rights, and the execution failed.
    Denied,
    /// The execution was aborted.
    Aborted,
    /// The execution was taken back before it began.
    Withdrawn,
}

/// Called when the execution of a batch has ended.
pub(super) fn settle(
    context: &Context,
    server: &dyn StreamServer,
    batch: &Batch,
    end: BatchEnd<'_>,
) {
    let registration = &batch.registration;
    let Some(filter) = pump::filter(registration) else {
        return;
    };
    batch.close();
    let messages = &batch.messages;
    let stream = messages.stream.as_slice();
    let flight = &batch.flight;
    in_flight().write(context, |all| all.end(flight));
    if matches!(end, BatchEnd::Withdrawn) {
        // The code that took the batch back looks after the stream.
        return filter.batch_ended(stream, true);
    }
    let registered = is_registered(context, registration);
    let stops_with = status_after(end, filter.on_failed);
    if !registered && (stops_with.is_some() || matches!(end, BatchEnd::Aborted)) {
        let place = flight.place().unwrap_or_else(|| stream.to_vec());
        return pump::hand_over(context, server, &place);
    }
    if let Some(oldest) = messages.messages.first() {
        filter.state().lag.record(age(&oldest.id));
    }
    if let Some(status) = stops_with {
        filter.batch_ended(stream, true);
        if let BatchEnd::Denied = end {
            pump::stop_for_owner(registration, filter, &owner::denied(registration));
        }
        stop(server, registration, filter, status);
        if let Some(place) = flight.place().filter(|_| flight.has_moved()) {
            pump::hand_over(context, server, &place);
        }
        if status != ReadStatus::WaitingForRetry {
            registration.withdraw_pending();
        }
        return;
    }
    let all = messages.messages.len();
    let done = match end {
        BatchEnd::Handled => all,
        _ => batch.tried(),
    };
    acknowledge_up_to(context, server, batch, done);
    filter.batch_ended(stream, done < all);
    if let Some(place) = flight.place().filter(|_| flight.has_moved()) {
        pump::hand_over(context, server, &place);
    }
    if !registered {
        pump::hand_over(context, server, stream);
    } else if registration.mode != Mode::Sync {
        pump(context, server, registration, stream);
    }
}

/// Acknowledges the first `count` messages of a batch, except those that were acknowledged before. On a replica nothing is
/// acknowledged: the messages belong to its master.
pub(super) fn acknowledge_up_to(
    context: &Context,
    server: &dyn StreamServer,
    batch: &Batch,
    count: usize,
) {
    let done = batch.take_up_to(count);
    let Some(filter) = pump::filter(&batch.registration) else {
        return;
    };
    // A stream that is gone needs no acknowledgement, and another stream of its name may have messages with the same ids.
    if context.may_handle_events()
        && let Some(stream) = batch.flight.place()
    {
        quietly(|| acknowledge(server, filter, &stream, done));
    }
}

/// The status of a registration that stops reading after this end. `None` if it goes on.
fn status_after(end: BatchEnd<'_>, on_failed: OnFailed) -> Option<ReadStatus> {
    match (end, on_failed) {
        (BatchEnd::Failed(error), _) if error.starts_with("PAUSE") => Some(ReadStatus::Paused),
        (BatchEnd::Denied, _) => Some(ReadStatus::Paused),
        (BatchEnd::Handled | BatchEnd::Withdrawn, _) | (_, OnFailed::Continue) => None,
        (_, OnFailed::Abort) => Some(ReadStatus::Aborted),
        (_, OnFailed::Retry) => Some(ReadStatus::WaitingForRetry),
    }
}

/// Stops reading. A registration that waits for a retry goes on after its interval.
fn stop(
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    filter: &StreamsFilter,
    status: ReadStatus,
) {
    {
        let mut state = filter.state();
        // A client may have paused the registration meanwhile: the pause stays.
        if state.status == ReadStatus::Ok {
            state.status = status;
        }
        if state.status != ReadStatus::WaitingForRetry {
            return;
        }
    }
    let registration = Arc::clone(registration);
    let job = move |context: &Context, server: &dyn StreamServer| {
        let waits = pump::filter(&registration)
            .is_some_and(|filter| filter.status() == ReadStatus::WaitingForRetry);
        if waits && is_registered(context, &registration) {
            retry(context, server, &registration);
        }
    };
    server.later(filter.retry_interval, Box::new(job));
}

fn retry(context: &Context, server: &dyn StreamServer, registration: &Arc<Registration>) {
    let Some(filter) = pump::filter(registration) else {
        return;
    };
    let streams: Vec<Vec<u8>> = {
        let mut state = filter.state();
        state.status = ReadStatus::Ok;
        state.streams.keys().cloned().collect()
    };
    for stream in streams {
        pump(context, server, registration, &stream);
    }
}

fn acknowledge(
    server: &dyn StreamServer,
    filter: &StreamsFilter,
    stream: &[u8],
    messages: &[Message],
) {
    if messages.is_empty() {
        return;
    }
    let ids: Vec<&[u8]> = messages.iter().map(|one| one.id.as_slice()).collect();
    server.acknowledge(stream, &ids);
    if filter.trim {
        // By their ids, not a number of oldest ones: other consumers may have older messages that are not handled yet.
        server.remove(stream, &ids);
    }
}

/// The age of a message in milliseconds: its id begins with the time when it was added.
fn age(id: &[u8]) -> u64 {
    let added = MessageId::parse(id).map_or(0, |id| id.millis);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    u64::try_from(now.as_millis())
        .unwrap_or(u64::MAX)
        .saturating_sub(added)
}
