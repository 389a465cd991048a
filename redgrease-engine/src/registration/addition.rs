//! Registrations that a running gear has made. No script makes them again: they are kept as what
//! they are, with their functions as bytes that fit one minor version of Python.

use super::held::HeldCommand;
use super::hooks::Hook;
use super::keys::KeysFilter;
use super::stored::{Damaged, Input, write_bytes, write_number, write_optional};
use super::streams::{OnFailed, StreamsFilter};
use super::{Event, Registration};
use crate::execution::Id;
use crate::plan::{Mode, Plan, Reader, Step};
use crate::python::{Callback, PendingRegistration, pickle, unpickle};
use crate::redis::{Context, KeyType, User};
use std::sync::Arc;
use std::time::Duration;

/// A registration as bytes, or why it cannot be kept.
pub(super) fn encode(registration: &Registration) -> Result<Vec<u8>, String> {
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
    for step in &registration.plan.steps {
        write_step(&mut out, step)?;
    }
    Ok(out)
}

/// The registration that [`encode`] kept and with whose rights it runs, or why there is none.
pub(super) fn decode(
    context: &Context,
    id: Id,
    bytes: &[u8],
) -> Result<(PendingRegistration, Option<User>), String> {
    let mut input = Input(bytes);
    let damaged = Damaged::message;
    let reader = input.text().map_err(damaged)?;
    let mode = input.text().map_err(damaged)?;
    let user = input.optional().map_err(damaged)?.map(User::named);
    let description = input.optional_text().map_err(damaged)?;
    let event = read_event(context, &mut input)?;
    let count = input.number().map_err(damaged)?;
    let mut steps = Vec::new();
    for _ in 0..count {
        steps.push(read_step(&mut input)?);
    }
    let wrong = || Damaged::Wrong.message();
    if !input.0.is_empty() {
        return Err(wrong());
    }
    let pending = PendingRegistration {
        id,
        description,
        plan: Arc::new(Plan {
            reader: Reader::parse(&reader).ok_or_else(wrong)?,
            steps,
        }),
        mode: Mode::parse(&mode).ok_or_else(wrong)?,
        event,
        on_registered: None,
    };
    Ok((pending, user))
}

fn write_flag(out: &mut Vec<u8>, flag: bool) {
    out.push(u8::from(flag));
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
            out.push(b's');
            write_bytes(out, &streams.prefix);
            write_number(out, streams.batch as u64);
            write_number(out, millis(streams.duration));
            write_bytes(out, streams.on_failed.as_str().as_bytes());
            write_number(out, millis(streams.retry_interval));
            write_flag(out, streams.trim);
        }
    }
}

/// The description of an event, before the server is asked about its commands.
enum Read {
    Event(Event),
    Hook(String, Option<Vec<u8>>, bool),
    Keys(KeysFilter, Option<Vec<String>>),
}

fn read_event(context: &Context, input: &mut Input<'_>) -> Result<Event, String> {
    match read(input).map_err(Damaged::message)? {
        Read::Event(event) => Ok(event),
        Read::Hook(command, prefix, in_order) => {
            Hook::new(context, &command, prefix, in_order).map(Event::Hook)
        }
        Read::Keys(mut keys, commands) => {
            keys.commands = commands
                .map(|names| {
                    let held = names.iter().map(|name| HeldCommand::new(context, name));
                    held.collect::<Result<Vec<_>, String>>()
                })
                .transpose()?;
            Ok(Event::Keys(keys))
        }
    }
}

fn read(input: &mut Input<'_>) -> Result<Read, Damaged> {
    Ok(match input.tag()? {
        b'c' => Read::Event(Event::Command {
            trigger: input.bytes()?.to_vec(),
            in_order: input.flag()?,
        }),
        b'h' => Read::Hook(
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
            Read::Keys(keys, read_texts(input)?)
        }
        b's' => {
            let prefix = input.bytes()?.to_vec();
            let batch = usize::try_from(input.number()?).map_err(|_| Damaged::Wrong)?;
            let duration = Duration::from_millis(input.number()?);
            let on_failed = OnFailed::parse(&input.text()?).ok_or(Damaged::Wrong)?;
            let retry_interval = Duration::from_millis(input.number()?);
            let trim = input.flag()?;
            let batch = batch.max(1);
            Read::Event(Event::Streams(StreamsFilter::new(
                prefix,
                batch,
                duration,
                on_failed,
                retry_interval,
                trim,
            )))
        }
        _ => return Err(Damaged::Wrong),
    })
}

fn write_step(out: &mut Vec<u8>, step: &Step) -> Result<(), String> {
    let (tag, functions): (u8, Vec<&Callback>) = match step {
        Step::Map(f) => (b'm', vec![f]),
        Step::Filter(f) => (b'f', vec![f]),
        Step::FlatMap(f) => (b'x', vec![f]),
        Step::ForEach(f) => (b'e', vec![f]),
        Step::Accumulate(f) => (b'a', vec![f]),
        Step::CountBy(f) => (b'b', vec![f]),
        Step::Repartition(f) => (b'r', vec![f]),
        Step::GroupBy {
            extractor,
            reducer,
            local,
        } => (if *local { b'l' } else { b'g' }, vec![extractor, reducer]),
        Step::BatchGroupBy { extractor, reducer } => (b'G', vec![extractor, reducer]),
        Step::Limit { .. } => (b'L', Vec::new()),
        Step::Collect => (b'C', Vec::new()),
        Step::Count => (b'N', Vec::new()),
        Step::ToText => (b'T', Vec::new()),
    };
    out.push(tag);
    for function in functions {
        write_bytes(out, &pickle(function)?);
    }
    if let Step::Limit { length, start } = step {
        write_number(out, length.cast_unsigned());
        write_number(out, start.cast_unsigned());
    }
    Ok(())
}

fn read_step(input: &mut Input<'_>) -> Result<Step, String> {
    let tag = input.tag().map_err(Damaged::message)?;
    let mut function = || unpickle(input.bytes().map_err(Damaged::message)?);
    Ok(match tag {
        b'm' => Step::Map(function()?),
        b'f' => Step::Filter(function()?),
        b'x' => Step::FlatMap(function()?),
        b'e' => Step::ForEach(function()?),
        b'a' => Step::Accumulate(function()?),
        b'b' => Step::CountBy(function()?),
        b'r' => Step::Repartition(function()?),
        b'l' | b'g' => Step::GroupBy {
            extractor: function()?,
            reducer: function()?,
            local: tag == b'l',
        },
        b'G' => Step::BatchGroupBy {
            extractor: function()?,
            reducer: function()?,
        },
        b'L' => {
            let mut number = || input.number().map_err(Damaged::message);
            Step::Limit {
                length: number()?.cast_signed(),
                start: number()?.cast_signed(),
            }
        }
        b'C' => Step::Collect,
        b'N' => Step::Count,
        b'T' => Step::ToText,
        _ => return Err(Damaged::Wrong.message()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(event: &Event) -> String {
        let mut bytes = Vec::new();
        write_event(&mut bytes, event);
        let mut input = Input(&bytes);
        let back = match read(&mut input) {
            Ok(Read::Event(event)) => format!("{event:?}"),
            Ok(Read::Keys(keys, commands)) => format!("{:?} {commands:?}", Event::Keys(keys)),
            Ok(Read::Hook(..)) | Err(_) => "wrong".to_owned(),
        };
        assert!(input.0.is_empty());
        for end in 0..bytes.len() {
            assert!(read(&mut Input(&bytes[..end])).is_err(), "cut at {end}");
        }
        back
    }

    #[test]
    fn events_come_back() {
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
            OnFailed::Retry,
            Duration::from_secs(2),
            false,
        ));
        assert_eq!(round_trip(&streams), format!("{streams:?}"));
    }

    #[test]
    fn steps_without_functions_come_back() {
        for step in [
            Step::Limit {
                length: -1,
                start: 3,
            },
            Step::Collect,
            Step::Count,
            Step::ToText,
        ] {
            let mut bytes = Vec::new();
            assert_eq!(write_step(&mut bytes, &step), Ok(()));
            let back = read_step(&mut Input(&bytes)).map(|back| format!("{back:?}"));
            assert_eq!(back, Ok(format!("{step:?}")));
        }
        assert!(read_step(&mut Input(b"?")).is_err());
    }
}
