//! Messages that are given up: they go to a stream of dead letters, or nowhere.

use super::failure_text::Failure;
use super::far_letters::FarLetter;
use super::filter::StreamsFilter;
use super::server::StreamServer;
use crate::plan::Message;
use crate::redis::{Level, log};
use crate::registration::Registration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Messages of all registrations that went to dead letters, since the server began.
static SENT: AtomicU64 = AtomicU64::new(0);
/// Messages of all registrations that were given up and went nowhere.
static DROPPED: AtomicU64 = AtomicU64::new(0);

pub(crate) fn dead_letters() -> u64 {
    SENT.load(Ordering::Relaxed)
}

pub(crate) fn dropped_messages() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// The place of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is in its stream, or goes nowhere.
    Here,
    /// It is on its way to another shard. The message stays pending until it has arrived.
    Far,
}

/// Gives a message up. It has to be acknowledged afterwards, with the same lock of the server, so that replicas and the AOF get
/// both as one unit. The error is the reason why the stream of dead letters did not take it, and what to do: the message must
/// stay where it is.
pub(super) fn give_up(
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
    filter: &StreamsFilter,
    stream: &[u8],
    message: &Message,
    tries: u32,
    error: &str,
) -> Result<Sent, String> {
    let failure = Failure::read(error);
    let Some(dead) = &filter.failures.dead_letter else {
        DROPPED.fetch_add(1, Ordering::Relaxed);
        filter.state().failed.dropped += 1;
        let (id, name) = (registration.id, String::from_utf8_lossy(stream));
        log(
            Level::Warning,
            &format!(
                "the registration {id} gives the message {} of the stream {name} up after {tries} tries, and it goes nowhere, because deadLetter is not set: {}",
                String::from_utf8_lossy(&message.id),
                failure.error
            ),
        );
        return Ok(Sent::Here);
    };
    let fields = fields(registration, filter, stream, message, tries, &failure);
    if server.is_far(dead) {
        server.send_far(FarLetter {
            registration: Arc::clone(registration),
            stream: stream.to_vec(),
            message: message.clone(),
            dead: dead.clone(),
            fields,
        });
        return Ok(Sent::Far);
    }
    server
        .add_for_owner(registration, dead, &fields)
        .map_err(|why| refused(stream, message, dead, &why))?;
    count_sent(filter);
    Ok(Sent::Here)
}

/// A dead letter is in its stream.
pub(super) fn count_sent(filter: &StreamsFilter) {
    SENT.fetch_add(1, Ordering::Relaxed);
    filter.state().failed.dead_letters += 1;
}

/// The reason why a message cannot be given up, and what to do.
pub(super) fn refused(stream: &[u8], message: &Message, dead: &[u8], why: &str) -> String {
    let [stream, id, dead] = [stream, &message.id, dead].map(String::from_utf8_lossy);
    format!(
        "the message {id} of the stream {stream} could not go to the dead letters {dead} ({}): make it possible to add to {dead}",
        why.trim_end()
    )
}

/// The fields of the message as they are, and behind them what happened. A message that was a dead letter before has two of these
/// fields, and the last one counts.
fn fields(
    registration: &Registration,
    filter: &StreamsFilter,
    stream: &[u8],
    message: &Message,
    tries: u32,
    failure: &Failure,
) -> Vec<Vec<u8>> {
    let handler = &filter.failures.handler;
    let description = registration.description.as_deref();
    let gear = failure
        .gear
        .as_deref()
        .or((!handler.is_empty()).then_some(handler))
        .or(description)
        .unwrap_or_default();
    let millis = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_millis();
    let (tries, millis) = (tries.to_string(), millis.to_string());
    let registration_id = registration.id.to_string();
    let more: [(&str, &[u8]); 9] = [
        ("redgrease:stream", stream),
        ("redgrease:id", &message.id),
        ("redgrease:error", failure.error.as_bytes()),
        ("redgrease:traceback", failure.traceback.as_bytes()),
        ("redgrease:time", millis.as_bytes()),
        ("redgrease:tries", tries.as_bytes()),
        ("redgrease:gear", gear.as_bytes()),
        ("redgrease:session", registration.session.id.as_bytes()),
        ("redgrease:registration", registration_id.as_bytes()),
    ];
    let own = message
        .fields
        .iter()
        .flat_map(|(name, value)| [name, value]);
    let more = more
        .iter()
        .flat_map(|(name, value)| [name.as_bytes(), value]);
    own.map(Vec::clone)
        .chain(more.map(<[u8]>::to_vec))
        .collect()
}
