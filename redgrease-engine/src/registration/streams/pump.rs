//! From messages to batches.

use super::batch::Batch;
use super::far_letters;
use super::filter::{LookedUp, ReadStatus, StreamsFilter};
use super::in_flight::in_flight;
use super::moving;
use super::pace::Pace;
use super::server::StreamServer;
use super::settle;
use super::stream::{Phase, Stream};
use super::tries::{self, Again};
use crate::plan::{Message, Messages, Mode};
use crate::python::stopped_in_a_row;
use crate::redis::{Context, Level, WHILE_PAUSED, is_paused, log, quietly};
use crate::registration::{Event, Registration, registry};
use std::sync::Arc;
use std::time::Duration;

/// When the batches go on, after the server has looked at its clients.
pub(super) const SOON: Duration = Duration::from_millis(1);

pub(super) fn filter(registration: &Registration) -> Option<&StreamsFilter> {
    match &registration.event {
        Event::Streams(filter) => Some(filter),
        _ => None,
    }
}

/// Starts the next batch of a stream, unless a batch is being handled or there is no message for one.
pub(super) fn pump(
    context: &Context,
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    stream: &[u8],
) {
    // An event, a timer or a search may have found the registration before it was unregistered.
    if !context.may_handle_events() || !is_registered(context, registration) {
        return;
    }
    if !moving::may_read(context, stream) {
        return;
    }
    if is_paused() {
        return go_on_later(server, registration, stream, WHILE_PAUSED);
    }
    if !server.serves(stream) {
        return moving::try_later(context, stream);
    }
    if registration.mode == Mode::Sync {
        return pump_here(context, server, registration, stream);
    }
    quietly(|| begin(context, server, registration, stream));
}

/// Runs the batches of a stream on this thread, one after the other. After a while the server looks at its clients, and the batches
/// go on later.
fn pump_here(
    context: &Context,
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    stream: &[u8],
) {
    let Some(filter) = filter(registration) else {
        return;
    };
    if filter.with_stream(stream, |known| known.is_postponed) == Some(true) {
        return;
    }
    let pace = Pace::begin();
    loop {
        if pace.is_over() || stopped_in_a_row() > 0 {
            filter.with_stream(stream, |known| known.is_postponed = true);
            return go_on_later(server, registration, stream, SOON);
        }
        if !quietly(|| begin(context, server, registration, stream)) {
            return;
        }
    }
}

/// Tries again when the server has looked at its clients, or, if it pauses them, may deliver messages.
pub(super) fn go_on_later(
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    stream: &[u8],
    delay: Duration,
) {
    let registration = Arc::clone(registration);
    let stream = stream.to_vec();
    let job = move |context: &Context, server: &dyn StreamServer| {
        if let Some(filter) = filter(&registration) {
            filter.with_stream(&stream, |known| known.is_postponed = false);
        }
        if is_registered(context, &registration) {
            pump(context, server, &registration, &stream);
        }
    };
    server.later(delay, Box::new(job));
}

/// Returns `true` if a batch was started.
fn begin(
    context: &Context,
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    stream: &[u8],
) -> bool {
    let Some(filter) = filter(registration) else {
        return false;
    };
    let Some(claim) = claim(server, filter, stream) else {
        return false;
    };
    if let Err(reason) = server.check_owner(registration, stream) {
        filter.batch_ended(stream, false);
        stop_for_owner(registration, filter, &reason);
        return false;
    }
    let messages = match claim.phase {
        Phase::Again => {
            let Ok(messages) = read_pending(context, server, filter, stream) else {
                filter.batch_ended(stream, false);
                return false;
            };
            messages
        }
        Phase::New => read_new(server, registration, filter, stream, &claim),
    };
    let mut tried = 1;
    if claim.phase == Phase::Again
        && filter.failures.gives_up()
        && let Some(message) = messages.first()
    {
        tried = match tries::begin(server, registration, filter, stream, message) {
            Again::Try(count) => count,
            Again::GivenUp => {
                filter.batch_ended(stream, true);
                return begin(context, server, registration, stream);
            }
            Again::Stuck => {
                filter.batch_ended(stream, true);
                return false;
            }
        };
    }
    let is_empty = messages.is_empty();
    filter.with_stream(stream, |known| {
        if let (Phase::New, Some(newest)) = (claim.phase, messages.last()) {
            known.delivered(&newest.id);
        }
        if is_empty {
            known.phase = Phase::New;
            known.begins_again = false;
        }
    });
    if is_empty {
        filter.batch_ended(stream, false);
        return claim.phase == Phase::Again && begin(context, server, registration, stream);
    }
    launch(context, server, registration, stream, messages, tried);
    true
}

/// A stream that is taken for a batch.
struct Claim {
    phase: Phase,
    /// The last message that was delivered.
    last: Vec<u8>,
    /// Messages make a batch even if they are too few.
    is_due: bool,
}

/// Takes a stream for a batch. `None` if a batch is being handled, or nothing may be read.
fn claim(server: &dyn StreamServer, filter: &StreamsFilter, stream: &[u8]) -> Option<Claim> {
    let joined = match filter.look_up(stream) {
        LookedUp::Known => None,
        LookedUp::Unknown { is_due } => {
            let mut joined = Stream::new(server.join(stream)?);
            if is_due {
                joined.time_is_over();
            }
            Some(joined)
        }
    };
    let mut state = filter.state();
    // A stream is known even while nothing may be read, so that `resume` finds it.
    if let Some(mut joined) = joined {
        joined.begins_again = !state.is_new;
        state.streams.entry(stream.to_vec()).or_insert(joined);
    }
    if state.status != ReadStatus::Ok {
        return None;
    }
    let known = state.streams.get_mut(stream)?;
    if known.is_waiting() {
        return None;
    }
    known.begin_batch().then(|| Claim {
        phase: known.phase,
        last: known.last.clone(),
        is_due: known.is_due(),
    })
}

/// New messages, if there are enough for a batch, or if they have waited long enough.
fn read_new(
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    filter: &StreamsFilter,
    stream: &[u8],
    claim: &Claim,
) -> Vec<Message> {
    if claim.is_due || filter.batch == 1 {
        let messages = server.read_new(stream, filter.batch);
        if messages.is_empty() {
            filter.with_stream(stream, Stream::nothing_waits);
        }
        return messages;
    }
    let waiting = server.count_after(stream, &claim.last, filter.batch);
    if waiting >= filter.batch {
        return server.read_new(stream, filter.batch);
    }
    if waiting > 0 {
        wait_for_more(server, registration, filter, stream);
        let missing = filter.batch.saturating_sub(waiting);
        filter.with_stream(stream, |known| known.lacks(missing));
    } else {
        filter.with_stream(stream, Stream::nothing_waits);
    }
    Vec::new()
}

/// An unregistered registration still handles messages of the stream, a batch that began when the stream had another name is not
/// over, or a dead letter is on its way to another shard. The end of it [hands over](hand_over). Nothing is read until then, so that messages stay in order.
struct HandledByAnother;

/// Messages that were delivered before and that no registration handles.
fn read_pending(
    context: &Context,
    server: &dyn StreamServer,
    filter: &StreamsFilter,
    stream: &[u8],
) -> Result<Vec<Message>, HandledByAnother> {
    // Also messages of a deleted stream with the same name count: they come before those of the new stream. A message whose dead letter is on its way must not be read again.
    let by_another = far_letters::has(context, stream)
        || in_flight().read(context, |all| {
            registry().read(context, |registry| {
                all.holds_up(stream, |owner| registry.registration(owner).is_none())
            })
        });
    if by_another {
        return Err(HandledByAnother);
    }
    // Messages are given up for what they do alone.
    let count = if filter.failures.gives_up() {
        1
    } else {
        filter.batch
    };
    let is_handled = |id: &[u8]| in_flight().read(context, |all| all.owner(stream, id).is_some());
    loop {
        let mut messages = server.read_pending(stream, count, &is_handled);
        // The stream was gone when they were handled.
        let handled = in_flight().write(context, |all| all.take_handled(stream, &mut messages));
        let ids: Vec<&[u8]> = handled.iter().map(Vec::as_slice).collect();
        settle::acknowledge_ids(server, filter, stream, &ids);
        if handled.is_empty() || !messages.is_empty() {
            return Ok(messages);
        }
    }
}

/// Reads messages that are too few for a batch when the duration of the registration is over.
fn wait_for_more(
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    filter: &StreamsFilter,
    stream: &[u8],
) {
    if filter.duration.is_zero() {
        return;
    }
    if filter.with_stream(stream, Stream::starts_timer) != Some(true) {
        return;
    }
    let registration = Arc::clone(registration);
    let stream = stream.to_vec();
    let job = move |context: &Context, server: &dyn StreamServer| {
        if let Some(filter) = self::filter(&registration) {
            filter.with_stream(&stream, Stream::time_is_over);
        }
        pump(context, server, &registration, &stream);
    };
    server.later(filter.duration, Box::new(job));
}

/// Pauses a registration that cannot act for its owner. Its messages stay in the streams.
pub(super) fn stop_for_owner(registration: &Registration, filter: &StreamsFilter, reason: &str) {
    let name = String::from_utf8_lossy(&filter.prefix);
    let id = registration.id;
    let reason = format!(
        "the registration {id} of the streams {name} is paused, its messages stay: {reason}, then go on with RG.UNPAUSEREGISTRATIONS {id}"
    );
    log(Level::Warning, &reason);
    filter.pause();
    registration.stats.record_hindrance(reason);
}

/// Called when an unregistered registration leaves a stream. The registrations that now cover the stream continue, starting
/// with messages that were delivered and not acknowledged.
pub(super) fn hand_over(context: &Context, server: &dyn StreamServer, stream: &[u8]) {
    for registration in waiting_for(context, stream) {
        if let Some(filter) = filter(&registration) {
            filter.with_stream(stream, |known| known.phase = Phase::Again);
        }
        pump(context, server, &registration, stream);
    }
}

/// The registrations that cover a stream.
pub(super) fn waiting_for(context: &Context, stream: &[u8]) -> Vec<Arc<Registration>> {
    registry().read(context, |registry| {
        let covering = registry.stream_registrations().covering(stream);
        covering.into_iter().cloned().collect()
    })
}

/// `true` if the registration is in the registry. Another one that a reload has made with its id does not count.
pub(super) fn is_registered(context: &Context, registration: &Registration) -> bool {
    registry().read(context, |registry| {
        let current = registry.registration(registration.id);
        current.is_some_and(|current| std::ptr::eq(&raw const **current, registration))
    })
}

fn launch(
    context: &Context,
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    stream: &[u8],
    messages: Vec<Message>,
    tries: u32,
) {
    registration.stats.record_trigger(context);
    let messages = Messages {
        stream: stream.to_vec(),
        messages,
    };
    let flight = in_flight().write(context, |all| all.begin(&messages, registration.id));
    server.launch(Batch::new(registration, messages, flight, tries));
}
