//! Every key of the attributes for events and timers.
use redgrease::prelude::*;
use redgrease::{Codec, GearKind, KeysSpec, Mode, FailurePolicy, StreamSpec};
use std::collections::HashMap;

#[gear_keys]
fn any_key(record: KeyRecord) {
    python! { log(record.key) }
}

#[gear_keys(
    prefix = "person:*",
    events = ["hset", "del"],
    key_types = ["hash", "empty"],
    commands = ["HSET"],
    read_value = true,
    mode = "sync",
    requirements = ["requests"],
    description = "keeps a list",
    on_registered = python! {
        global names
        names = {}
    },
    module = "tests/ui/modules/shared.py",
    python = "3.8",
    handle = Adults,
)]
pub fn adults(record: KeyRecord<HashMap<String, i64>>) {
    python! {
        names[record.key] = of_age(record.value)
    }
}

#[gear_keys(read_value = false)]
fn only_names(event: redgrease::KeyRecord) -> () {
    python! { cmd.incr(event.event) }
}

#[gear_stream("measured")]
fn one(record: StreamRecord) {
    python! { log(record.id) }
}

#[gear_stream(
    "measured:*",
    batch = 100,
    duration = "1s",
    on_failed = "retry",
    retry_interval = "2m",
    max_retries = 5,
    dead_letter = "failed",
    backoff = 1.5,
    max_interval = "1h",
    trim = false,
    mode = "async",
    requirements = [],
    description = "adds up",
    on_registered = python! { pass },
    python = "3.12",
    handle = AddUp,
)]
fn add_up(records: Vec<StreamRecord<HashMap<String, f64>>>) {
    python! { cmd.incrbyfloat("total", sum(r.value["amount"] for r in records)) }
}

#[gear_stream("a", duration = "500ms", on_failed = "abort")]
fn half_a_second(records: Vec<StreamRecord>) {
    python! { log(len(records)) }
}

#[gear_stream("a", on_failed = "continue")]
fn carry_on(record: StreamRecord) {
    python! {
        await work(record)

        async def work(record):
            pass
    }
}

#[gear_every("5m")]
fn clean_up() {
    python! { cmd.delete("tmp") }
}

#[gear_every(
    "1d",
    requirements = ["numpy"],
    description = "every day",
    on_registered = python! { log("begun") },
    module = "tests/ui/modules/shared.py",
    python = "3.7",
    handle = Daily,
)]
fn daily() {
    python! { log(of_age({"age": 18})) }
}

fn keys(gear: &redgrease::Gear) -> KeysSpec {
    match gear.spec().kind {
        GearKind::Keys(keys) => keys,
        _ => unreachable!(),
    }
}

fn stream(gear: &redgrease::Gear) -> StreamSpec {
    match gear.spec().kind {
        GearKind::Stream(stream) => stream,
        _ => unreachable!(),
    }
}

fn main() {
    let any = keys(any_key::GEAR);
    assert_eq!((any.prefix, any.read_value, any.mode), ("*", true, Mode::AsyncLocal));
    assert!(any.events.is_empty() && any.key_types.is_empty() && any.commands.is_empty());
    assert!(any.value.is_none());
    assert_eq!(any_key::GEAR.trigger(), None);
    assert_eq!(any_key::GEAR.spec().args[0].0, "record");

    let adults = keys(Adults::GEAR);
    assert_eq!((adults.prefix, adults.mode), ("person:*", Mode::Sync));
    assert_eq!((adults.events, adults.key_types), (&["hset", "del"][..], &["hash", "empty"][..]));
    assert_eq!(adults.commands, ["HSET"]);
    assert!(matches!(adults.value, Some(Codec::Map(..))), "{:?}", adults.value);
    let spec = Adults::GEAR.spec();
    assert_eq!((spec.requirements, spec.description), (&["requests"][..], Some("keeps a list")));
    assert_eq!(spec.python, (3, 8));
    assert!(spec.on_registered.unwrap().source.contains("names = {}"));
    let module = spec.module.unwrap();
    assert_eq!((module.name, module.source_line), ("shared", 1));
    // Without a parser the names are unknown.
    if module.names != ["*"] {
        assert_eq!(module.names, ["json", "of_age"]);
        assert_eq!(module.uses, ["log"]);
        // The server does not need to provide names of the module.
        assert!(spec.names.is_empty(), "{:?}", spec.names);
    }

    assert!(!keys(only_names::GEAR).read_value);

    let plain = stream(one::GEAR);
    assert_eq!((plain.stream, plain.batch, plain.duration_ms), ("measured", 1, 0));
    assert_eq!((plain.on_failed, plain.retry_interval_s), (FailurePolicy::Continue, 1));
    assert_eq!((plain.max_retries, plain.dead_letter, plain.max_interval_s), (None, None, None));
    assert!((plain.backoff - 1.0).abs() < f64::EPSILON);
    assert!(plain.trim && !plain.batched && plain.value.is_none());

    let full = stream(AddUp::GEAR);
    assert_eq!((full.stream, full.batch, full.duration_ms), ("measured:*", 100, 1000));
    assert_eq!((full.on_failed, full.retry_interval_s), (FailurePolicy::Retry, 120));
    assert_eq!((full.max_retries, full.dead_letter), (Some(5), Some("failed")));
    assert_eq!(full.max_interval_s, Some(60 * 60));
    assert!((full.backoff - 1.5).abs() < f64::EPSILON);
    assert!(!full.trim && full.batched && full.value.is_some());
    assert_eq!(full.mode, Mode::Async);
    assert_eq!(stream(half_a_second::GEAR).duration_ms, 500);
    assert_eq!(stream(half_a_second::GEAR).on_failed, FailurePolicy::Abort);
    assert!(carry_on::GEAR.spec().coroutine);

    let every = |gear: &redgrease::Gear| match gear.spec().kind {
        GearKind::Every(every) => every.seconds,
        _ => unreachable!(),
    };
    assert_eq!(every(clean_up::GEAR), 300);
    assert_eq!(every(Daily::GEAR), 24 * 60 * 60);
}
