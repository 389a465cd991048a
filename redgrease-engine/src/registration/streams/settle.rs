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

/// A batch has ended, well or with an error.
pub(crate) fn ended(
    context: &Context,
    registration: &Arc<Registration>,
    messages: &Messages,
    failure: Option<&str>,
) {
    let Some(filter) = pump::filter(registration) else {
        return;
    };
    let stream = messages.stream.as_slice();
    let retry = {
        let mut state = filter.state();
        if let Some(oldest) = messages.messages.first() {
            state.lag.record(age(&oldest.id));
        }
        let stops = match (failure, filter.on_failed) {
            (Some(error), _) if error.starts_with("PAUSE") => Some(Status::Paused),
            (None, _) | (Some(_), OnFailed::Continue) => None,
            (Some(_), OnFailed::Abort) => Some(Status::Aborted),
            (Some(_), OnFailed::Retry) => Some(Status::WaitingForRetry),
        };
        if let Some(status) = stops {
            state.status = status;
            if let Some(known) = state.streams.get_mut(stream) {
                known.busy = false;
                known.phase = Phase::Again;
            }
            if status != Status::WaitingForRetry {
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
                group::trim(context, stream, ids.len());
            }
        }
    });
    if let Some(known) = filter.state().streams.get_mut(stream) {
        known.busy = false;
    }
    if registration.mode != Mode::Sync && is_registered(context, registration) {
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
    let added = std::str::from_utf8(id)
        .ok()
        .and_then(|id| id.split('-').next()?.parse::<u64>().ok())
        .unwrap_or(0);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    u64::try_from(now.as_millis())
        .unwrap_or(u64::MAX)
        .saturating_sub(added)
}
