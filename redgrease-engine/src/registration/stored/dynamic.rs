//! Registrations that a running gear has made, as bytes.
//!
//! No script makes them again after a restart, so they are stored with their functions. The bytes of a function fit one minor
//! version of Python.

use crate::encoding::{Damaged, Input, write_bytes, write_flag, write_number, write_optional};
use crate::id::Id;
use crate::plan::{Mode, Plan, Reader};
use crate::redis::{Context, KeyType, User};
use crate::registration::hooks::Hook;
use crate::registration::keys::KeysFilter;
use crate::registration::streams::{Failures, OnFailed, StreamsFilter};
use crate::registration::watched::WatchedCommand;
use crate::registration::{Event, Name, NewRegistration, Registration};
use crate::steps::{decode_stored, encode_stored};
use std::sync::Arc;
use std::time::Duration;

/// A registration as bytes. An error is the reason why it cannot be stored.
pub(crate) fn encode(registration: &Registration) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    write_bytes(&mut out, registration.plan.reader.as_str().as_bytes());
    write_bytes(&mut out, registration.mode.as_str().as_bytes());
    write_optional(&mut out, registration.user.as_ref().map(User::name));
    write_optional(
        &mut out,
        registration.description.as_deref().map(str::as_bytes),
    );
    write_event(&mut out, &registration.event);
    write_number(&mut out, registration.plan.steps.len() as u64);
    for step in registration.plan.steps.iter() {
        encode_stored(step, &mut out)?;
    }
    Ok(out)
}

/// The registration that [`encode`] stored, and the user whose rights it has. An error is the reason why it cannot be restored.
pub(crate) fn decode(
    context: &Context,
    id: Id,
    bytes: &[u8],
) -> Result<(NewRegistration, Option<User>), String> {
    let mut input = Input::new(bytes);
    let wrong = || Damaged::Wrong.message();
    let reader = Reader::parse(&input.text()?).ok_or_else(wrong)?;
    let mode = Mode::parse(&input.text()?).ok_or_else(wrong)?;
    let user = input.optional()?.map(User::named);
    let description = input.optional_text()?;
    let event = read_event(context, &mut input)?;
    let steps = input.many(decode_stored)?;
    let registration = NewRegistration {
        id,
        description,
        plan: Arc::new(Plan::new(reader, steps.into())),
        mode,
        event,
        on_registered: None,
    };
    Ok(input.end((registration, user))?)
}

/// The name that a stored registration keeps while it is not restored. `None` if it has none, or if the bytes are damaged.
pub(crate) fn name(bytes: &[u8]) -> Option<Name> {
    let mut input = Input::new(bytes);
    input.text().ok()?;
    let mode = Mode::parse(&input.text().ok()?)?;
    input.optional().ok()?;
    input.optional().ok()?;
    match read(&mut input).ok()? {
        StoredEvent::Event(event) => Name::of(&event, mode),
        StoredEvent::Hook(command, ..) => Name::of_hook(&command, mode),
        StoredEvent::Keys(..) => None,
    }
}

fn write_texts<'a>(out: &mut Vec<u8>, texts: Option<impl ExactSizeIterator<Item = &'a str>>) {
    write_flag(out, texts.is_some());
    if let Some(texts) = texts {
        write_number(out, texts.len() as u64);
        for text in texts {
            write_bytes(out, text.as_bytes());
        }
    }
}

fn read_texts(input: &mut Input<'_>) -> Result<Option<Vec<String>>, Damaged> {
    if input.flag()? {
        input.many(Input::text).map(Some)
    } else {
        Ok(None)
    }
}

fn write_event(out: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Command { trigger, in_order } => {
            out.push(b'c');
            write_bytes(out, trigger);
            write_flag(out, *in_order);
        }
        Event::Hook(hook) => {
            out.push(b'h');
            write_bytes(out, hook.command.as_bytes());
            write_optional(out, hook.key_prefix.as_deref());
            write_flag(out, hook.in_order);
        }
        Event::Keys(keys) => {
            out.push(b'k');
            write_bytes(out, &keys.prefix);
            let events = keys.events.as_ref();
            write_texts(out, events.map(|all| all.iter().map(String::as_str)));
            let types = keys.types.as_ref();
            write_texts(
                out,
                types.map(|all| all.iter().map(|one| one.filter_name())),
            );
            write_flag(out, keys.read_value);
            let commands = keys.commands.as_ref();
            write_texts(
                out,
                commands.map(|all| all.iter().map(|one| one.name.as_str())),
            );
        }
        Event::Streams(streams) => {
            let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            let failures = &streams.failures;
            // Older engines read registrations without the options that they do not know.
            let extended = failures.are_extended();
            out.push(if extended { b'S' } else { b's' });
            write_bytes(out, &streams.prefix);
            write_number(out, streams.batch as u64);
            write_number(out, millis(streams.duration));
            write_bytes(out, failures.on_failed.as_str().as_bytes());
            write_number(out, millis(failures.retry_interval));
            write_flag(out, streams.trim);
            if extended {
                write_number(out, failures.backoff.to_bits());
                write_number(out, millis(failures.max_interval));
                write_flag(out, failures.max_retries.is_some());
                write_number(out, failures.max_retries.unwrap_or(0).into());
                write_optional(out, failures.dead_letter.as_deref());
                write_bytes(out, failures.handler.as_bytes());
            }
        }
    }
}

/// A stored event, before the server is asked about its commands.
enum StoredEvent {
    Event(Event),
    Hook(String, Option<Vec<u8>>, bool),
    Keys(KeysFilter, Option<Vec<String>>),
}

fn read_event(context: &Context, input: &mut Input<'_>) -> Result<Event, String> {
    match read(input).map_err(Damaged::message)? {
        StoredEvent::Event(event) => Ok(event),
        StoredEvent::Hook(command, prefix, in_order) => {
            Hook::new(context, &command, prefix, in_order).map(Event::Hook)
        }
        StoredEvent::Keys(mut keys, commands) => {
            keys.commands = commands
                .map(|names| {
                    let watched = names.iter().map(|name| WatchedCommand::new(context, name));
                    watched.collect::<Result<Vec<_>, String>>()
                })
                .transpose()?;
            Ok(Event::Keys(keys))
        }
    }
}

fn read(input: &mut Input<'_>) -> Result<StoredEvent, Damaged> {
    Ok(match input.tag()? {
        b'c' => StoredEvent::Event(Event::Command {
            trigger: input.bytes()?.to_vec(),
            in_order: input.flag()?,
        }),
        b'h' => StoredEvent::Hook(
            input.text()?,
            input.optional()?.map(<[u8]>::to_vec),
            input.flag()?,
        ),
        b'k' => {
            let prefix = input.bytes()?.to_vec();
            let events = read_texts(input)?;
            let types = read_texts(input)?
                .map(|names| {
                    let types = names.iter().map(|name| KeyType::named(name));
                    types.collect::<Option<Vec<_>>>().ok_or(Damaged::Wrong)
                })
                .transpose()?;
            let keys = KeysFilter {
                prefix,
                events,
                types,
                read_value: input.flag()?,
                commands: None,
            };
            StoredEvent::Keys(keys, read_texts(input)?)
        }
        tag @ (b's' | b'S') => {
            let prefix = input.bytes()?.to_vec();
            let batch = usize::try_from(input.number()?).map_err(|_| Damaged::Wrong)?;
            let duration = Duration::from_millis(input.number()?);
            let on_failed = OnFailed::parse(&input.text()?).ok_or(Damaged::Wrong)?;
            let retry_interval = Duration::from_millis(input.number()?);
            let trim = input.flag()?;
            let batch = batch.max(1);
            let mut failures = Failures::new(on_failed, retry_interval);
            if tag == b'S' {
                read_extended(input, &mut failures)?;
            }
            StoredEvent::Event(Event::Streams(StreamsFilter::new(
                prefix, batch, duration, failures, trim,
            )))
        }
        _ => return Err(Damaged::Wrong),
    })
}

fn read_extended(input: &mut Input<'_>, failures: &mut Failures) -> Result<(), Damaged> {
    failures.backoff = f64::from_bits(input.number()?);
    if !failures.backoff.is_finite() || failures.backoff < 1.0 {
        return Err(Damaged::Wrong);
    }
    failures.max_interval = Duration::from_millis(input.number()?);
    let is_limited = input.flag()?;
    let retries = u32::try_from(input.number()?).map_err(|_| Damaged::Wrong)?;
    failures.max_retries = is_limited.then_some(retries);
    failures.dead_letter = input.optional()?.map(<[u8]>::to_vec);
    failures.handler = input.text()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(event: &Event) -> String {
        let mut bytes = Vec::new();
        write_event(&mut bytes, event);
        let mut input = Input::new(&bytes);
        let back = match read(&mut input) {
            Ok(StoredEvent::Event(event)) => format!("{event:?}"),
            Ok(StoredEvent::Keys(keys, commands)) => {
                format!("{:?} {commands:?}", Event::Keys(keys))
            }
            Ok(StoredEvent::Hook(..)) | Err(_) => "wrong".to_owned(),
        };
        assert_eq!(input.end(()), Ok(()));
        for end in 0..bytes.len() {
            assert!(
                read(&mut Input::new(&bytes[..end])).is_err(),
                "cut at {end}"
            );
        }
        back
    }

    #[test]
    fn events_are_read_as_they_were_written() {
        let command = Event::Command {
            trigger: b"t\0\xff".to_vec(),
            in_order: true,
        };
        assert_eq!(round_trip(&command), format!("{command:?}"));
        let keys = Event::Keys(KeysFilter {
            prefix: b"k:*".to_vec(),
            events: Some(vec!["set".into()]),
            types: Some(vec![KeyType::Unknown, KeyType::Hash]),
            read_value: false,
            commands: None,
        });
        assert_eq!(round_trip(&keys), format!("{keys:?} None"));
        let streams = Event::Streams(StreamsFilter::new(
            b"s".to_vec(),
            7,
            Duration::from_millis(5),
            Failures::new(OnFailed::Retry, Duration::from_secs(2)),
            false,
        ));
        assert_eq!(round_trip(&streams), format!("{streams:?}"));
    }

    #[test]
    fn options_for_failures_are_read_as_they_were_written() {
        let plain = Failures::new(OnFailed::Retry, Duration::from_secs(2));
        let all = [
            Failures {
                max_retries: Some(0),
                ..plain.clone()
            },
            Failures {
                backoff: 1.5,
                max_interval: Duration::from_mins(1),
                ..plain.clone()
            },
            Failures {
                max_retries: Some(u32::MAX),
                dead_letter: Some(b"dead\xff".to_vec()),
                handler: "handle".to_owned(),
                ..plain
            },
        ];
        for failures in all {
            let prefix = b"s".to_vec();
            let filter = StreamsFilter::new(prefix, 7, Duration::ZERO, failures, true);
            let streams = Event::Streams(filter);
            assert_eq!(round_trip(&streams), format!("{streams:?}"));
        }
    }
}
