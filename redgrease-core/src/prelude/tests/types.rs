//! Rust types in Python: the values that are accepted and refused for them.

use super::python::{Python, call, gear, spec};
use crate::gear::GearSpec;
use crate::{Codec, GearArg, GearReply};
use std::collections::{BTreeMap, BTreeSet};

/// The `repr` of an argument in Python.
pub(super) fn shown<T: GearArg>(python: &mut Python, value: &T) -> String {
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
fn arguments_have_the_python_type_of_their_rust_type() {
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

/// The result of a body, converted to a type.
pub(super) fn returned<R: GearReply>(python: &mut Python, body: &'static str) -> crate::Result<R> {
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
