//! The events of the server: messages that are added, streams that are deleted or replaced, the end of loading.

use super::filter::{ReadStatus, StreamsFilter};
use super::in_flight::{InFlight, in_flight};
use super::pump::{filter, hand_over, pump, waiting_for};
use super::server::StreamServer;
use super::stream::{Phase, Stream};
use crate::cluster::topology::slot_of;
use crate::redis::{self, Context, KeyScan, KeyType, after_command, locked, quietly};
use crate::registration::{Registration, matches_prefix, registry};
use crate::scope;
use std::sync::Arc;

/// The number of keys per step of the search for streams.
const SCAN_SIZE: usize = 1000;

/// So many keys are looked at at once, when slots have come here.
const FEW_KEYS: usize = 1000;

/// Events after which a key is another stream or no stream, or after which the group continues at another message.
const FORGET_EVENTS: [&str; 12] = [
    "del",
    "expired",
    "evicted",
    "rename_from",
    "rename_to",
    "move_from",
    "move_to",
    "copy_to",
    "restore",
    "xsetid",
    "xgroup-setid",
    "xgroup-destroy",
];

/// Those of them after which the stream is there with its messages, and no event follows that says so.
const GROUP_EVENTS: [&str; 2] = ["xsetid", "xgroup-destroy"];

/// Events after which a key may be a stream with messages that no registration has read.
const ARRIVALS: [&str; 6] = [
    "xadd",
    "rename_to",
    "move_to",
    "copy_to",
    "restore",
    "xgroup-setid",
];

/// Called for every event of a key. Forgets a stream that was deleted or replaced, and reads a stream that has messages.
pub(crate) fn on_event(context: &Context, event: &str, key: &[u8]) {
    let forgets = FORGET_EVENTS.contains(&event);
    let arrives = ARRIVALS.contains(&event);
    if !forgets && !arrives {
        return;
    }
    if forgets {
        in_flight().write(context, |all| all.happened(event, key));
    }
    for registration in waiting_for(context, key) {
        if forgets && let Some(filter) = filter(&registration) {
            if GROUP_EVENTS.contains(&event) {
                group_is_another(&registration, filter, event, key);
            } else {
                filter.forget(key);
            }
        }
        if event == "xadd" && !is_news(&registration, key) {
            continue;
        }
        if arrives {
            let stream = key.to_vec();
            let job = move |context: &Context| {
                if let Some(filter) = filter(&registration) {
                    filter.with_stream(&stream, Stream::is_looked_at);
                }
                scope::apart(|| pump(context, context, &registration, &stream));
            };
            after_command(context, Box::new(job));
        }
    }
}

/// `true` if the registration has to look at the stream for the message that was added.
fn is_news(registration: &Registration, stream: &[u8]) -> bool {
    let arrives = |filter: &StreamsFilter| filter.with_stream(stream, Stream::arrives);
    filter(registration).and_then(arrives) != Some(false)
}

fn group_is_another(registration: &Registration, filter: &StreamsFilter, event: &str, key: &[u8]) {
    if filter.group_is_another(key) && event == "xgroup-destroy" {
        let (id, stream) = (registration.id, String::from_utf8_lossy(key));
        redis::log(
            redis::Level::Warning,
            &format!(
                "the stream {stream} has lost its consumer group while one of its messages waited for a retry: the registration {id} reads the stream from its first message when the retry interval is over, and the number of tries begins anew"
            ),
        );
    }
}

/// Called when database 0 has changed places with another one. There is no event for each key then.
pub(crate) fn all_are_others(context: &Context) {
    all_are_gone(context);
    after_command(
        context,
        Box::new(|context| scope::apart(|| read_all(context, Begin::New))),
    );
}

/// Called when the server was emptied, or has loaded other data. There is no event for each key then.
pub(crate) fn all_are_gone(context: &Context) {
    in_flight().write(context, InFlight::all_gone);
    registry().read(context, |registry| {
        let filters = registry.stream_registrations().iter();
        for filter in filters.filter_map(|registration| filter(registration)) {
            filter.forget_all();
        }
    });
}

/// Reads the streams of all registrations: after loading, or when a replica became a master.
pub(crate) fn start_all(context: &Context) {
    read_all(context, Begin::Again);
}

fn read_all(context: &Context, begin: Begin) {
    if !context.may_handle_events() {
        return;
    }
    let registrations = registry().read(context, |registry| {
        registry
            .stream_registrations()
            .iter()
            .cloned()
            .collect::<Vec<_>>()
    });
    for registration in &registrations {
        // Another server may have read the streams meanwhile.
        if let Some(filter) = filter(registration) {
            filter.forget_all();
        }
    }
    start(context, &registrations, begin);
}

/// The beginning of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// The registration is new. Messages that are too few for a batch wait for more.
    New,
    /// The registration was there before the server was restarted, loaded its data or became a master. Messages that waited
    /// then are handled, even if they are too few for a batch: the time for which they have waited is not known.
    Again,
}

/// Reads the streams that exist. `registrations` are of streams. While the server loads, and on a replica, nothing is read:
/// [`start_all`] follows. A search that began already would find the streams again, at a moment when other messages wait.
pub(crate) fn start(context: &Context, registrations: &[Arc<Registration>], begin: Begin) {
    if begin == Begin::New {
        let filters = registrations.iter().filter_map(|one| filter(one));
        filters.for_each(|filter| filter.state().is_new = true);
    }
    if !context.may_handle_events() {
        return;
    }
    let mut patterns = Vec::new();
    for registration in registrations {
        match filter(registration) {
            Some(filter) if filter.prefix.ends_with(b"*") => {
                patterns.push(Arc::clone(registration));
            }
            Some(filter) => read(context, registration, &filter.prefix, begin),
            None => {}
        }
    }
    search(patterns, begin);
}

fn read(context: &Context, registration: &Arc<Registration>, stream: &[u8], begin: Begin) {
    if let (Begin::Again, Some(filter)) = (begin, filter(registration)) {
        filter.make_due(stream);
    }
    pump(context, context, registration, stream);
}

/// Reads the streams of slots that have come here. If there are few keys, the server is asked for them.
pub(super) fn read_slots(context: &Context, registrations: &[Arc<Registration>], slots: &[u16]) {
    let mut patterns = Vec::new();
    for registration in registrations {
        match filter(registration) {
            Some(filter) if filter.prefix.ends_with(b"*") => {
                patterns.push(Arc::clone(registration));
            }
            Some(filter) if slots.contains(&slot_of(&filter.prefix)) => {
                read(context, registration, &filter.prefix, Begin::Again);
            }
            _ => {}
        }
    }
    if patterns.is_empty() {
        return;
    }
    let Some(keys) = redis::keys_in_slots(context, slots, FEW_KEYS) else {
        return search(patterns, Begin::Again);
    };
    for key in keys {
        if quietly(|| redis::key_type(context, &key)) == KeyType::Unknown {
            for one in patterns.iter().filter(|one| covers(one, &key)) {
                read(context, one, &key, Begin::Again);
            }
        }
    }
}

/// `true` if a registration reads the stream of this name.
fn covers(registration: &Registration, name: &[u8]) -> bool {
    filter(registration).is_some_and(|filter| matches_prefix(&filter.prefix, name))
}

/// Reads the existing streams of registrations that name the beginning of names. One search for all, on a thread of its own.
fn search(registrations: Vec<Arc<Registration>>, begin: Begin) {
    let pattern = match registrations.as_slice() {
        [] => return,
        [one] => filter(one).map_or_else(Vec::new, |filter| filter.prefix.clone()),
        _ => b"*".to_vec(),
    };
    let search = move || {
        let Some(mut scan) = KeyScan::new(&pattern, None) else {
            return;
        };
        while locked(|context| scan.fill(context, SCAN_SIZE)) {
            for key in scan.keys() {
                let name = scan.bytes(&key.name);
                if !registrations.iter().any(|one| covers(one, name)) {
                    continue;
                }
                locked(|context| {
                    if quietly(|| redis::key_type(context, name)) == KeyType::Unknown {
                        for one in registrations.iter().filter(|one| covers(one, name)) {
                            read(context, one, name, begin);
                        }
                    }
                });
            }
        }
    };
    if let Err(failure) = std::thread::Builder::new()
        .name("rg-streams".into())
        .spawn(search)
    {
        redis::log(
            redis::Level::Warning,
            &format!(
                "existing streams are not read, because a thread could not be started: {failure}: raise the limit of threads"
            ),
        );
    }
}

/// The streams that a registration has read.
pub(crate) fn known(registration: &Arc<Registration>) -> Vec<Vec<u8>> {
    filter(registration).map_or_else(Vec::new, StreamsFilter::known)
}

/// The registrations that cover these streams read the messages that an unregistered registration left there.
pub(crate) fn take_over(context: &Context, streams: &[Vec<u8>]) {
    for stream in streams {
        hand_over(context, context, stream);
    }
}

/// Ends a pause, or the stop after a failed batch. Messages that were delivered and not acknowledged are read first.
pub(crate) fn resume(context: &Context, registration: &Arc<Registration>) {
    read_again(context, context, registration);
}

pub(super) fn read_again(
    context: &Context,
    server: &dyn StreamServer,
    registration: &Arc<Registration>,
) {
    let Some(filter) = filter(registration) else {
        return;
    };
    let streams: Vec<Vec<u8>> = {
        let mut state = filter.state();
        state.status = ReadStatus::Ok;
        state.streams.values_mut().for_each(|stream| {
            stream.phase = Phase::Again;
            stream.end_any_wait();
        });
        state.streams.keys().cloned().collect()
    };
    for stream in streams {
        pump(context, server, registration, &stream);
    }
}
