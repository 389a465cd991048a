//! Hooks: gears whose clients know a command, and nothing of gears.

use super::python::{Python, gear, has_cloudpickle, spec};
use crate::gear::{GearKind, GearSpec, Hook, Mode};
use crate::{Codec, GearResult};
use redis::Value;

/// A server on which a gear with this body and result replaces a command.
fn replaced<T: GearResult>(command: &'static str, body: &'static str) -> Python {
    let mut python = Python::start();
    let kind = GearKind::Command {
        trigger: "",
        mode: Mode::Sync,
        in_order: false,
        hook: Some(Hook {
            command,
            key_prefix: None,
        }),
    };
    let hook = GearSpec {
        kind,
        args: &[("key", Codec::Str), ("number", Codec::Opt(&Codec::Int))],
        ret: T::CODEC,
        ..spec("", body)
    };
    python.register(&[gear("replaced", hook)]).unwrap();
    python
}

fn bulk(text: &str) -> Value {
    Value::BulkString(text.into())
}

const BODY: &str = " return [None, key, [number]]";
type Nested = (Option<i64>, String, Vec<Option<i64>>);

#[test]
fn a_copy_of_a_hook_answers_the_same() {
    let mut python = replaced::<Nested>("LPOP", BODY);
    for pickled in [false, true] {
        if pickled && !has_cloudpickle() {
            continue;
        }
        let mut reply = |words: &[&str]| python.hooked(words, pickled).unwrap();
        let of = |last| Value::Array(vec![Value::Nil, bulk("\u{1}0"), Value::Array(vec![last])]);
        assert_eq!(reply(&["LPOP", "\u{1}0", "5"]), of(Value::Int(5)));
        assert_eq!(reply(&["LPOP", "\u{1}0"]), of(Value::Nil));
    }
}

/// RedisGears has no value that is written as nil.
#[test]
fn a_server_without_nil_answers_an_empty_list() {
    let mut python = replaced::<Nested>("LPOP", BODY);
    python.without_nil();
    let empty = || Value::Array(vec![]);
    let last = Value::Array(vec![Value::Int(5)]);
    assert_eq!(
        python.hooked(&["LPOP", "k", "5"], false).unwrap(),
        Value::Array(vec![empty(), bulk("k"), last])
    );
}

#[test]
fn commands_that_answer_ok_answer_a_status() {
    let reply = |mut python: Python, command| python.hooked(&[command, "k"], false).unwrap();
    let ok = " return 'OK'";
    assert_eq!(reply(replaced::<String>("set", ok), "set"), Value::Okay);
    assert_eq!(reply(replaced::<Vec<u8>>("SET", ok), "SET"), Value::Okay);
    assert_eq!(reply(replaced::<String>("GET", ok), "GET"), bulk("OK"));
    assert_eq!(reply(replaced::<()>("SET", " pass"), "SET"), Value::Okay);
    assert_eq!(reply(replaced::<()>("GET", " pass"), "GET"), Value::Nil);
    let none = replaced::<Option<String>>("SET", " pass");
    assert_eq!(reply(none, "SET"), Value::Nil);
    let none = replaced::<Result<(), String>>("SET", " pass");
    assert_eq!(reply(none, "SET"), Value::Okay);
    let refused = replaced::<Result<(), String>>("SET", " raise Err('NO it is\\nkept')");
    let error = reply(refused, "SET").extract_error().unwrap_err();
    assert_eq!(
        (error.code(), error.detail()),
        (Some("NO"), Some("it is kept"))
    );
}
