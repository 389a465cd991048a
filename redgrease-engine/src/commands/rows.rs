//! The fields of a registration and of a requirement. The dump commands write them as replies, `INFO` as text.

use crate::config;
use crate::redis::{Reply, Requester};
use crate::registration::streams::StreamsFilter;
use crate::registration::{Event, Registration};
use crate::requirements::{Requirement, without_credentials};
use std::borrow::Cow;

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Bytes(Vec<u8>),
    Number(i64),
    Optional(Option<String>),
    List(Option<Vec<String>>),
}

/// A field: its name and its value.
pub(super) type Field = (&'static str, Value);

impl Value {
    fn number(number: impl TryInto<i64>) -> Value {
        Value::Number(number.try_into().unwrap_or(i64::MAX))
    }

    fn flag(flag: bool) -> Value {
        Value::Number(i64::from(flag))
    }

    fn list<'a>(items: Option<impl Iterator<Item = &'a str>>) -> Value {
        Value::List(items.map(|items| items.map(str::to_owned).collect()))
    }

    fn yes_or_no(yes: bool) -> Value {
        Value::Text(if yes { "yes" } else { "no" }.to_owned())
    }

    fn write(&self, reply: &Reply<'_>) {
        match self {
            Value::Text(text) | Value::Optional(Some(text)) => reply.bulk(text.as_bytes()),
            Value::Bytes(bytes) => reply.bulk(bytes),
            Value::Number(number) => reply.integer(*number),
            Value::Optional(None) | Value::List(None) => reply.null(),
            Value::List(Some(items)) => {
                reply.array(items.len());
                for item in items {
                    reply.bulk(item.as_bytes());
                }
            }
        }
    }

    /// The value in `INFO`: a list is `[a|b]`, a missing value is `None`.
    pub(super) fn text(&self) -> String {
        match self {
            Value::Text(text) | Value::Optional(Some(text)) => text.clone(),
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Value::Number(number) => number.to_string(),
            Value::Optional(None) | Value::List(None) => "None".to_owned(),
            Value::List(Some(items)) => format!("[{}]", items.join("|")),
        }
    }
}

/// The fields of registrations and requirements that came with RedisGears 1.2.2.
const SINCE_1_2_2: [&str; 8] = [
    "lastRunDurationMS",
    "totalRunDurationMS",
    "avgRunDurationMS",
    "lastEstimatedLagMS",
    "avgEstimatedLagMS",
    "Path",
    "RefCount",
    "IsInReqDictionary",
];

/// The fields of registrations of streams that only this engine has.
const OF_FAILURES: [&str; 7] = [
    "numRetries",
    "numDeadLetters",
    "numDropped",
    "maxRetries",
    "retryBackoff",
    "maxRetryInterval",
    "deadLetter",
];

/// The fields that clients get: with `CompatibleReplies 1.0` without those of newer versions, which old clients cannot read.
pub(super) fn answered(mut fields: Vec<Field>) -> Vec<Field> {
    if config::get().replies_of_1_0() {
        fields.retain(|(name, _)| !SINCE_1_2_2.contains(name) && !OF_FAILURES.contains(name));
    }
    fields
}

/// Writes fields as names and values in turn, without the head of an array.
pub(super) fn write_fields(reply: &Reply<'_>, fields: &[Field]) {
    for (name, value) in fields {
        reply.bulk(name.as_bytes());
        value.write(reply);
    }
}

/// Writes fields as one array of names and values in turn.
pub(super) fn write_array(reply: &Reply<'_>, fields: &[Field]) {
    reply.array(2 * fields.len());
    write_fields(reply, fields);
}

/// The mode and the statistics of a registration.
pub(super) fn statistics(registration: &Registration) -> Vec<Field> {
    let stats = registration.stats.snapshot();
    let mut fields = vec![
        ("mode", Value::Text(registration.mode.as_str().to_owned())),
        ("numTriggered", Value::number(stats.triggered)),
        ("numSuccess", Value::number(stats.succeeded)),
        ("numFailures", Value::number(stats.failed)),
        ("numAborted", Value::number(stats.aborted)),
        ("lastRunDurationMS", Value::number(stats.last_millis)),
        ("totalRunDurationMS", Value::number(stats.total_millis)),
        (
            "avgRunDurationMS",
            Value::Text(stats.average_millis.to_string()),
        ),
    ];
    if let Event::Streams(filter) = &registration.event {
        let lag = filter.lag();
        fields.push(("lastEstimatedLagMS", Value::number(lag.last)));
        let average = lag.average().to_string();
        fields.push(("avgEstimatedLagMS", Value::Text(average)));
    }
    let error = stats.last_error.or_else(|| registration.never_runs.clone());
    fields.push(("lastError", Value::Optional(error)));
    if let Event::Streams(filter) = &registration.event
        && filter.failures.are_extended()
    {
        let failed = filter.failed();
        fields.push(("numRetries", Value::number(failed.retries)));
        fields.push(("numDeadLetters", Value::number(failed.dead_letters)));
        fields.push(("numDropped", Value::number(failed.dropped)));
    }
    fields
}

/// The text in place of an error that a requester may not see: it may contain data of others.
pub(super) const HIDDEN_ERROR: &str =
    "there is an error, which its owner can read, and users who may run RG.PYEXECUTE";

/// The mode and the statistics of a registration, as far as the requester may see them.
pub(super) fn statistics_for(registration: &Registration, requester: &Requester) -> Vec<Field> {
    let mut fields = statistics(registration);
    let error = fields.iter_mut().find(|(name, _)| *name == "lastError");
    if let Some((_, Value::Optional(Some(error)))) = error
        && !requester.may_handle_work_of(registration.user.as_ref())
    {
        HIDDEN_ERROR.clone_into(error);
    }
    fields
}

/// The text, for callers who may not send code without the passwords of addresses, such as that of a package index.
pub(super) fn without_passwords<'a>(text: &'a str, requester: &Requester) -> Cow<'a, str> {
    if requester.may_send_code() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(without_credentials(text))
    }
}

/// The arguments of a registration.
pub(super) fn arguments(event: &Event) -> Vec<Field> {
    match event {
        Event::Command { trigger, in_order } => vec![
            ("trigger", Value::Bytes(trigger.clone())),
            ("inorder", Value::flag(*in_order)),
        ],
        Event::Hook(hook) => vec![
            ("trigger", Value::Text(hook.command.clone())),
            ("inorder", Value::flag(hook.in_order)),
        ],
        Event::Keys(filter) => {
            let events = filter.events.as_ref();
            let types = filter.types.as_ref();
            let commands = filter.commands.as_ref();
            vec![
                ("regex", Value::Bytes(filter.prefix.clone())),
                (
                    "eventTypes",
                    Value::list(events.map(|all| all.iter().map(String::as_str))),
                ),
                (
                    "keyTypes",
                    Value::list(types.map(|all| all.iter().map(|one| one.as_str()))),
                ),
                (
                    "hookCommands",
                    Value::list(commands.map(|all| all.iter().map(|one| one.name.as_str()))),
                ),
            ]
        }
        Event::Streams(filter) => stream_arguments(filter),
    }
}

fn stream_arguments(filter: &StreamsFilter) -> Vec<Field> {
    let failures = &filter.failures;
    let mut fields = vec![
        ("batchSize", Value::number(filter.batch)),
        ("durationMS", Value::number(filter.duration.as_millis())),
        ("stream", Value::Bytes(filter.prefix.clone())),
        ("trimStream", Value::flag(filter.trim)),
        (
            "onFailedPolicy",
            Value::Text(failures.on_failed.as_str().to_owned()),
        ),
        (
            "retryInterval",
            Value::number(failures.retry_interval.as_secs()),
        ),
    ];
    if failures.are_extended() {
        let retries = failures.max_retries.map(|number| number.to_string());
        let dead_letter = failures.dead_letter.as_deref();
        let dead_letter = dead_letter.map(|name| String::from_utf8_lossy(name).into_owned());
        fields.extend([
            ("maxRetries", Value::Optional(retries)),
            ("retryBackoff", Value::Text(failures.backoff.to_string())),
            (
                "maxRetryInterval",
                Value::number(failures.max_interval.as_secs()),
            ),
            ("deadLetter", Value::Optional(dead_letter)),
        ]);
    }
    fields
}

/// The status of a registration. `None` for registrations that have none: only those of streams can be paused.
pub(super) fn status(event: &Event) -> Option<Field> {
    let Event::Streams(filter) = event else {
        return None;
    };
    let status = filter.status().as_str().to_owned();
    Some(("status", Value::Text(status)))
}

/// The fields of a requirement, which `users` sessions have.
pub(super) fn requirement(requirement: &Requirement, users: usize) -> Vec<Field> {
    let wheels = requirement.wheels.iter().map(String::as_str);
    vec![
        ("GearReqVersion", Value::Number(2)),
        ("Name", Value::Text(requirement.name.clone())),
        ("IsDownloaded", Value::yes_or_no(requirement.is_downloaded)),
        ("IsInstalled", Value::yes_or_no(requirement.is_installed)),
        ("CompiledOs", Value::Text(requirement.compiled_os.clone())),
        ("Wheels", Value::list(Some(wheels))),
        (
            "Path",
            Value::Text(requirement.path.to_string_lossy().into_owned()),
        ),
        ("RefCount", Value::number(users)),
        ("IsInReqDictionary", Value::yes_or_no(true)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_text() {
        for (value, text) in [
            (Value::Text("a".into()), "a"),
            (Value::Bytes(b"\xff".to_vec()), "\u{fffd}"),
            (Value::number(u64::MAX), "9223372036854775807"),
            (Value::flag(true), "1"),
            (Value::Optional(None), "None"),
            (Value::Optional(Some("x".into())), "x"),
            (Value::list(None::<std::iter::Empty<&str>>), "None"),
            (Value::list(Some(["a", "b"].into_iter())), "[a|b]"),
            (Value::list(Some([].into_iter())), "[]"),
            (Value::yes_or_no(false), "no"),
        ] {
            assert_eq!(value.text(), text, "{value:?}");
        }
    }

    #[test]
    fn arguments_of_a_trigger() {
        let event = Event::Command {
            trigger: b"t".to_vec(),
            in_order: true,
        };
        let expected = vec![
            ("trigger", Value::Bytes(b"t".to_vec())),
            ("inorder", Value::Number(1)),
        ];
        assert_eq!(arguments(&event), expected);
        assert_eq!(status(&event), None);
    }

    #[test]
    fn fields_of_a_requirement() {
        let row = Requirement {
            name: "six==1.16".to_owned(),
            is_downloaded: true,
            is_installed: false,
            compiled_os: "linux-x64".to_owned(),
            wheels: vec!["six.whl".to_owned(), "seven.whl".to_owned()],
            path: "/there".into(),
        };
        let fields = requirement(&row, 3);
        let shown: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", value.text()))
            .collect();
        let expected = [
            "GearReqVersion=2",
            "Name=six==1.16",
            "IsDownloaded=yes",
            "IsInstalled=no",
            "CompiledOs=linux-x64",
            "Wheels=[six.whl|seven.whl]",
            "Path=/there",
            "RefCount=3",
            "IsInReqDictionary=yes",
        ];
        assert_eq!(shown, expected);
    }
}
