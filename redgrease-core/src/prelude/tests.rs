//! The prelude against a real Python: what Rust encodes Python decodes, and the other way round.

use super::python::{Python, call, call_with, gear, pythons, spec};
use crate::registry::{Gear, GearSpec, SourceForm};
use crate::{Codec, GearArg, GearReply, GearResult, Json};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Debug;

/// A gear that returns its argument.
fn echo<T: GearArg + GearResult>() -> &'static Gear {
    let args: &'static [(&str, Codec)] = Box::leak(Box::new([("value", <T as GearArg>::CODEC)]));
    gear(
        "echo",
        GearSpec {
            args,
            ret: <T as GearResult>::CODEC,
            ..spec("echo", " return value")
        },
    )
}

/// Sends values of a type through Python and expects them back.
fn round_trip<T, S>(values: S)
where
    T: GearArg + GearResult + Debug,
    S: Strategy<Value = T>,
{
    let echo = echo::<T>();
    let python = RefCell::new(Python::start());
    python.borrow_mut().register(&[echo]).unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&values, |value| {
            let back: T = python
                .borrow_mut()
                .call(&call(echo, &value), false)
                .map_err(|e| TestCaseError::fail(e.to_string()))?;
            // Debug tells NaN from a number and -0.0 from 0.0, which `==` does not.
            prop_assert_eq!(format!("{value:?}"), format!("{back:?}"));
            Ok(())
        })
        .unwrap();
}

macro_rules! round_trips {
    ($($name:ident: $type:ty = $values:expr;)*) => {$(
        #[test]
        fn $name() {
            round_trip::<$type, _>($values);
        }
    )*};
}

/// Text with what is special on the way.
fn texts() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            any::<char>(),
            Just('\0'),
            Just('\u{1}'),
            Just('0'),
            Just('1'),
            Just('-'),
            Just('+'),
            Just('"'),
            Just('\n'),
            Just('😀')
        ],
        0..12,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![any::<u8>(), 0..2u8, Just(b'0')], 0..20)
}

fn floats() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        proptest::num::f64::ANY.prop_map(|f| if f.is_nan() { f64::NAN } else { f }),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(-0.0),
        Just(5e-324),
        Just(f64::MAX)
    ]
}

round_trips! {
    text: String = texts();
    one_character: char = any::<char>();
    byte_strings: Vec<u8> = bytes();
    byte_array: [u8; 4] = any::<[u8; 4]>();
    small_int: i8 = any::<i8>();
    byte_as_int: u8 = any::<u8>();
    int: i64 = any::<i64>();
    unsigned: u64 = any::<u64>();
    huge: i128 = any::<i128>();
    huge_unsigned: u128 = any::<u128>();
    float: f64 = floats();
    short_float: f32 = proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL | proptest::num::f32::ZERO;
    boolean: bool = any::<bool>();
    optional_text: Option<String> = proptest::option::of(texts());
    optional_int: Option<i128> = proptest::option::of(any::<i128>());
    optional_bytes: Option<Vec<u8>> = proptest::option::of(bytes());
    list_of_texts: Vec<String> = proptest::collection::vec(texts(), 0..5);
    list_of_bytes: Vec<Vec<u8>> = proptest::collection::vec(bytes(), 0..5);
    list_of_floats: Vec<f64> = proptest::collection::vec(floats(), 0..5);
    list_of_options: Vec<Option<i64>> = proptest::collection::vec(any::<Option<i64>>(), 0..5);
    nested_lists: Vec<Vec<bool>> = proptest::collection::vec(any::<Vec<bool>>(), 0..4);
    array: [u16; 3] = any::<[u16; 3]>();
    sets: BTreeSet<i64> = any::<BTreeSet<i64>>();
    sets_of_lists: BTreeSet<Vec<i64>> = proptest::collection::btree_set(any::<Vec<i64>>(), 0..4);
    map: BTreeMap<String, i64> = proptest::collection::btree_map(texts(), any::<i64>(), 0..5);
    map_with_int_keys: BTreeMap<i64, Vec<u8>> = proptest::collection::btree_map(any::<i64>(), bytes(), 0..5);
    map_with_tuple_keys: BTreeMap<(i8, Vec<u8>), Option<bool>> = any::<BTreeMap<(i8, Vec<u8>), Option<bool>>>();
    tuple: (i64, String, Option<f64>) = (any::<i64>(), texts(), proptest::option::of(floats()));
    tuple_in_list: Vec<(u8, Vec<u8>)> = any::<Vec<(u8, Vec<u8>)>>();
    boxed: Box<Option<i64>> = any::<Option<i64>>().prop_map(Box::new);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Named {
        name: String,
        inner: Box<Option<Shape>>,
    },
}

#[test]
fn json_of_any_serde_type() {
    let shape = Shape::Named {
        name: "😀\u{0}\u{1}\"".into(),
        inner: Box::new(Some(Shape::Named {
            name: String::new(),
            inner: Box::new(None),
        })),
    };
    let echo = echo::<Json<Vec<Shape>>>();
    let mut python = Python::start();
    python.register(&[echo]).unwrap();
    let sent = Json(vec![shape, Shape::Point, Shape::Circle(-1.5)]);
    let back: Json<Vec<Shape>> = python.call(&call(echo, &sent), false).unwrap();
    assert_eq!(sent, back);
}

#[test]
fn hash_maps_and_sets_come_back() {
    let mut python = Python::start();
    let map = HashMap::from([(Some(1_i64 << 40), "x".to_owned()), (None, String::new())]);
    let echo_map = echo::<HashMap<Option<i64>, String>>();
    python.register(&[echo_map]).unwrap();
    assert_eq!(
        python
            .call::<HashMap<_, _>>(&call(echo_map, &map), false)
            .unwrap(),
        map
    );

    let set: HashSet<(u8, char)> = HashSet::from([(1, 'a'), (2, '\0')]);
    let echo_set = echo::<HashSet<(u8, char)>>();
    python.register(&[echo_set]).unwrap();
    assert_eq!(
        python
            .call::<HashSet<_>>(&call(echo_set, &set), false)
            .unwrap(),
        set
    );
}

/// What a value is in Python: `repr` of the argument.
fn shown<T: GearArg>(python: &mut Python, value: &T) -> String {
    let args: &'static [(&str, Codec)] = Box::leak(Box::new([("value", T::CODEC)]));
    let shown = gear(
        "shown",
        GearSpec {
            args,
            ret: Codec::Str,
            ..spec("shown", " return repr(value)")
        },
    );
    python.register(&[shown]).unwrap();
    python
        .call(&call::<_, String>(shown, value), false)
        .unwrap()
}

#[test]
fn python_sees_what_the_types_say() {
    let mut python = Python::start();
    let is = |value: String, python: &str| assert_eq!(value, python);
    let p = &mut python;
    is(shown(p, &-7), "-7");
    is(shown(p, &(1_i128 << 80)), "1208925819614629174706176");
    is(shown(p, &"-oops"), "'-oops'");
    is(shown(p, &"1"), "'1'");
    is(shown(p, &b"\xff\x00\x01".as_slice()), r"b'\xff\x00\x01'");
    is(shown(p, &b"text"), "b'text'");
    is(shown(p, &None::<String>), "None");
    is(shown(p, &Some("")), "''");
    is(shown(p, &Some("+x")), "'+x'");
    is(shown(p, &true), "True");
    is(shown(p, &1.0), "1.0");
    is(shown(p, &0.1_f32), "0.10000000149011612");
    is(shown(p, &f64::NAN), "nan");
    is(shown(p, &vec![f64::NEG_INFINITY]), "[-inf]");
    is(shown(p, &(1, "x", [true])), "(1, 'x', [True])");
    is(
        shown(p, &BTreeMap::from([(1, b"\xfe".to_vec())])),
        r"{1: b'\xfe'}",
    );
    is(
        shown(p, &BTreeMap::from([((1, 'x'), ())].map(|(k, ())| (k, 2)))),
        "{(1, 'x'): 2}",
    );
    is(shown(p, &BTreeSet::from([1])), "{1}");
    is(
        shown(p, &serde_json::json!({"a": [1, 2.5, null, "😀"]})),
        "{'a': [1, 2.5, None, '😀']}",
    );
}

/// Returns what a body returns, as a type.
fn returned<R: GearReply>(python: &mut Python, body: &'static str) -> crate::Result<R> {
    let gear = gear(
        "returned",
        GearSpec {
            ret: R::CODEC,
            ..spec("returned", body)
        },
    );
    python.register(&[gear])?;
    python.call(&crate::Call::of(gear, |_| Ok(()), R::from_reply), false)
}

#[test]
fn results_that_lose_nothing_are_accepted() {
    let p = &mut Python::start();
    assert_eq!(returned::<Vec<u8>>(p, " return 'text'").unwrap(), b"text");
    assert_eq!(
        returned::<Vec<u8>>(p, " return bytearray(b'\\xff')").unwrap(),
        b"\xff"
    );
    assert_eq!(returned::<String>(p, " return b'text'").unwrap(), "text");
    assert_eq!(returned::<String>(p, " return '-7'").unwrap(), "-7");
    assert_eq!(returned::<i64>(p, " return True").unwrap(), 1);
    assert!(returned::<bool>(p, " return 1").unwrap());
    assert_eq!(
        returned::<f64>(p, " return 3").unwrap().to_bits(),
        3.0_f64.to_bits()
    );
    assert_eq!(
        returned::<Vec<i64>>(p, " return (x for x in range(3))").unwrap(),
        [0, 1, 2]
    );
    assert_eq!(
        returned::<(i64, String)>(p, " return [1, 'x']").unwrap(),
        (1, "x".into())
    );
    assert_eq!(returned::<Option<i64>>(p, " pass").unwrap(), None);
    returned::<()>(p, " pass").unwrap();
    assert_eq!(
        returned::<serde_json::Value>(p, " return {'n': 18446744073709551615, 't': (1, None)}")
            .unwrap(),
        serde_json::json!({"n": u64::MAX, "t": [1, null]})
    );
    assert_eq!(
        returned::<Vec<serde_json::Value>>(p, " return [None, 1]").unwrap(),
        [serde_json::Value::Null, 1.into()]
    );
}

#[test]
fn results_that_would_be_changed_are_refused() {
    let p = &mut Python::start();
    let message = |result: Result<String, crate::Error>| {
        let error = result.unwrap_err();
        error
            .as_gear()
            .unwrap_or_else(|| panic!("{error}"))
            .message
            .clone()
    };
    let text = |v: crate::Result<i64>| v.map(|v| v.to_string());
    assert_eq!(
        message(text(returned(p, " return '7'"))),
        "result: str '7' is not an integer"
    );
    assert_eq!(
        message(text(returned(p, " return 1.0"))),
        "result: float 1.0 is not an integer"
    );
    assert_eq!(
        message(text(returned(p, " pass"))),
        "result: None is not an integer"
    );
    assert_eq!(
        message(returned(p, " return b'\\xff'")),
        "result: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
    );
    assert!(message(returned(p, " return '\\ud800'")).contains("surrogates not allowed"));
    let debug = |v: crate::Result<serde_json::Value>| v.map(|v| v.to_string());
    assert!(message(debug(returned(p, " return {'x': [1 << 80]}"))).contains("more than 64 bits"));
    assert!(message(debug(returned(p, " return [float('nan')]"))).contains("not JSON compliant"));
    assert!(message(debug(returned(p, " return {'x': b'bytes'}"))).contains("bytes"));
    let unit = |v: crate::Result<()>| v.map(|()| String::new());
    assert_eq!(
        message(unit(returned(p, " return 5"))),
        "result: int 5 was returned, but the Rust function returns nothing"
    );
    let float = |v: crate::Result<f64>| v.map(|v| v.to_string());
    assert!(message(float(returned(p, " return (1 << 53) + 1"))).contains("without changing it"));
    let list = |v: crate::Result<Vec<i64>>| v.map(|v| format!("{v:?}"));
    assert_eq!(
        message(list(returned(p, " return 'abc'"))),
        "result: str 'abc' is not a list"
    );
    let pair = |v: crate::Result<(i64, i64)>| v.map(|v| format!("{v:?}"));
    assert!(message(pair(returned(p, " return (1, 2, 3)"))).contains("is not a tuple of 2"));
}

#[test]
fn arguments_of_other_clients_are_checked() {
    let args: &[(&str, Codec)] = &[
        ("n", Codec::Int),
        ("names", Codec::List(&Codec::Str)),
        ("note", Codec::Opt(&Codec::Str)),
    ];
    let body = " return '%r %r %r' % (n, names, note)";
    let gear = gear(
        "checked",
        GearSpec {
            args,
            ret: Codec::Str,
            ..spec("checked", body)
        },
    );
    let mut python = Python::start();
    python.register(&[gear]).unwrap();
    let mut call = |args: &[&str]| {
        let call = crate::Call::<String>::of(
            gear,
            |a| {
                for arg in args {
                    a.arg().str(arg);
                }
                Ok(())
            },
            String::from_reply,
        );
        python
            .call(&call, false)
            .map_err(|e| e.as_gear().unwrap().message.clone())
    };
    assert_eq!(call(&["5", r#"["a"]"#, "+x"]).unwrap(), "5 ['a'] 'x'");
    assert_eq!(call(&["5", "[]"]).unwrap(), "5 [] None");
    assert_eq!(call(&["5", "[]", ""]).unwrap(), "5 [] None");
    assert_eq!(
        call(&["five", "[]"]).unwrap_err(),
        "argument `n`: str 'five' is not an integer"
    );
    assert_eq!(
        call(&["5", "[1]"]).unwrap_err(),
        "argument `names`: int 1 is not text"
    );
    assert_eq!(
        call(&["5", r#"{"a": 1}"#]).unwrap_err(),
        "argument `names`: dict {'a': 1} is not a list"
    );
    assert!(
        call(&["5", "x"])
            .unwrap_err()
            .starts_with("argument `names`: Expecting value")
    );
    assert!(
        call(&["5", "[]", "x"])
            .unwrap_err()
            .contains("a plus sign in front of a value")
    );
    assert_eq!(
        call(&["5"]).unwrap_err(),
        "takes 2 to 3 arguments (n, names, note), got 1"
    );
    assert_eq!(
        call(&["5", "[]", "+x", "y"]).unwrap_err(),
        "takes 2 to 3 arguments (n, names, note), got 4"
    );
}

#[test]
fn exceptions_point_into_the_rust_file() {
    let body = "\n        d = {}\n        return d['a b']\n";
    let gear = gear(
        "lookup",
        GearSpec {
            ret: Codec::Int,
            ..spec("lookup", body)
        },
    );
    for program in pythons() {
        let mut python = Python::program(program.clone());
        python.register(&[gear]).unwrap();
        let error = python
            .call(
                &crate::Call::<i64>::of(gear, |_| Ok(()), i64::from_reply),
                false,
            )
            .unwrap_err();
        let raised = error.as_gear().unwrap();
        assert_eq!(
            (raised.exception.as_str(), raised.message.as_str()),
            ("KeyError", "'a b'")
        );
        let frame = raised.frame().unwrap();
        assert_eq!(
            (frame.file.as_str(), frame.line, frame.function.as_str()),
            ("src/gears.rs", 12, "lookup")
        );
        assert_eq!(frame.source.as_deref(), Some("        return d['a b']"));
        let shown = error.to_string();
        let plain = "gear `lookup`: KeyError: 'a b'\n  --> src/gears.rs:12 in lookup\n   |\n12 |         return d['a b']";
        match frame.columns {
            Some(columns) => {
                assert_eq!(columns, (15, 23), "{}", program.display());
                assert_eq!(shown, format!("{plain}\n   |                ^^^^^^^^"));
            }
            None => assert_eq!(shown, plain, "{}", program.display()),
        }
    }
}

#[test]
fn frames_of_libraries_are_kept_behind_those_of_the_gear() {
    let body = "\n import json\n return json.loads('{')\n";
    let gear = gear("parse", spec("parse", body));
    let mut python = Python::start();
    python.register(&[gear]).unwrap();
    let error = python
        .call(
            &crate::Call::<()>::of(gear, |_| Ok(()), <()>::from_reply),
            false,
        )
        .unwrap_err();
    let raised = error.as_gear().unwrap();
    assert_eq!(raised.exception, "json.decoder.JSONDecodeError");
    assert_eq!(raised.frame().unwrap().line, 12);
    assert!(raised.frames.len() > 1 && raised.frames.last().unwrap().file.ends_with("decoder.py"));
    assert!(error.to_string().contains("= raised in "), "{error}");
}

#[test]
fn a_script_the_server_cannot_compile_names_the_line() {
    let syntax = gear("broken", spec("broken", "\n    x = (1\n    return x +\n"));
    let newer = gear(
        "newer",
        GearSpec {
            python: (4, 0),
            ..spec("newer", " pass")
        },
    );
    let mut python = Python::start();
    let error = python.register(&[syntax]).unwrap_err();
    assert_eq!(error.as_gear().unwrap().exception, "SyntaxError");
    assert_eq!(error.as_gear().unwrap().frames[0].file, "src/gears.rs");
    let error = python.register(&[newer]).unwrap_err();
    assert!(
        error.to_string().contains("was checked for 4.0 or later"),
        "{error}"
    );
}

#[test]
fn modules_coroutines_and_names_of_the_runtime() {
    let module = gear(
        "whole",
        GearSpec {
            args: &[("n", Codec::Int)],
            ret: Codec::Int,
            form: SourceForm::Module,
            source_file: "gears/whole.py",
            source_line: 1,
            ..spec(
                "whole",
                "import math\n\ndef double(n):\n    return n * 2\n\ndef whole(n):\n    return double(n) + 1\n",
            )
        },
    );
    let coroutine = gear(
        "later",
        GearSpec {
            args: &[("n", Codec::Int)],
            ret: Codec::Int,
            coroutine: true,
            ..spec(
                "later",
                "\n  import asyncio\n  await asyncio.sleep(0)\n  return n\n",
            )
        },
    );
    let recursive = gear(
        "factorial",
        GearSpec {
            args: &[("n", Codec::Int)],
            ret: Codec::Int,
            ..spec("factorial", " return 1 if n < 2 else n * factorial(n - 1)")
        },
    );
    let builtin = gear(
        "len",
        GearSpec {
            args: &[("n", Codec::Str)],
            ret: Codec::Int,
            ..spec("len", " return len(n)")
        },
    );
    for program in pythons() {
        let mut python = Python::program(program);
        python
            .register(&[module, coroutine, recursive, builtin])
            .unwrap();
        assert_eq!(
            python.call(&call::<_, i64>(module, &20), false).unwrap(),
            41
        );
        assert_eq!(
            python.call(&call::<_, i64>(coroutine, &5), false).unwrap(),
            5
        );
        let big: u128 = python.call(&call(recursive, &30), false).unwrap();
        assert_eq!(big, 265_252_859_812_191_058_636_308_480_000_000);
        assert_eq!(
            python
                .call(&call::<_, i64>(builtin, &"four"), false)
                .unwrap(),
            4
        );
    }
}

#[test]
fn every_python_reads_and_writes_alike() {
    type All = (
        String,
        Vec<u8>,
        i128,
        f64,
        bool,
        Option<String>,
        Vec<i64>,
        BTreeMap<i64, Vec<u8>>,
        BTreeSet<String>,
    );
    let value: All = (
        "\0\u{1}-😀".into(),
        b"\xff\x00".to_vec(),
        1 << 80,
        f64::NEG_INFINITY,
        true,
        Some(String::new()),
        vec![-1],
        BTreeMap::from([(-7, vec![1])]),
        BTreeSet::from(["x".into()]),
    );
    let echo = echo::<All>();
    for program in pythons() {
        let mut python = Python::program(program);
        python.register(&[echo]).unwrap();
        assert_eq!(
            python.call::<All>(&call(echo, &value), false).unwrap(),
            value
        );
    }
}

#[test]
fn stubs_survive_pickling() {
    let has_cloudpickle = std::process::Command::new("python3")
        .args(["-c", "import cloudpickle"])
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_cloudpickle {
        eprintln!("skipped: Python has no cloudpickle");
        return;
    }
    let args: &[(&str, Codec)] = &[("names", Codec::Map(&Codec::Str, &Codec::Opt(&Codec::Json)))];
    let body = " import redgrease; log; cmd; return {len(n): n for n in names}[3]";
    let gear = gear(
        "pick",
        GearSpec {
            args,
            ret: Codec::Str,
            names: &["log", "cmd"],
            ..spec("pick", body)
        },
    );
    let mut python = Python::start();
    python.register(&[gear]).unwrap();
    let mut ask = |names: &str| {
        python.call::<String>(
            &call_with(gear, |w| {
                w.str(names);
                Ok(())
            }),
            true,
        )
    };
    assert_eq!(ask(r#"{"one": null, "three": 3}"#).unwrap(), "one");
    let error = ask("[]").unwrap_err();
    assert_eq!(
        error
            .as_gear()
            .unwrap()
            .frame()
            .unwrap()
            .source
            .as_deref()
            .map(str::trim),
        Some(format!("def pick(names):{body}").as_str())
    );
}
