//! The end of a batch: its messages are acknowledged, or read again.

use super::batch::Batch;
use super::filter::{OnFailed, ReadStatus, StreamsFilter};
use super::group::MessageId;
use super::in_flight::{Place, in_flight};
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
    // Nothing was read meanwhile under the other names that the stream has or may have.
    let mut others = flight.names();
    others.retain(|name| name != stream);
    let registered = is_registered(context, registration);
    let stops_with = status_after(end, filter.on_failed);
    if !registered && (stops_with.is_some() || matches!(end, BatchEnd::Aborted)) {
        return hand_over(context, server, &flight.names());
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
        hand_over(context, server, &others);
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
    hand_over(context, server, &others);
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
    if !context.may_handle_events() {
        return;
    }
    quietly(|| match batch.flight.place() {
        Place::At(stream) => acknowledge(server, filter, &stream, done.iter()),
        Place::Lost(names) => acknowledge_lost(context, server, filter, &names, done),
    });
}

/// Acknowledges messages of a stream whose key was deleted or replaced. The stream may be back, and another stream may have
/// messages with the same ids. What is found nowhere is noted, in case that the stream comes back later.
fn acknowledge_lost(
    context: &Context,
    server: &dyn StreamServer,
    filter: &StreamsFilter,
    names: &[Vec<u8>],
    done: &[Message],
) {
    let mut left: Vec<&Message> = done.iter().collect();
    for name in names {
        let is_pending = |one: &&Message| server.is_pending(name, one);
        let (found, others) = left.into_iter().partition::<Vec<_>, _>(is_pending);
        acknowledge(server, filter, name, found);
        left = others;
    }
    if !left.is_empty() {
        in_flight().write(context, |all| all.owe(names, &left));
    }
}

fn hand_over(context: &Context, server: &dyn StreamServer, streams: &[Vec<u8>]) {
    for stream in streams {
        pump::hand_over(context, server, stream);
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

fn acknowledge<'a>(
    server: &dyn StreamServer,
    filter: &StreamsFilter,
    stream: &[u8],
    messages: impl IntoIterator<Item = &'a Message>,
) {
    let ids: Vec<&[u8]> = messages.into_iter().map(|one| one.id.as_slice()).collect();
    acknowledge_ids(server, filter, stream, &ids);
}

pub(super) fn acknowledge_ids(
    server: &dyn StreamServer,
    filter: &StreamsFilter,
    stream: &[u8],
    ids: &[&[u8]],
) {
    if ids.is_empty() {
        return;
    }
    server.acknowledge(stream, ids);
    if filter.trim {
        // By their ids, not a number of oldest ones: other consumers may have older messages that are not handled yet.
        server.remove(stream, ids);
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
