//! Rust types in Python: the values that are accepted and refused for them.

use super::python::{Python, call, gear, spec};
use crate::gear::GearSpec;
use crate::{Call, Codec, GearArg, GearReply};
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
        "result: None is not an integer: give a value, or make the type in Rust an `Option`"
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

/// Other clients may leave out the plus sign of an optional argument if it cannot be taken for a part of the value.
#[test]
fn an_optional_argument_without_its_plus_sign() {
    fn shown<T: GearArg>(p: &mut Python, word: &str) -> Result<String, String> {
        let args: &'static [(&str, Codec)] = Box::leak(Box::new([("value", T::CODEC)]));
        let shown = GearSpec {
            args,
            ret: Codec::Str,
            ..spec("shown", " return str(value)")
        };
        let gear = gear("shown", shown);
        p.register(&[gear]).unwrap();
        let call = Call::of(
            gear,
            |a| {
                a.arg().str(word);
                Ok(())
            },
            String::from_reply,
        );
        p.call(&call, false)
            .map_err(|e| e.as_gear().unwrap().message.clone())
    }
    let p = &mut Python::start();
    for word in ["1.5", "+1.5"] {
        assert_eq!(shown::<Option<f64>>(p, word).unwrap(), "1.5");
    }
    assert_eq!(shown::<Option<i64>>(p, "-7").unwrap(), "-7");
    assert_eq!(shown::<Option<i64>>(p, "").unwrap(), "None");
    assert_eq!(shown::<Option<bool>>(p, "1").unwrap(), "True");
    assert_eq!(shown::<Option<Vec<String>>>(p, "[\"+\"]").unwrap(), "['+']");
    assert_eq!(
        shown::<Option<std::time::Duration>>(p, "90").unwrap(),
        "0:01:30"
    );
    assert_eq!(
        shown::<Option<i64>>(p, "x").unwrap_err(),
        "argument `value`: str 'x' is not an integer"
    );
    assert_eq!(shown::<Option<String>>(p, "++x").unwrap(), "+x");
    for refused in [
        shown::<Option<String>>(p, "x"),
        shown::<Option<Vec<u8>>>(p, "x"),
    ] {
        assert!(refused.unwrap_err().contains("a plus sign in front"));
    }
}

/// Keys and members that are equal in Python cannot all arrive there.
#[test]
fn arguments_that_become_equal_are_refused() {
    let p = &mut Python::start();
    let nanos = std::time::Duration::from_nanos;
    let map = BTreeMap::from([(nanos(1), 1), (nanos(2), 2)]);
    let equal = "argument `value`: two keys are equal in Python: timedelta datetime.timedelta(0)";
    assert_eq!(refused(p, &map), equal);
    assert_eq!(refused(p, &vec![map]), equal);
    let set = BTreeSet::from([nanos(1), nanos(2)]);
    assert_eq!(
        refused(p, &set),
        "argument `value`: two members of the set are equal in Python: timedelta datetime.timedelta(0)"
    );
    let nested = BTreeMap::from([((nanos(1), 7), 1), ((nanos(2), 7), 2)]);
    assert!(refused(p, &nested).contains("two keys are equal"));
    let sets = BTreeMap::from([(set, 1)]);
    assert!(refused(p, &sets).contains("two members of the set are equal"));
    assert_eq!(
        shown(p, &BTreeMap::from([(nanos(1_000), 1), (nanos(2_000), 2)])),
        "{datetime.timedelta(microseconds=1): 1, datetime.timedelta(microseconds=2): 2}"
    );
    assert_eq!(
        shown(p, &BTreeMap::from([(true, 1), (false, 0)])),
        "{False: 0, True: 1}"
    );
}

/// The message of an argument that Python refuses.
fn refused<T: GearArg>(python: &mut Python, value: &T) -> String {
    let args: &'static [(&str, Codec)] = Box::leak(Box::new([("value", T::CODEC)]));
    let takes = gear(
        "takes",
        GearSpec {
            args,
            ..spec("takes", " pass")
        },
    );
    python.register(&[takes]).unwrap();
    let error = python
        .call(&call::<_, ()>(takes, value), false)
        .unwrap_err();
    error.as_gear().unwrap().message.clone()
}

/// JSON has fewer types than Python.
#[test]
fn values_without_a_form_in_json() {
    let p = &mut Python::start();
    let mut advice = |value: &str| {
        let body: &'static str = Box::leak(
            format!(" import datetime, uuid; return {{'x': [{value}]}}").into_boxed_str(),
        );
        let error = returned::<serde_json::Value>(p, body).unwrap_err();
        let message = error.as_gear().unwrap().message.clone();
        assert!(message.starts_with(
            "result: JSON, and so `Json` and `#[derive(GearValue)]`, has no form for "
        ));
        message.split_once("convert it to ").unwrap().1.to_owned()
    };
    assert_eq!(
        advice("datetime.timedelta(seconds=1)"),
        "a number, `.total_seconds()`, for a field of the type `f64`, or a dict with `secs` and `nanos` for `Duration`"
    );
    assert_eq!(advice("datetime.date(2024, 5, 31)"), "text, `.isoformat()`");
    assert_eq!(advice("uuid.uuid4()"), "text, `str(..)`");
    assert_eq!(
        advice("b'x'"),
        "text, `.decode()`, or a list of numbers, `list(..)`"
    );
    assert_eq!(advice("{1, 2}"), "a list, `list(..)`");
    assert_eq!(advice("map(str, [1])"), "a list, `list(..)`");
    assert_eq!(advice("object()"), "a dict, a list, text or a number");
}

#[test]
fn results_outside_of_their_rust_type_have_advice() {
    let p = &mut Python::start();
    let message = |error: crate::Error| error.to_string();
    let wide = message(returned::<i64>(p, " return 2 ** 70").unwrap_err());
    assert!(
        wide.ends_with("of the Rust type `i64`: choose a wider type, such as `i128`, or check the value in Python"),
        "{wide}"
    );
    let minus = message(returned::<Vec<u8>>(p, " return 7").unwrap_err());
    assert!(minus.contains("is not bytes"), "{minus}");
    let minus = message(returned::<Vec<u16>>(p, " return [-1]").unwrap_err());
    assert!(minus.contains("`u16`: choose a wider type"), "{minus}");
    let past = " import datetime; return datetime.timedelta(seconds=-1)";
    let past = message(returned::<std::time::Duration>(p, past).unwrap_err());
    assert!(
        past.contains("got -1, expected a value of the Rust type `Duration`: it has no sign, so return `max(.., timedelta(0))`"),
        "{past}"
    );
    let number = message(returned::<std::time::SystemTime>(p, " return 1700000000").unwrap_err());
    assert!(number.contains("makes one of a Unix time"), "{number}");
}
