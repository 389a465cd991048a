//! The rows of registrations that scripts ask for.

use super::rows::{Field, Value, arguments, statistics, status};
use crate::gears::{Script, run_script};
use crate::redis::locked;
use crate::registration::{Event, Registration, install, registry};
use crate::scope::SessionInfo;
use crate::testing::with_python;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The registration that a script asks for, in a session with this name.
fn registered(name: &str, script: &str) -> Arc<Registration> {
    let session = Arc::new(SessionInfo {
        id: name.to_owned(),
        description: None,
        requirements: Vec::new(),
        script: script.as_bytes().into(),
        user: None,
        replies: OnceLock::new(),
        event_loop: OnceLock::new(),
        memory: Arc::default(),
    });
    let script = Script {
        text: &session.script,
        replaces: None,
        takes: &[],
        session: &session,
    };
    let collected = with_python(|py| run_script(py, script)).unwrap();
    locked(|context| {
        let id = collected.registrations[0].id;
        install(
            context,
            &session,
            collected.registrations,
            collected.made,
            None,
        );
        // Taken out at once: events of other tests must not reach it.
        registry().write(context, |registry| registry.remove(id).unwrap())
    })
}

fn value(fields: &[Field], wanted: &str) -> Option<String> {
    let field = fields.iter().find(|(name, _)| *name == wanted)?;
    Some(field.1.text())
}

fn names(fields: &[Field]) -> Vec<&'static str> {
    fields.iter().map(|(name, _)| *name).collect()
}

#[test]
fn arguments_of_key_events() {
    let all = registered("rows-all-keys", "GB('KeysReader').register()");
    let expected = vec![
        ("regex", Value::Bytes(b"*".to_vec())),
        ("eventTypes", Value::List(None)),
        ("keyTypes", Value::List(None)),
        ("hookCommands", Value::List(None)),
    ];
    assert_eq!(arguments(&all.event), expected);
    let script = "
GB('KeysReader').register('rows:*', eventTypes=['set', 'DEL'], keyTypes=['hash', 'stream'])
";
    let some = arguments(&registered("rows-some-keys", script).event);
    assert_eq!(value(&some, "regex").unwrap(), "rows:*");
    assert_eq!(value(&some, "eventTypes").unwrap(), "[set|DEL]");
    assert_eq!(value(&some, "keyTypes").unwrap(), "[hash|unknown]");
}

#[test]
fn arguments_and_status_of_streams() {
    let script = "
GB('StreamReader').register('rows-s', batch=5, duration=70, onFailedPolicy='RETRY',
                        onFailedRetryInterval=9, trimStream=False)
";
    let registration = registered("rows-streams", script);
    let expected = vec![
        ("batchSize", Value::Number(5)),
        ("durationMS", Value::Number(70)),
        ("stream", Value::Bytes(b"rows-s".to_vec())),
        ("trimStream", Value::Number(0)),
        ("onFailedPolicy", Value::Text("retry".to_owned())),
        ("retryInterval", Value::Number(9)),
    ];
    assert_eq!(arguments(&registration.event), expected);
    let shown = || status(&registration.event).unwrap().1.text();
    assert_eq!(shown(), "OK");
    let Event::Streams(filter) = &registration.event else {
        panic!("{registration:?}");
    };
    filter.pause();
    assert_eq!(shown(), "PAUSED");
}

#[test]
fn statistics_of_a_registration() {
    let script = "GB('CommandReader').register(trigger='rows-statistics', mode='async_local')";
    let registration = registered("rows-statistics", script);
    let stats = &registration.stats;
    locked(|context| stats.record_trigger(context));
    stats.record(Duration::from_millis(30), None);
    stats.record(Duration::from_millis(15), Some("boom".to_owned()));
    stats.record_abort(None);
    let fields = statistics(&registration);
    let expected = [
        ("mode", "async_local"),
        ("numTriggered", "1"),
        ("numSuccess", "1"),
        ("numFailures", "1"),
        ("numAborted", "1"),
        ("lastRunDurationMS", "15"),
        ("totalRunDurationMS", "45"),
        ("avgRunDurationMS", "22.5"),
        ("lastError", "boom"),
    ];
    let shown: Vec<(&str, String)> = fields
        .iter()
        .map(|(name, value)| (*name, value.text()))
        .collect();
    assert_eq!(shown, expected.map(|(name, text)| (name, text.to_owned())));
    // An average is a text, also when it is a whole number.
    let average = fields.iter().find(|(name, _)| *name == "avgRunDurationMS");
    assert!(matches!(average, Some((_, Value::Text(_)))));
}

#[test]
fn statistics_of_streams_tell_the_lag_before_the_last_error() {
    let script = "GB('StreamReader').register('rows-lag', mode='sync')";
    let fields = statistics(&registered("rows-lag", script));
    let expected = ["lastEstimatedLagMS", "avgEstimatedLagMS", "lastError"];
    assert_eq!(names(&fields)[8..], expected);
    assert_eq!(value(&fields, "avgEstimatedLagMS").unwrap(), "0");
    assert_eq!(fields.last(), Some(&("lastError", Value::Optional(None))));
}
