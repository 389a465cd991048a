//! The end of a batch: its messages are acknowledged, or read again.

use super::batch::Batch;
use super::dead_letter::Sent;
use super::failure_text::asks_for_pause;
use super::failures::OnFailed;
use super::filter::{ReadStatus, StreamsFilter};
use super::group::MessageId;
use super::in_flight::{Place, in_flight};
use super::moving;
use super::owner;
use super::pump::{self, is_registered, pump};
use super::server::StreamServer;
use super::stream::Stream;
use super::tries;
use crate::plan::{Message, Mode};
use crate::redis::{Context, has_handed_over, quietly};
use crate::registration::Registration;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The end of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) enum BatchEnd<'a> {
    /// The messages were handled.
    Handled,
    /// The execution failed with this error, with its traceback if there is one.
    Failed(&'a str),
    /// The server refused a command of the handler for want of rights, and the execution failed.
    Denied,
    /// The execution was aborted: by a limit, for this reason, or by a client.
    Aborted(Option<&'a str>),
    /// The execution was taken back before it began.
    Withdrawn,
}

impl<'a> BatchEnd<'a> {
    /// The reason why the batch failed.
    fn error(self) -> &'a str {
        match self {
            BatchEnd::Failed(error) | BatchEnd::Aborted(Some(error)) => error,
            _ => "a client aborted the execution",
        }
    }
}

/// What follows on the end of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The messages were handled, or count as handled. The next ones are read.
    GoOn,
    /// The message with this number is given up. Those behind it are read next.
    GiveUp(usize),
    /// The messages are read again at once, one by one.
    OneByOne,
    /// The messages are read again after the retry interval.
    Retry,
    /// The stream moves to another shard. The messages are read again: there, or here if it stays.
    Leave,
    /// Nothing is read.
    Stop(ReadStatus),
}

/// Called when the execution of a batch has ended.
pub(super) fn settle(
    context: &Context,
    server: &dyn StreamServer,
    batch: &Batch,
    end: BatchEnd<'_>,
) {
    settle_here(context, server, batch, end);
    moving::tell_askers(context, &batch.flight.names());
}

fn settle_here(context: &Context, server: &dyn StreamServer, batch: &Batch, end: BatchEnd<'_>) {
    let registration = &batch.registration;
    let Some(filter) = pump::filter(registration) else {
        return;
    };
    if !matches!(end, BatchEnd::Handled) {
        // Those before the message that failed are done, whatever follows.
        acknowledge_up_to(context, server, batch, batch.passed());
    }
    batch.close();
    let messages = &batch.messages;
    let stream = messages.stream.as_slice();
    let flight = &batch.flight;
    in_flight().write(context, |all| all.end(flight));
    let next = next(server, batch, filter, end);
    uncount(context, server, batch, filter, end, next);
    if matches!(end, BatchEnd::Withdrawn) {
        // The code that took the batch back looks after the stream.
        return filter.batch_ended(stream, true);
    }
    // Nothing was read meanwhile under the other names that the stream has or may have.
    let mut others = flight.names();
    others.retain(|name| name != stream);
    let registered = is_registered(context, registration);
    let goes_on = matches!(next, Next::GoOn | Next::GiveUp(_));
    if !registered && (!goes_on || matches!(end, BatchEnd::Aborted(_))) {
        return hand_over(context, server, &flight.names());
    }
    if let Some(oldest) = messages.messages.first() {
        filter.state().lag.record(age(&oldest.id));
    }
    let all = messages.messages.len();
    let done = match next {
        Next::Stop(status) => {
            filter.batch_ended(stream, true);
            if let BatchEnd::Denied = end {
                pump::stop_for_owner(registration, filter, &owner::denied(registration));
            }
            return stop(context, server, batch, filter, status, &others);
        }
        Next::Leave if !server.serves(stream) => {
            filter.batch_ended(stream, true);
            moving::try_later(context, stream);
            return hand_over(context, server, &others);
        }
        // The slot may stay between two servers for hours.
        Next::Leave | Next::Retry => {
            filter.batch_ended(stream, true);
            if batch.has_passed_some() {
                filter.with_stream(stream, Stream::succeeded);
            }
            let least = if next == Next::Leave {
                moving::AGAIN
            } else {
                Duration::ZERO
            };
            wait(server, registration, filter, stream, least);
            return hand_over(context, server, &others);
        }
        Next::OneByOne => {
            filter.state().failed.retries += 1;
            0
        }
        Next::GiveUp(number) => {
            match tries::give_up(context, server, batch, filter, number, end.error()) {
                Ok(Sent::Here) => number,
                Ok(Sent::Far) => {
                    filter.batch_ended(stream, true);
                    return hand_over(context, server, &others);
                }
                Err(why) => {
                    filter.batch_ended(stream, true);
                    pump::stop_for_owner(registration, filter, &why);
                    return stop(context, server, batch, filter, ReadStatus::Paused, &others);
                }
            }
        }
        Next::GoOn => {
            let done = match end {
                BatchEnd::Handled => all,
                _ => batch.tried(),
            };
            acknowledge_up_to(context, server, batch, done);
            done
        }
    };
    filter.with_stream(stream, Stream::succeeded);
    filter.batch_ended(stream, done < all);
    hand_over(context, server, &others);
    if !registered {
        pump::hand_over(context, server, stream);
    } else if registration.mode == Mode::Sync {
        // Sync batches run on the main thread.
        if batch.is_left() {
            pump::go_on_later(server, registration, stream, Duration::ZERO);
        }
    } else {
        let begins_again = filter.with_stream(stream, |known| known.begins_again) == Some(true);
        if begins_again && filter.failures.gives_up() {
            // The next message may end the server, as it may have done before. The acknowledgement has to be in the AOF first.
            pump::go_on_later(server, registration, stream, pump::SOON);
        } else {
            pump(context, server, registration, stream);
        }
    }
}

/// Decides what follows on the end of a batch.
fn next(
    server: &dyn StreamServer,
    batch: &Batch,
    filter: &StreamsFilter,
    end: BatchEnd<'_>,
) -> Next {
    match end {
        // The handler may have failed because some of its keys have left already.
        BatchEnd::Failed(_) if moves(server, batch) => return Next::Leave,
        BatchEnd::Handled | BatchEnd::Withdrawn => return Next::GoOn,
        BatchEnd::Denied => return Next::Stop(ReadStatus::Paused),
        BatchEnd::Failed(error) if asks_for_pause(error) => {
            return Next::Stop(ReadStatus::Paused);
        }
        BatchEnd::Failed(_) | BatchEnd::Aborted(_) => {}
    }
    let failures = &filter.failures;
    if failures.gives_up()
        && let Some(number) = tries::to_give_up(batch, filter)
    {
        return Next::GiveUp(number);
    }
    match failures.on_failed {
        OnFailed::Continue if failures.gives_up() => Next::OneByOne,
        OnFailed::Continue => Next::GoOn,
        OnFailed::Abort => Next::Stop(ReadStatus::Aborted),
        OnFailed::Retry => Next::Retry,
    }
}

/// `true` if the stream of a batch moves to another shard, or has moved.
fn moves(server: &dyn StreamServer, batch: &Batch) -> bool {
    let names = batch.flight.names();
    names.iter().all(|name| server.moves(name))
}

/// Takes back what the server has counted for messages that were not tried.
fn uncount(
    context: &Context,
    server: &dyn StreamServer,
    batch: &Batch,
    filter: &StreamsFilter,
    end: BatchEnd<'_>,
    next: Next,
) {
    if !filter.failures.gives_up() || matches!(end, BatchEnd::Handled) {
        return;
    }
    let tried = match next {
        // The handler says, or its owner is the reason, that the messages are not tried at this time.
        Next::GoOn | Next::Stop(_) | Next::Leave => 0,
        Next::GiveUp(number) => number,
        Next::OneByOne | Next::Retry => batch.tried_number(),
    };
    tries::uncount(context, server, batch, tried);
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
        // In a cluster, the new master is told, if it has what the handler has written.
        if moving::is_possible() && has_handed_over() {
            let all: Vec<&Message> = done.iter().collect();
            in_flight().write(context, |all_flights| {
                all_flights.owe(&batch.flight.names(), &all);
            });
        }
        return;
    }
    quietly(|| {
        if let Place::At(stream) = batch.flight.place() {
            if acknowledge(server, filter, &stream, done) {
                return;
            }
            // The stream has left with its slot.
            in_flight().write(context, |all| all.happened("del", &stream));
        }
        acknowledge_lost(context, server, filter, &batch.flight.names(), done);
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

/// Stops reading until a client resumes the registration.
fn stop(
    context: &Context,
    server: &dyn StreamServer,
    batch: &Batch,
    filter: &StreamsFilter,
    status: ReadStatus,
    others: &[Vec<u8>],
) {
    {
        let mut state = filter.state();
        // A client may have paused the registration meanwhile: the pause stays.
        if state.status == ReadStatus::Ok {
            state.status = status;
        }
    }
    hand_over(context, server, others);
    batch.registration.withdraw_pending();
}

/// Reads a stream again after the retry interval. Its other messages wait behind the ones that failed.
fn wait(
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    filter: &StreamsFilter,
    stream: &[u8],
    least: Duration,
) {
    {
        let mut state = filter.state();
        state.failed.retries += 1;
        // A client has paused the registration meanwhile: reading goes on when a client ends the pause.
        if state.status != ReadStatus::Ok {
            return;
        }
    }
    let waits = filter.with_stream(stream, |known| (known.failed(), known.wait()));
    // A stream that is gone meanwhile is read when it is back.
    let Some((failures, wait)) = waits else {
        return;
    };
    let delay = filter.failures.interval(failures).max(least);
    let registration = Arc::clone(registration);
    let stream = stream.to_vec();
    let job = move |context: &Context, server: &dyn StreamServer| {
        let ends = pump::filter(&registration)
            .and_then(|filter| filter.with_stream(&stream, |known| known.end_wait(wait)));
        if ends == Some(true) {
            pump(context, server, &registration, &stream);
        }
    };
    server.later(delay, Box::new(job));
}

/// `false` if the server does not serve the stream any more.
fn acknowledge<'a>(
    server: &dyn StreamServer,
    filter: &StreamsFilter,
    stream: &[u8],
    messages: impl IntoIterator<Item = &'a Message>,
) -> bool {
    let ids: Vec<&[u8]> = messages.into_iter().map(|one| one.id.as_slice()).collect();
    acknowledge_ids(server, filter, stream, &ids)
}

pub(super) fn acknowledge_ids(
    server: &dyn StreamServer,
    filter: &StreamsFilter,
    stream: &[u8],
    ids: &[&[u8]],
) -> bool {
    if ids.is_empty() {
        return true;
    }
    if !server.acknowledge(stream, ids) {
        return false;
    }
    if filter.trim {
        // By their ids, not a number of oldest ones: other consumers may have older messages that are not handled yet.
        server.remove(stream, ids);
    }
    true
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
