//! The arguments of `run` and `register`: the source that a chain reads, or the event that it waits for. Clients of
//! RedisGears know the texts of the errors.

use super::options::Options;
use crate::gears::session::with_lock;
use crate::plan::{KeysSource, Mode};
use crate::python::{GearsError, Gil, Object};
use crate::redis::KeyType;
use crate::registration::Event;
use crate::registration::hooks::Hook;
use crate::registration::keys::KeysFilter;
use crate::registration::streams::{Failures, OnFailed, StreamsFilter};
use crate::registration::watched::WatchedCommand;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::time::Duration;

pub(super) fn command_event(options: &Options<'_, '_>) -> PyResult<Event> {
    let hook = options.get("hook")?;
    let key_prefix = options.get("keyprefix")?;
    let in_order = options
        .flag("inorder", "inorder argument is be boolean")?
        .unwrap_or(false);
    match (options.get("trigger")?, hook) {
        (Some(_), hook) if hook.is_some() || key_prefix.is_some() => Err(GearsError::new_err(
            "trigger argument can not be given with keyprefix or hook",
        )),
        (Some(trigger), _) => {
            let trigger = text(&trigger, "trigger argument is not string")?;
            Ok(Event::Command {
                trigger: trigger.into_bytes(),
                in_order,
            })
        }
        (None, Some(hook)) => {
            let command = text(&hook, "hook argument is not string")?;
            let prefix = key_prefix
                .map(|prefix| text(&prefix, "keyprefix argument is not string"))
                .transpose()?
                .map(String::into_bytes);
            with_lock(hook.py(), |context| {
                Hook::new(context, &command, prefix, in_order)
            })?
            .map(Event::Hook)
            .map_err(GearsError::new_err)
        }
        (None, None) => Err(GearsError::new_err("no trigger or hook argument was given")),
    }
}

fn text(value: &Object<'_>, error: &'static str) -> PyResult<String> {
    match value.cast::<PyString>() {
        Ok(text) => Ok(text.to_str()?.to_owned()),
        Err(_) => Err(GearsError::new_err(error)),
    }
}

pub(super) fn keys_event(
    py: Gil<'_>,
    prefix: Option<&Object<'_>>,
    options: &Options<'_, '_>,
) -> PyResult<KeysFilter> {
    let prefix = prefix_of(prefix, options)?;
    let events = options.texts(
        "eventTypes",
        "given eventTypes is not iterable",
        "given event type is not string",
    )?;
    let types = options
        .texts(
            "keyTypes",
            "given keyTypes is not iterable",
            "given key type is not string",
        )?
        .map(|names| {
            names
                .iter()
                .map(|name| {
                    KeyType::named(name).ok_or_else(|| GearsError::new_err("unknown key type"))
                })
                .collect::<PyResult<Vec<KeyType>>>()
        })
        .transpose()?;
    let commands = options
        .texts(
            "commands",
            "given commands is not iterable",
            "given command is not string",
        )?
        .map(|names| watched_commands(py, &names))
        .transpose()?;
    let read_value = options
        .flag("readValue", "readValue is not boolean")?
        .unwrap_or(true);
    Ok(KeysFilter {
        prefix,
        events,
        types,
        read_value,
        commands,
    })
}

/// The commands of a registration of key events. The server is asked about each of them.
fn watched_commands(py: Gil<'_>, names: &[String]) -> PyResult<Vec<WatchedCommand>> {
    with_lock(py, |context| {
        let check = |name: &String| WatchedCommand::new(context, name);
        names.iter().map(check).collect::<Result<_, String>>()
    })?
    .map_err(GearsError::new_err)
}

/// The first argument of `register`, or `regex`, which is its older name.
fn prefix_of(prefix: Option<&Object<'_>>, options: &Options<'_, '_>) -> PyResult<Vec<u8>> {
    let given = options.get("regex")?;
    pattern(given.as_ref().or(prefix))
}

pub(super) fn pattern(given: Option<&Object<'_>>) -> PyResult<Vec<u8>> {
    match given.map(|text| text.cast::<PyString>()) {
        Some(Ok(text)) => Ok(text.to_str()?.as_bytes().to_vec()),
        Some(Err(_)) => Err(GearsError::new_err("regex argument must be a string")),
        None => Ok(b"*".to_vec()),
    }
}

/// The largest number of messages, milliseconds, seconds and retries.
const LARGEST: i64 = 4_294_967_295;

/// The streams that a registration reads. `handler` is the name of the function that handles the messages.
pub(super) fn streams_event(
    prefix: Option<&Object<'_>>,
    mode: Mode,
    options: &Options<'_, '_>,
    handler: String,
) -> PyResult<StreamsFilter> {
    let prefix = prefix_of(prefix, options)?;
    let batch = options
        .number_in(
            "batch",
            1..=LARGEST,
            "the number of messages of a batch",
            "batch argument must be a number",
        )?
        .unwrap_or(1);
    let duration = options
        .number_in(
            "duration",
            0..=LARGEST,
            "milliseconds",
            "duration argument must be a number",
        )?
        .unwrap_or(0);
    let on_failed = match options.get("onFailedPolicy")? {
        None => OnFailed::Continue,
        Some(policy) => match policy.cast::<PyString>() {
            Err(_) => {
                return Err(GearsError::new_err(
                    "onFailedPolicy must be a string (Continue/Abort/Retry)",
                ));
            }
            Ok(word) => OnFailed::parse(&word.to_string_lossy()).ok_or_else(|| {
                GearsError::new_err("onFailedPolicy must be Continue/Abort/Retry")
            })?,
        },
    };
    let retry = options
        .number_in(
            "onFailedRetryInterval",
            0..=LARGEST,
            "seconds",
            "retryInterval argument must be a number",
        )?
        .unwrap_or(1);
    let trim = options
        .flag("trimStream", "pyTrimmStream argument must be a boolean")?
        .unwrap_or(true);
    let retry = Duration::from_secs(u64::try_from(retry).unwrap_or(0));
    let mut failures = Failures::new(on_failed, retry);
    failures.handler = handler;
    read_failures(options, &mut failures)?;
    failures.check(&prefix, mode).map_err(GearsError::new_err)?;
    Ok(StreamsFilter::new(
        prefix,
        usize::try_from(batch).unwrap_or(1).max(1),
        Duration::from_millis(u64::try_from(duration).unwrap_or(0)),
        failures,
        trim,
    ))
}

/// The options for failures that RedisGears does not have.
fn read_failures(options: &Options<'_, '_>, failures: &mut Failures) -> PyResult<()> {
    for name in ["maxRetries", "retryBackoff", "maxRetryInterval"] {
        if options.is_flag(name)? {
            return Err(GearsError::new_err(format!(
                "{name} is True or False: write a number"
            )));
        }
    }
    let max_retries = options
        .number_in(
            "maxRetries",
            0..=LARGEST,
            "the number of retries",
            "maxRetries must be a number",
        )?
        .map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let dead_letter = options
        .get("deadLetter")?
        .map(|name| text(&name, "deadLetter must be a string: the name of a stream"))
        .transpose()?
        .map(String::into_bytes);
    let backoff = options.float("retryBackoff", "retryBackoff must be a number, such as 2.0")?;
    let ceiling = options.number_in(
        "maxRetryInterval",
        0..=LARGEST,
        "seconds",
        "maxRetryInterval must be a number of seconds",
    )?;
    if ceiling.is_some() && backoff.is_none() {
        return Err(GearsError::new_err(
            "maxRetryInterval limits the interval that retryBackoff makes grow: add retryBackoff, such as retryBackoff=2.0, or remove maxRetryInterval",
        ));
    }
    let ceiling = ceiling.map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
    failures.max_retries = max_retries;
    failures.dead_letter = dead_letter;
    if let Some(backoff) = backoff {
        failures.backoff = backoff;
    }
    if let Some(ceiling) = ceiling {
        failures.max_interval = ceiling;
    }
    Ok(())
}

pub(super) fn keys_source(
    arg: Option<&Object<'_>>,
    options: &Options<'_, '_>,
) -> PyResult<KeysSource> {
    let mut pattern = pattern(arg)?;
    let exact = options
        .flag("noScan", "exactMatch value is not boolean")?
        .unwrap_or(false);
    if pattern.is_empty() && !exact {
        // Scripts for RedisGears read all keys with an empty pattern.
        pattern.push(b'*');
    }
    Ok(KeysSource {
        pattern,
        exact,
        read_value: options
            .flag("readValue", "readValue value is not boolean")?
            .unwrap_or(true),
    })
}
