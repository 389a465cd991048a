//! Events, timers, hooks, shared Python and counted calls: how stubs treat records. Other shards, and a server after a
//! restart, use pickled copies of stubs, so these are tested as well.

use super::python::{Python, call, call_with, gear, has_cloudpickle, pythons, spec};
use crate::gear::{
    EverySpec, FailurePolicy, Gear, GearKind, GearSpec, Hook, KeysSpec, Mode, OnRegistered,
    PythonModule, StreamSpec,
};
use crate::{Codec, GearReply};
use serde_json::json;

const EVENT: &[(&str, Codec)] = &[("event", Codec::Unit)];

fn keys(value: Option<Codec>, source: &'static str) -> &'static Gear {
    let kind = GearKind::Keys(KeysSpec {
        prefix: "k*",
        events: &["set"],
        key_types: &[],
        commands: &[],
        read_value: true,
        mode: Mode::Sync,
        value,
    });
    gear(
        "changed",
        GearSpec {
            kind,
            args: EVENT,
            ret: Codec::Str,
            ..spec("", source)
        },
    )
}

fn stream(batched: bool, value: Option<Codec>, source: &'static str) -> &'static Gear {
    let kind = GearKind::Stream(StreamSpec {
        stream: "s",
        batch: 2,
        duration_ms: 1500,
        on_failed: FailurePolicy::Retry,
        retry_interval_s: 5,
        max_retries: None,
        dead_letter: None,
        backoff: 1.0,
        max_interval_s: None,
        trim: false,
        mode: Mode::AsyncLocal,
        value,
        batched,
    });
    gear(
        "entries",
        GearSpec {
            kind,
            args: EVENT,
            ret: Codec::Str,
            ..spec("", source)
        },
    )
}

#[test]
fn changes_of_keys_are_objects_and_dicts() {
    let body = " return '%s %s %s %r %s' % (event.key, event.event, event.type, event.value, event['key'] == event.key)";
    for program in pythons() {
        let mut python = Python::program(program);
        python.register(&[keys(None, body)]).unwrap();
        let mut happened = |record| python.happened("k*", &[record], false).unwrap();
        let set = json!({"key": "k1", "event": "set", "type": "string", "value": "x"});
        assert_eq!(happened(set), ["k1 set string 'x' True"]);
        assert_eq!(
            happened(json!({"key": "k1", "event": "del"})),
            ["k1 del None None True"]
        );
        assert_eq!(
            happened(
                json!({"key": {"bytes": "/w=="}, "event": "set", "type": "string", "value": {"bytes": "/w=="}})
            ),
            [r"b'\xff' set string bytearray(b'\xff') True"]
        );
    }
    let options = Python::start().registered_with(&[keys(None, body)], "k*");
    assert_eq!(
        options,
        "[('eventTypes', ['set']), ('mode', 'sync'), ('prefix', 'k*')]"
    );
}

#[test]
fn values_of_keys_are_read_as_types() {
    const HASH: Codec = Codec::Map(&Codec::Str, &Codec::Int);
    const LIST: Codec = Codec::List(&Codec::Bytes);
    let seen = |codec, value: serde_json::Value| {
        let mut python = Python::start();
        python
            .register(&[keys(Some(codec), " return repr(event.value)")])
            .unwrap();
        let record = json!({"key": "k1", "event": "set", "type": "x", "value": value});
        python
            .happened("k*", &[record], false)
            .map(|mut shown| shown.remove(0))
            .map_err(|e| e.as_gear().unwrap().message.clone())
    };
    assert_eq!(
        seen(HASH, json!({"a": "1", "b": "-2"})).unwrap(),
        "{'a': 1, 'b': -2}"
    );
    assert_eq!(
        seen(LIST, json!(["a", {"bytes": "/w=="}])).unwrap(),
        r"[b'a', b'\xff']"
    );
    assert_eq!(seen(Codec::Json, json!("[1, null]")).unwrap(), "[1, None]");
    assert_eq!(seen(Codec::Bool, json!("1")).unwrap(), "True");
    assert_eq!(seen(Codec::Float, json!("2.5")).unwrap(), "2.5");
    // A deleted key has no value.
    assert_eq!(seen(Codec::Int, json!(null)).unwrap(), "None");
    // Arguments of calls are escaped, stored values are not.
    assert_eq!(seen(Codec::Str, json!("\u{1}0")).unwrap(), r"'\x010'");
    assert_eq!(
        seen(HASH, json!({"a": "x"})).unwrap_err(),
        "argument `event`: the value of key 'k1': str 'x' is not an integer"
    );
    // Two fields can be the same number.
    assert_eq!(
        seen(
            Codec::Map(&Codec::Int, &Codec::Int),
            json!({"1": "1", "01": "2"})
        )
        .unwrap_err(),
        "argument `event`: the value of key 'k1': two fields of the hash are equal in Python: int 1"
    );
    assert_eq!(
        seen(HASH, json!("x")).unwrap_err(),
        "argument `event`: the value of key 'k1': str 'x' is not a hash"
    );
    assert_eq!(
        seen(Codec::Str, json!({"bytes": "/w=="})).unwrap_err(),
        r"argument `event`: the value of key 'k1': bytes b'\xff' is not UTF-8 text"
    );
}

#[test]
fn entries_of_streams_come_one_by_one_or_together() {
    const FIELDS: Codec = Codec::Map(&Codec::Str, &Codec::Int);
    let entries = [
        json!({"key": "s", "id": "5-1", "value": {"n": "1"}}),
        json!({"key": "s", "id": "5-2", "value": {"n": "2"}}),
    ];
    for pickled in [false, has_cloudpickle()] {
        let mut python = Python::start();
        let single = stream(
            false,
            None,
            " return '%s %d %d %r' % (event.id, event.ms, event.seq, event.value)",
        );
        python.register(&[single]).unwrap();
        assert_eq!(
            python.happened("s", &entries, pickled).unwrap(),
            ["5-1 5 1 {'n': '1'}", "5-2 5 2 {'n': '2'}"]
        );
        let batch = stream(
            true,
            Some(FIELDS),
            " return str(sum(e.value['n'] for e in event))",
        );
        python.register(&[batch]).unwrap();
        assert_eq!(python.happened("s", &entries, pickled).unwrap(), ["3"]);
    }
    let options = Python::start().registered_with(&[stream(true, None, " pass")], "s");
    assert_eq!(
        options,
        "[('batch', 2), ('duration', 1500), ('mode', 'async_local'), ('onFailedPolicy', 'retry'), \
         ('onFailedRetryInterval', 5), ('prefix', 's'), ('trimStream', False)]"
    );
}

/// The Python of these tests is not the engine, and neither is RedisGears.
#[test]
fn a_server_that_would_ignore_an_option_refuses_it() {
    let GearKind::Stream(stream) = stream(false, None, " pass").spec().kind else {
        unreachable!();
    };
    let kind = GearKind::Stream(StreamSpec {
        max_retries: Some(3),
        dead_letter: Some("dead"),
        ..stream
    });
    let gear = gear(
        "changed",
        GearSpec {
            kind,
            args: EVENT,
            ret: Codec::Str,
            ..spec("", " pass")
        },
    );
    let refused = Python::start().register(&[gear]).unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("does not know `max_retries`"), "{text}");
}

#[test]
fn hooks_and_order_are_passed_on() {
    let kind = GearKind::Command {
        trigger: "",
        mode: Mode::Sync,
        in_order: true,
        hook: Some(Hook {
            command: "HGET",
            key_prefix: Some("user:"),
        }),
    };
    let hook = gear(
        "hook",
        GearSpec {
            kind,
            ..spec("", " pass")
        },
    );
    assert_eq!(
        Python::start().registered_with(&[hook], "HGET"),
        "[('hook', 'HGET'), ('inorder', True), ('keyprefix', 'user:'), ('mode', 'sync')]"
    );
}

fn every(source: &'static str, coroutine: bool) -> &'static Gear {
    gear(
        "tick",
        GearSpec {
            kind: GearKind::Every(EverySpec {
                seconds: 5,
                per_shard: false,
            }),
            coroutine,
            names: &["execute"],
            ..spec("", source)
        },
    )
}

#[test]
fn a_timer_runs_until_its_session_is_registered_again() {
    for coroutine in [false, true] {
        let mut python = Python::start();
        python
            .register(&[every(" execute('INCR', 'first')", coroutine)])
            .unwrap();
        python.tick();
        python.tick();
        assert_eq!(python.executed(), ["INCR first", "INCR first"]);
        python
            .register(&[every(" execute('INCR', 'second')", coroutine)])
            .unwrap();
        python.tick();
        assert_eq!(python.executed()[2..], ["INCR second"]);
        python.register(&[gear("f", spec("f", " pass"))]).unwrap();
        python.tick();
        assert_eq!(python.executed().len(), 3);
    }
}

static SHARED: PythonModule = PythonModule {
    name: "shared",
    source: "\n        import collections\n        # a comment\n        counts = collections.Counter()\n        text = '''two\n  lines'''\n\n        def count(name):\n            counts[name] += 1\n            return counts[name]\n    ",
    source_file: "src/shared.rs",
    source_line: 20,
    names: &["collections", "counts", "count", "text"],
    uses: &[],
    imports: &[],
};

fn sharing(
    name: &'static str,
    source: &'static str,
    on_registered: Option<&'static str>,
) -> &'static Gear {
    let kind = GearKind::Command {
        trigger: name,
        mode: Mode::Sync,
        in_order: false,
        hook: None,
    };
    gear(
        name,
        GearSpec {
            kind,
            ret: Codec::Str,
            module: Some(&SHARED),
            names: &["count", "text", "extra", "execute"],
            on_registered: on_registered.map(|source| OnRegistered {
                source,
                source_file: "src/gears.rs",
                source_line: 5,
                names: &["execute"],
            }),
            ..spec(name, source)
        },
    )
}

fn text(python: &mut Python, gear: &'static Gear, pickled: bool) -> String {
    let call = crate::Call::<String>::of(gear, |_| Ok(()), String::from_reply);
    python.call(&call, pickled).unwrap()
}

#[test]
fn shared_python_has_one_state_for_all_and_for_copies() {
    let first = sharing("first", " return str(count('x')) + text", None);
    let second = sharing(
        "second",
        " return str(count('x')) + extra",
        Some("\n global extra\n extra = '!'\n execute('PING')"),
    );
    for pickled in [false, has_cloudpickle()] {
        let mut python = Python::start();
        python.register(&[first, second]).unwrap();
        assert_eq!(text(&mut python, first, pickled), "1two\n  lines");
        assert_eq!(text(&mut python, second, pickled), "2!");
        assert_eq!(text(&mut python, first, pickled), "3two\n  lines");
        // A new registration has a new state.
        python.register(&[first]).unwrap();
        assert_eq!(text(&mut python, first, pickled), "1two\n  lines");
    }
}

#[test]
fn calls_are_counted_and_functions_described() {
    let body = "\n import sys\n f = sys._getframe().f_globals['described']\n return f.__qualname__ + ': ' + f.__doc__";
    let described = gear(
        "described",
        GearSpec {
            ret: Codec::Str,
            doc: " What it does.",
            path: "app::described",
            count_calls: true,
            ..spec("described", body)
        },
    );
    let mut python = Python::start();
    python.register(&[described]).unwrap();
    assert_eq!(
        text(&mut python, described, false),
        "app::described: What it does."
    );
    assert_eq!(
        python.executed(),
        ["HINCRBY redgrease:calls app::described 1"]
    );
}

#[test]
fn bodies_that_yield_are_lists() {
    let args: &[(&str, Codec)] = &[("n", Codec::Int)];
    for (coroutine, source) in [
        (false, "\n for i in range(n): yield i"),
        (true, "\n for i in range(n): yield i"),
    ] {
        let list = gear(
            "list",
            GearSpec {
                args,
                ret: Codec::List(&Codec::Int),
                coroutine,
                ..spec("list", source)
            },
        );
        let mut python = Python::start();
        python.register(&[list]).unwrap();
        let items: Vec<i64> = python.call(&call(list, &3), has_cloudpickle()).unwrap();
        assert_eq!(items, [0, 1, 2]);
    }
}

#[test]
fn the_last_argument_takes_the_rest() {
    const ARGS: &[(&str, Codec)] = &[("n", Codec::Int), ("rest", Codec::List(&Codec::Str))];
    let rest = gear(
        "rest",
        GearSpec {
            args: ARGS,
            ret: Codec::Str,
            rest: true,
            ..spec("rest", " return '%d %r' % (n, rest)")
        },
    );
    let mut python = Python::start();
    python.register(&[rest]).unwrap();
    let one = call_with::<String>(rest, |w| {
        w.str("5");
        Ok(())
    });
    assert_eq!(python.call(&one, false).unwrap(), "5 []");
    let more = crate::Call::<String>::of(
        rest,
        |args| {
            for word in ["5", "a", "\0b"] {
                args.arg().str(word);
            }
            Ok(())
        },
        String::from_reply,
    );
    assert_eq!(python.call(&more, false).unwrap(), r"5 ['a', '\x00b']");
}
