//! From messages to executions, and what follows an execution.

use super::{Phase, Status, Stream, StreamsFilter, group};
use crate::execution::Execution;
use crate::plan::{Messages, Mode, Source};
use crate::redis::{Context, User, after};
use crate::registration::keys::unheard;
use crate::registration::{Event, Registration, Registry, matches_prefix};
use std::cell::Cell;
use std::sync::Arc;

pub(super) fn filter(registration: &Registration) -> Option<&StreamsFilter> {
    match &registration.event {
        Event::Streams(filter) => Some(filter),
        _ => None,
    }
}

/// Starts the next batch of a stream, unless one is being handled or there is none.
pub(super) fn pump(context: &Context, registration: &Arc<Registration>, stream: &[u8]) {
    if !context.may_handle_events() {
        return;
    }
    // A sync batch has ended when `begin` returns: then there may be another one.
    while unheard(|| begin(context, registration, stream)) && registration.mode == Mode::Sync {}
}

/// `true` if a batch was started.
fn begin(context: &Context, registration: &Arc<Registration>, stream: &[u8]) -> bool {
    let Some(filter) = filter(registration) else {
        return false;
    };
    let Some((phase, last, due)) = claim(context, filter, stream) else {
        return false;
    };
    let messages = match phase {
        Phase::First | Phase::Again => {
            let Ok(messages) = read_again(context, stream, filter.batch) else {
                if let Some(known) = filter.state().streams.get_mut(stream) {
                    known.busy = false;
                }
                return false;
            };
            messages
        }
        Phase::New => {
            let waiting = group::waiting(context, stream, &last, filter.batch);
            if waiting >= filter.batch || (due && waiting > 0) {
                group::read_new(context, stream, waiting)
            } else {
                if waiting > 0 {
                    wait_for_more(context, registration, filter, stream);
                }
                Vec::new()
            }
        }
    };
    let nothing = messages.is_empty();
    {
        let mut state = filter.state();
        let Some(known) = state.streams.get_mut(stream) else {
            return false;
        };
        if let (Phase::New, Some(newest)) = (phase, messages.last()) {
            known.last.clone_from(&newest.id);
            known.due = false;
        }
        // The very first reading counts, also of nothing.
        if nothing && phase != Phase::First {
            known.busy = false;
            known.phase = Phase::New;
        } else {
            known.phase = if nothing {
                Phase::New
            } else {
                known.phase.next()
            };
        }
    }
    match (nothing, phase) {
        (true, Phase::New) => false,
        (true, Phase::Again) => begin(context, registration, stream),
        (true, Phase::First) | (false, _) => {
            launch(context, registration, stream, messages);
            true
        }
    }
}

/// Messages are being handled by a registration that is registered no more: when it has ended, it
/// [hands over](hand_over). Until then nothing is read, so that messages stay in order.
struct HandledByAnother;

/// Messages that were delivered before and that nobody handles.
fn read_again(
    context: &Context,
    stream: &[u8],
    count: usize,
) -> Result<Vec<crate::plan::Message>, HandledByAnother> {
    let engine = crate::engine();
    let by_another = Cell::new(false);
    let messages = group::read_again(context, stream, count, |id| {
        let Some(owner) = engine.in_flight.read(context, |all| all.owner(stream, id)) else {
            return false;
        };
        let registered = |registry: &Registry| registry.registration(owner).is_some();
        if !engine.registry.read(context, registered) {
            by_another.set(true);
        }
        true
    });
    if by_another.get() {
        Err(HandledByAnother)
    } else {
        Ok(messages)
    }
}

impl Phase {
    /// What is read after a batch that was not empty.
    fn next(self) -> Phase {
        match self {
            Phase::First | Phase::Again => Phase::Again,
            Phase::New => Phase::New,
        }
    }
}

/// Takes the stream for a batch. `None` if it is taken, or nothing may be read.
fn claim(
    context: &Context,
    filter: &StreamsFilter,
    stream: &[u8],
) -> Option<(Phase, Vec<u8>, bool)> {
    let joined = if filter.knows(stream) {
        None
    } else {
        Some(group::join(context, stream)?)
    };
    let mut state = filter.state();
    // Also what is not read now is known, so that it is read when there is an end to that.
    if let Some(last) = joined {
        let new = Stream {
            busy: false,
            phase: Phase::First,
            last,
            timed: false,
            due: false,
            gone: false,
        };
        state.streams.entry(stream.to_vec()).or_insert(new);
    }
    if state.status != Status::Ok {
        return None;
    }
    let known = state.streams.get_mut(stream)?;
    if known.busy {
        return None;
    }
    known.busy = true;
    Some((known.phase, known.last.clone(), known.due))
}

fn wait_for_more(
    context: &Context,
    registration: &Arc<Registration>,
    filter: &StreamsFilter,
    stream: &[u8],
) {
    if filter.duration.is_zero() {
        return;
    }
    {
        let mut state = filter.state();
        let Some(known) = state.streams.get_mut(stream) else {
            return;
        };
        if std::mem::replace(&mut known.timed, true) {
            return;
        }
    }
    let registration = Arc::clone(registration);
    let stream = stream.to_vec();
    after(context, filter.duration, move |context| {
        if let Some(filter) = self::filter(&registration)
            && let Some(known) = filter.state().streams.get_mut(&stream)
        {
            known.timed = false;
            known.due = true;
        }
        if is_registered(context, &registration) {
            pump(context, &registration, &stream);
        }
    });
}

/// A registration that is registered no more has ended its last batch of a stream: whoever is
/// registered for the stream now goes on, with what was delivered and not handled first.
pub(super) fn hand_over(context: &Context, stream: &[u8]) {
    let registrations = crate::engine()
        .registry
        .read(context, |registry| registry.stream_registrations().to_vec());
    for registration in registrations {
        let Some(filter) = filter(&registration) else {
            continue;
        };
        if !matches_prefix(&filter.prefix, stream) {
            continue;
        }
        if let Some(known) = filter.state().streams.get_mut(stream) {
            known.phase = Phase::Again;
        }
        pump(context, &registration, stream);
    }
}

pub(super) fn is_registered(context: &Context, registration: &Registration) -> bool {
    let id = registration.id;
    crate::engine()
        .registry
        .read(context, |registry| registry.registration(id).is_some())
}

fn launch(
    context: &Context,
    registration: &Arc<Registration>,
    stream: &[u8],
    messages: Vec<crate::plan::Message>,
) {
    let engine = crate::engine();
    registration.stats.record_trigger(context);
    let batch = Messages {
        stream: stream.to_vec(),
        messages,
    };
    engine
        .in_flight
        .write(context, |all| all.begin(&batch, registration.id));
    let execution = Execution::new(
        engine.execution_ids.next(),
        Arc::clone(&registration.plan),
        Source::Messages(batch),
        Some(Arc::clone(registration)),
        Some(User::or_default(registration.user.clone())),
    );
    engine.executions.insert(Arc::clone(&execution), usize::MAX);
    if registration.mode == Mode::Sync {
        execution.run_here();
    } else {
        // One batch per stream at a time: never more than there are streams.
        let _ = engine.pool.submit(execution, usize::MAX);
    }
}
