//! Checks the role of a gear on the server: a command, a hook, an event handler, a timer.

use super::keys::allows;
use super::retries::{self, Retries};
use super::types;
use crate::parse::{Input, Keys, Kind, Mode, OnFailed, Text, Trigger};
use crate::report::Errors;
use redgrease_syntax::{
    Intercepts, Mistake, event_instead_of, is_module_command, known_command, nearest,
    nearest_command, parse_duration, quoted,
};
use std::time::Duration;
use syn::{FnArg, ReturnType, Signature};

/// The role of a gear on the server.
pub(crate) enum Role {
    Command {
        /// `None` for the name of the function.
        trigger: Option<Name>,
        mode: Mode,
        in_order: bool,
    },
    Hook {
        command: String,
        key_prefix: Option<String>,
        mode: Mode,
        in_order: bool,
    },
    Keys {
        prefix: String,
        events: Vec<String>,
        key_types: Vec<String>,
        commands: Vec<String>,
        read_value: bool,
        mode: Mode,
    },
    Stream {
        stream: String,
        batch: u32,
        duration_ms: u64,
        on_failed: OnFailed,
        retry_interval_s: u32,
        retries: Retries,
        trim: bool,
        mode: Mode,
    },
    Every {
        seconds: u64,
        per_shard: bool,
    },
}

/// The name by which clients call a command.
pub(crate) enum Name {
    Given(String),
    /// Made of the crate, the path and the name of the function.
    Unique,
}

impl Role {
    /// Whether Rust code calls the gear.
    pub(crate) fn is_called(&self) -> bool {
        matches!(self, Role::Command { .. })
    }

    /// What the gear intercepts of the commands of clients.
    pub(crate) fn intercepts(&self) -> Intercepts {
        match self {
            Role::Hook { .. } => Intercepts::Command,
            Role::Keys { commands, .. } if !commands.is_empty() => Intercepts::Reply,
            _ => Intercepts::Nothing,
        }
    }
}

/// The types of keys on a server.
const KEY_TYPES: &[&str] = &[
    "string", "list", "hash", "set", "zset", "stream", "module", "empty", "unknown",
];

pub(super) fn role(input: &Input, errors: &mut Errors) -> Role {
    let keys = &input.keys;
    let mode = keys.mode.map_or(Mode::AsyncLocal, |mode| mode.value);
    match input.kind {
        Kind::Command | Kind::Function => command(keys, mode, &input.signature, errors),
        Kind::Keys => events(keys, mode, &input.signature, errors),
        Kind::Stream => stream(keys, mode, errors),
        Kind::Every => Role::Every {
            seconds: interval(keys, errors),
            per_shard: keys.per_shard.is_some_and(|flag| flag.value),
        },
    }
}

fn command(keys: &Keys, mode: Mode, signature: &Signature, errors: &mut Errors) -> Role {
    let in_order = keys.inorder.is_some_and(|flag| flag.value);
    if let (true, Some(flag), Mode::Sync) = (in_order, keys.inorder, mode) {
        errors.at(flag.span, Mistake::InOrderSync);
    }
    let Some(hook) = &keys.hook else {
        if let Some(prefix) = &keys.keyprefix {
            errors.at(prefix.span(), Mistake::PrefixWithoutHook);
        }
        mode_and_result(keys, signature, errors);
        return Role::Command {
            trigger: keys.trigger.as_ref().map(|name| trigger(name, errors)),
            mode,
            in_order,
        };
    };
    let given = match &keys.trigger {
        Some(Trigger::Named(text)) => Some(text.span()),
        Some(Trigger::Unique(span)) => Some(*span),
        None => None,
    };
    if let Some(span) = given {
        errors.at(span, Mistake::TriggerWithHook);
    }
    if let Some(replace) = keys.replace {
        errors.at(replace.span, Mistake::ReplaceWithHook);
    }
    if let (Mode::Async, Some(mode)) = (mode, keys.mode) {
        errors.at(mode.span, Mistake::HookPerShard);
    } else if let ReturnType::Type(_, result) = &signature.output
        && types::is_per_shard(result)
    {
        errors.on(result, Mistake::HookPerShardResult);
    }
    Role::Hook {
        command: command_name(hook, keys, errors),
        key_prefix: keys
            .keyprefix
            .as_ref()
            .map(|text| key_prefix(text, keys, errors)),
        mode,
        in_order,
    }
}

/// The prefix of the keys of a hook. Servers compare it as text.
fn key_prefix(text: &Text, keys: &Keys, errors: &mut Errors) -> String {
    let prefix = text.value();
    if let Some(at) = prefix.find(['*', '?', '['])
        && !allows(keys, "plain-pattern")
    {
        let remedy = match &prefix[..at] {
            "" => "remove `keyprefix`, so that the hook is for all keys".to_owned(),
            plain => format!("write `keyprefix = {plain:?}` for all keys that begin so"),
        };
        errors.at(
            text.span(),
            Mistake::PlainPattern {
                what: "a `keyprefix`".to_owned(),
                sign: prefix[at..].chars().take(1).collect(),
                remedy,
            },
        );
    }
    prefix
}

fn trigger(name: &Trigger, errors: &mut Errors) -> Name {
    let text = match name {
        Trigger::Unique(_) => return Name::Unique,
        Trigger::Named(text) => text,
    };
    let name = text.value();
    if name.is_empty() {
        errors.at(text.span(), Mistake::EmptyTrigger);
    } else if name.chars().any(char::is_control) {
        errors.at(text.span(), Mistake::ControlTrigger);
    }
    Name::Given(name)
}

fn command_name(text: &Text, keys: &Keys, errors: &mut Errors) -> String {
    let name = text.value();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || !name.chars().all(fits) {
        let name = match &*name {
            "" => "an empty name".to_owned(),
            name => quoted(name),
        };
        errors.at(text.span(), Mistake::NotACommand { name });
    } else if known_command(&name).is_none()
        && !is_module_command(&name)
        && !allows(keys, "no-such-command")
        && let Some(similar) = nearest_command(&name)
    {
        let (name, similar) = (name.clone(), similar.to_ascii_uppercase());
        errors.at(text.span(), Mistake::NoSuchCommand { name, similar });
    }
    name
}

/// Checks the result against the mode. `mode = "async"` answers once per shard, the other modes answer once.
fn mode_and_result(keys: &Keys, signature: &Signature, errors: &mut Errors) {
    let per_shard = match &signature.output {
        ReturnType::Type(_, result) => types::is_per_shard(result),
        ReturnType::Default => false,
    };
    match (keys.mode, per_shard, &signature.output) {
        (Some(mode), false, output) if mode.value == Mode::Async => match output {
            ReturnType::Type(_, result) => errors.on(result, Mistake::AsyncOneValue),
            ReturnType::Default => errors.at(mode.span, Mistake::AsyncOneValue),
        },
        (Some(mode), true, _) if mode.value == Mode::Async => {}
        (_, true, ReturnType::Type(_, result)) => errors.on(result, Mistake::PerShardNotAsync),
        _ => {}
    }
}

fn events(keys: &Keys, mode: Mode, signature: &Signature, errors: &mut Errors) -> Role {
    let read_value = keys.read_value.is_none_or(|flag| flag.value);
    if !read_value
        && let Some(FnArg::Typed(record)) = signature.inputs.first()
        && types::has_parameter(&record.ty, "KeyRecord")
    {
        errors.on(&record.ty, Mistake::ValueNotRead);
    }
    for text in &keys.key_types {
        let word = text.value();
        if !KEY_TYPES.contains(&word.as_str()) {
            let hint = match nearest(&word, KEY_TYPES.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("write one of `{}`", KEY_TYPES.join("`, `")),
            };
            let (name, word) = ("key_types".to_owned(), quoted(&word));
            errors.at(text.span(), Mistake::UnknownWord { name, word, hint });
        }
    }
    for text in &keys.events {
        let name = text.value();
        if !allows(keys, "no-such-event")
            && let Some(similar) = event_instead_of(&name)
        {
            let similar = similar.to_owned();
            errors.at(text.span(), Mistake::NoSuchEvent { name, similar });
        }
    }
    Role::Keys {
        prefix: pattern(keys.prefix.as_ref(), "the prefix", keys, errors),
        events: keys.events.iter().map(Text::value).collect(),
        key_types: keys.key_types.iter().map(Text::value).collect(),
        commands: keys
            .commands
            .iter()
            .map(|text| command_name(text, keys, errors))
            .collect(),
        read_value,
        mode,
    }
}

/// A whole name, or a prefix with `*` behind it. The default is every name.
fn pattern(text: Option<&Text>, key: &str, keys: &Keys, errors: &mut Errors) -> String {
    let Some(text) = text else {
        return "*".to_owned();
    };
    let pattern = text.value();
    if pattern.is_empty() {
        let key = key.to_owned();
        errors.at(text.span(), Mistake::EmptyPattern { key });
    }
    let name = pattern.strip_suffix('*').unwrap_or(&pattern);
    if let Some(star) = name.find('*') {
        let prefix = format!("{}*", &name[..star]);
        errors.at(
            text.span(),
            Mistake::GlobInPrefix {
                pattern: pattern.clone(),
                prefix,
            },
        );
    } else if let Some(at) = name.find(['?', '['])
        && !allows(keys, "plain-pattern")
    {
        errors.at(
            text.span(),
            Mistake::PlainPattern {
                what: key.to_owned(),
                sign: name[at..].chars().take(1).collect(),
                remedy: format!(
                    "write `\"{}*\"` and compare the rest in Python",
                    &name[..at]
                ),
            },
        );
    } else if pattern.ends_with([':', '.', '/', '-', '_', '|', '#']) && !allows(keys, "whole-name")
    {
        errors.at(
            text.span(),
            Mistake::WholeName {
                what: key.to_owned(),
                name: pattern.clone(),
            },
        );
    }
    pattern
}

fn stream(keys: &Keys, mode: Mode, errors: &mut Errors) -> Role {
    if keys.subject.is_none() && !keys.wrong_subject {
        errors.here(Mistake::StreamMissing);
    }
    let on_failed = keys.on_failed.map_or(OnFailed::Continue, |word| word.value);
    if let (Some(word), Mode::Sync, OnFailed::Abort | OnFailed::Retry) =
        (keys.on_failed, mode, on_failed)
    {
        errors.at(word.span, Mistake::FailedSync);
    }
    if let Some(interval) = &keys.retry_interval
        && on_failed != OnFailed::Retry
    {
        errors.at(interval.span(), Mistake::RetryWithoutRetry);
    }
    let retry = keys
        .retry_interval
        .as_ref()
        .map_or(1, |text| seconds(text, "the pause before a retry", errors));
    let retries = retries::retries(keys, on_failed, retry, errors);
    Role::Stream {
        stream: match &keys.subject {
            Some(text) => pattern(Some(text), "the name of the stream", keys, errors),
            None => String::new(),
        },
        batch: batch(keys, errors),
        duration_ms: keys
            .duration
            .as_ref()
            .map_or(0, |text| milliseconds(text, errors)),
        on_failed,
        retry_interval_s: u32::try_from(retry).unwrap_or(u32::MAX),
        retries,
        trim: keys.trim.is_none_or(|flag| flag.value),
        mode,
    }
}

fn batch(keys: &Keys, errors: &mut Errors) -> u32 {
    let Some(batch) = keys.batch else { return 1 };
    if batch.value == 0 {
        errors.at(batch.span, Mistake::ZeroBatch);
    }
    u32::try_from(batch.value).unwrap_or_else(|_| {
        let number = batch.value.to_string();
        errors.at(batch.span, Mistake::TooLargeBatch { number });
        u32::MAX
    })
}

fn interval(keys: &Keys, errors: &mut Errors) -> u64 {
    if let Some(text) = &keys.subject {
        return seconds(text, "the interval", errors);
    }
    if !keys.wrong_subject {
        errors.here(Mistake::IntervalMissing);
    }
    1
}

fn duration(text: &Text, errors: &mut Errors) -> Option<Duration> {
    match parse_duration(&text.value()) {
        Ok(duration) => Some(duration),
        Err(mistake) => {
            errors.at(text.span(), mistake);
            None
        }
    }
}

fn milliseconds(text: &Text, errors: &mut Errors) -> u64 {
    duration(text, errors).map_or(0, |duration| {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    })
}

pub(super) fn seconds(text: &Text, key: &str, errors: &mut Errors) -> u64 {
    let Some(duration) = duration(text, errors) else {
        return 1;
    };
    let key = key.to_owned();
    if duration.is_zero() {
        errors.at(text.span(), Mistake::ZeroDuration { key });
    } else if duration.subsec_nanos() != 0 {
        let mistake = Mistake::NotWholeSeconds {
            text: text.value(),
            key,
            example: format!("{}s", duration.as_secs() + 1),
        };
        errors.at(text.span(), mistake);
    }
    duration.as_secs()
}
