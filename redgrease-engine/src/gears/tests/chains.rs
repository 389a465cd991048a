//! The arguments of `run` and `register`, as sources and events.

use super::run;
use crate::plan::{Mode, Source};
use crate::redis::KeyType;
use crate::registration::Event;
use crate::registration::keys::KeysFilter;
use crate::registration::streams::{OnFailed, StreamsFilter};
use crate::steps::listed;
use std::time::Duration;

/// The source of the run of a script.
fn source(script: &str) -> Source {
    run(script).unwrap().run.unwrap().1.source
}

fn event(script: &str) -> Event {
    run(script).unwrap().registrations.remove(0).event
}

/// The event of `GB('KeysReader').register(arguments)`.
fn keys(arguments: &str) -> KeysFilter {
    match event(&format!("GB('KeysReader').register({arguments})")) {
        Event::Keys(filter) => filter,
        other => panic!("{other:?}"),
    }
}

/// The event of `GB('StreamReader').register(arguments)`.
fn streams(arguments: &str) -> StreamsFilter {
    match event(&format!("GB('StreamReader').register({arguments})")) {
        Event::Streams(filter) => filter,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_over_keys_reads_all_keys_with_their_values() {
    for arguments in ["", "'*'", "None", "'*', noScan=None, readValue=None"] {
        let Source::Keys(keys) = source(&format!("GB('KeysReader').run({arguments})")) else {
            panic!("{arguments}");
        };
        assert_eq!(keys.pattern, b"*", "{arguments}");
        assert!(!keys.exact && keys.read_value, "{arguments}");
    }
}

#[test]
fn a_run_over_keys_takes_a_pattern_and_options() {
    let Source::Keys(keys) = source("GB().run('a:1', noScan=True, readValue=False, other=5)")
    else {
        panic!();
    };
    assert_eq!(keys.pattern, b"a:1");
    assert!(keys.exact && !keys.read_value);
    let Source::Keys(keys) = source("GB('KeysReader', defaultArg='b:*').run()") else {
        panic!();
    };
    assert_eq!(keys.pattern, b"b:*");
}

#[test]
fn a_run_over_the_names_of_keys_reads_no_values() {
    let script = "GB('KeysOnlyReader').run(count=7, patternGenerator=lambda: ('one', True))";
    let Source::Keys(keys) = source(script) else {
        panic!();
    };
    assert_eq!(keys.pattern, b"one");
    assert!(keys.exact && !keys.read_value);
}

#[test]
fn a_run_over_a_stream_begins_with_its_first_message_or_an_id() {
    for (arguments, expected) in [("'s'", "0-0"), ("'s', fromId='5-1'", "5-1")] {
        let Source::Stream { stream, from } =
            source(&format!("GB('StreamReader').run({arguments})"))
        else {
            panic!("{arguments}");
        };
        assert_eq!(stream, b"s");
        assert_eq!(from, expected.as_bytes());
    }
}

#[test]
fn a_run_over_a_function_keeps_the_function() {
    let source = source("GB('PythonReader').run(lambda: iter([1, 2]))");
    assert!(matches!(source, Source::Python(_)), "{source:?}");
}

#[test]
fn a_registration_for_key_events_takes_all_events_of_all_keys() {
    for arguments in ["", "'*'", "eventTypes=None, keyTypes=None, commands=None"] {
        let filter = keys(arguments);
        assert_eq!(filter.prefix, b"*", "{arguments}");
        assert!(filter.events.is_none() && filter.types.is_none() && filter.commands.is_none());
        assert!(filter.read_value);
    }
}

#[test]
fn a_registration_for_key_events_takes_a_prefix_and_options() {
    let filter =
        keys("'person:*', eventTypes=['set', 'DEL'], keyTypes=('hash', 'stream'), readValue=False");
    assert_eq!(filter.prefix, b"person:*");
    assert_eq!(
        filter.events,
        Some(vec!["set".to_owned(), "DEL".to_owned()])
    );
    assert_eq!(filter.types, Some(vec![KeyType::Hash, KeyType::Unknown]));
    assert!(!filter.read_value);
}

#[test]
fn the_older_name_of_the_prefix_counts_more() {
    assert_eq!(keys("'new:*', regex='old:*'").prefix, b"old:*");
    assert_eq!(streams("regex='old:*'").prefix, b"old:*");
}

#[test]
fn a_registration_for_streams_has_defaults() {
    let filter = streams("'s:*'");
    assert_eq!(filter.prefix, b"s:*");
    assert_eq!((filter.batch, filter.duration), (1, Duration::ZERO));
    assert_eq!(filter.failures.on_failed, OnFailed::Continue);
    assert_eq!(filter.failures.retry_interval, Duration::from_secs(1));
    assert!(filter.trim);
}

#[test]
fn a_registration_for_streams_takes_options() {
    let filter = streams(
        "'s', batch=10, duration=500, onFailedPolicy='Retry', onFailedRetryInterval=7, trimStream=False",
    );
    assert_eq!(
        (filter.batch, filter.duration),
        (10, Duration::from_millis(500))
    );
    assert_eq!(filter.failures.on_failed, OnFailed::Retry);
    assert_eq!(filter.failures.retry_interval, Duration::from_secs(7));
    assert!(!filter.trim);
}

#[test]
fn a_registration_may_have_any_mode() {
    for (word, mode) in [
        ("None", Mode::Async),
        ("'async'", Mode::Async),
        ("'async_local'", Mode::AsyncLocal),
        ("'sync'", Mode::Sync),
    ] {
        let collected = run(&format!("GB('KeysReader').register(mode={word})")).unwrap();
        assert_eq!(collected.registrations[0].mode, mode, "{word}");
    }
}

#[test]
fn the_function_of_on_registered_is_kept() {
    let script = "GB('KeysReader').register(onRegistered=lambda: None)";
    let collected = run(script).unwrap();
    assert!(collected.registrations[0].on_registered.is_some());
    let collected = run("GB('KeysReader').register(onRegistered=None)").unwrap();
    assert!(collected.registrations[0].on_registered.is_none());
}

#[test]
fn the_steps_of_a_chain_are_those_up_to_its_end() {
    let script = "
chain = GB('KeysReader').map(lambda r: r).filter(lambda r: True)
chain.register('first', convertToStr=False, collect=False)
chain.count()
chain.register('second', convertToStr=False, collect=True)
";
    let collected = run(script).unwrap();
    let names = |index: usize| {
        let steps = &collected.registrations[index].plan.steps;
        let listed = listed(steps, "register");
        listed.iter().map(|step| step.kind).collect::<Vec<_>>()
    };
    assert_eq!(collected.registrations[0].plan.steps.len(), 2);
    assert_eq!(collected.registrations[1].plan.steps.len(), 4);
    // The first line of a listing turns records into Python values.
    assert_eq!(names(0), ["map", "map", "filter"]);
    assert_eq!(names(1)[..3], ["map", "map", "filter"]);
    assert_eq!(names(1).last(), Some(&"collect"));
}
