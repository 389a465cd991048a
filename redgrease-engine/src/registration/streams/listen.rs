//! The events of the server: messages that are added, streams that are deleted or replaced, the end of loading.

use super::filter::ReadStatus;
use super::pump::{filter, pump, waiting_for};
use super::server::StreamServer;
use super::stream::Phase;
use crate::redis::{self, Context, KeyScan, KeyType, after_command, locked, quietly};
use crate::registration::{Registration, registry};
use crate::scope;
use std::sync::Arc;

/// The number of keys per step of the search for streams.
const SCAN_SIZE: usize = 1000;

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
    for registration in waiting_for(context, key) {
        if forgets && let Some(filter) = filter(&registration) {
            filter.forget(key);
        }
        if arrives {
            let stream = key.to_vec();
            let job = move |context: &Context| {
                scope::apart(|| pump(context, context, &registration, &stream));
            };
            after_command(context, Box::new(job));
        }
    }
}

/// Called when database 0 has changed places with another one. There is no event for each key then.
pub(crate) fn all_are_others(context: &Context) {
    all_are_gone(context);
    after_command(
        context,
        Box::new(|context| scope::apart(|| start_all(context))),
    );
}

/// Called when the server was emptied. There is no event for each key then.
pub(crate) fn all_are_gone(context: &Context) {
    registry().read(context, |registry| {
        let filters = registry.stream_registrations().iter();
        for filter in filters.filter_map(|registration| filter(registration)) {
            filter.forget_all();
        }
    });
}

/// Reads the streams of all registrations: after loading, or when a replica became a master.
pub(crate) fn start_all(context: &Context) {
    if !context.may_handle_events() {
        return;
    }
    let registrations =
        registry().read(context, |registry| registry.stream_registrations().to_vec());
    for registration in registrations {
        // Another server may have read the streams meanwhile.
        if let Some(filter) = filter(&registration) {
            filter.forget_all();
        }
        start(context, &registration);
    }
}

/// Reads the streams that exist.
pub(crate) fn start(context: &Context, registration: &Arc<Registration>) {
    let Some(filter) = filter(registration) else {
        return;
    };
    if !filter.prefix.ends_with(b"*") {
        return pump(context, context, registration, &filter.prefix);
    }
    let registration = Arc::clone(registration);
    let pattern = filter.prefix.clone();
    let search = move || {
        let Some(mut scan) = KeyScan::new(&pattern, false) else {
            return;
        };
        while locked(|context| scan.fill(context, SCAN_SIZE)) {
            for key in scan.keys() {
                let name = scan.bytes(&key.name);
                locked(|context| {
                    if quietly(|| redis::key_type(context, name)) == KeyType::Unknown {
                        pump(context, context, &registration, name);
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
        state
            .streams
            .values_mut()
            .for_each(|stream| stream.phase = Phase::First);
        state.streams.keys().cloned().collect()
    };
    for stream in streams {
        pump(context, server, registration, &stream);
    }
}
