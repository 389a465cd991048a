//! What follows when a batch has ended.

use super::pump::{self, is_registered, pump};
use super::{OnFailed, Phase, Status, group};
use crate::plan::Messages;
use crate::plan::Mode;
use crate::redis::{Context, after};
use crate::registration::Registration;
use crate::registration::keys::unheard;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How a batch has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BatchEnd<'a> {
    Well,
    /// With this error.
    Failed(&'a str),
    /// Somebody stopped it.
    Aborted,
}

/// A batch has ended.
pub(crate) fn ended(
    context: &Context,
    registration: &Arc<Registration>,
    messages: &Messages,
    end: BatchEnd<'_>,
) {
    let Some(filter) = pump::filter(registration) else {
        return;
    };
    let stream = messages.stream.as_slice();
    let engine = crate::engine();
    engine.in_flight.write(context, |all| all.end(messages));
    let unhandled = match end {
        BatchEnd::Well => false,
        BatchEnd::Failed(_) => filter.on_failed != OnFailed::Continue,
        BatchEnd::Aborted => true,
    };
    let registered = is_registered(context, registration);
    if unhandled && !registered {
        return pump::hand_over(context, stream);
    }
    let retry = {
        let mut state = filter.state();
        if let Some(oldest) = messages.messages.first() {
            state.lag.record(age(&oldest.id));
        }
        let stops = match (end, filter.on_failed) {
            (BatchEnd::Failed(error), _) if error.starts_with("PAUSE") => Some(Status::Paused),
            (BatchEnd::Well, _) | (_, OnFailed::Continue) => None,
            (_, OnFailed::Abort) => Some(Status::Aborted),
            (_, OnFailed::Retry) => Some(Status::WaitingForRetry),
        };
        if let Some(status) = stops {
            // A pause that somebody asked for meanwhile stays one.
            if state.status == Status::Ok {
                state.status = status;
            }
            if let Some(known) = state.streams.get_mut(stream) {
                known.busy = false;
                known.phase = Phase::Again;
            }
            if state.status != Status::WaitingForRetry {
                return;
            }
        }
        stops.is_some()
    };
    if retry {
        let registration = Arc::clone(registration);
        return after(context, filter.retry_interval, move |context| {
            let waits = pump::filter(&registration)
                .is_some_and(|filter| filter.status() == Status::WaitingForRetry);
            if waits && is_registered(context, &registration) {
                read_again(context, &registration);
            }
        });
    }
    unheard(|| {
        if !messages.messages.is_empty() {
            let ids: Vec<Vec<u8>> = messages.messages.iter().map(|one| one.id.clone()).collect();
            group::acknowledge(context, stream, &ids);
            if filter.trim {
                group::trim(context, stream, &ids);
            }
        }
    });
    if let Some(known) = filter.state().streams.get_mut(stream) {
        known.busy = false;
    }
    if !registered {
        pump::hand_over(context, stream);
    } else if registration.mode != Mode::Sync {
        pump(context, registration, stream);
    }
}

fn read_again(context: &Context, registration: &Arc<Registration>) {
    let Some(filter) = pump::filter(registration) else {
        return;
    };
    let streams: Vec<Vec<u8>> = {
        let mut state = filter.state();
        state.status = Status::Ok;
        state.streams.keys().cloned().collect()
    };
    for stream in streams {
        pump(context, registration, &stream);
    }
}

/// How long ago a message was added, in milliseconds: its id begins with the time.
fn age(id: &[u8]) -> u64 {
    let added = group::MessageId::parse(id).map_or(0, |id| id.millis);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    u64::try_from(now.as_millis())
        .unwrap_or(u64::MAX)
        .saturating_sub(added)
}
