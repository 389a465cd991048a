//! `Result<T, E>` as a result: what Python returns and raises, and what Rust receives.

use super::python::{Python, gear, has_cloudpickle, spec};
use super::types::returned;
use crate::gear::GearSpec;
use crate::{GearReply, GearResult, Json};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

type R = Result<i64, String>;
type Listed = Result<Vec<i64>, String>;
type Coded = Result<i64, Json<Refusal>>;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Refusal {
    SoldOut,
    OnlyLeft { left: u32 },
}

/// Whether the body returns the value.
fn is<T: GearReply + PartialEq + Debug>(p: &mut Python, body: &'static str, expected: &T) {
    assert_eq!(&returned::<T>(p, body).unwrap(), expected, "{body}");
}

#[test]
fn an_err_is_returned_or_raised() {
    let p = &mut Python::start();
    is::<R>(p, " return 3", &Ok(3));
    is::<R>(p, " return Err('sold out')", &Err("sold out".into()));
    is::<R>(p, " raise Err('sold out')", &Err("sold out".into()));
    is::<R>(
        p,
        "\n  def inner():\n    raise Err('deep')\n  try:\n    return inner()\n  finally:\n    pass\n",
        &Err("deep".into()),
    );
    is::<R>(
        p,
        "\n  try:\n    raise Err('a')\n  except Err as error:\n    return Err(error.value + str(error))\n",
        &Err("aa".into()),
    );
    is::<R>(p, " raise Err('a') from ValueError('b')", &Err("a".into()));
}

/// A task of a group refuses for the gear. Two refusals, or another exception beside one, are a failure.
#[test]
fn the_only_err_of_a_group_is_the_err() {
    let Some(p) = &mut super::failures::python_with_groups() else {
        return;
    };
    is::<R>(
        p,
        " raise ExceptionGroup('g', [Err('a')])",
        &Err("a".into()),
    );
    is::<R>(
        p,
        " raise ExceptionGroup('g', [ExceptionGroup('h', [Err('a')])])",
        &Err("a".into()),
    );
    for body in [
        " raise ExceptionGroup('g', [Err('a'), Err('b')])",
        " raise ExceptionGroup('g', [Err('a'), ValueError(1)])",
    ] {
        let error = returned::<R>(p, body).unwrap_err();
        assert!(error.to_string().contains("redgrease.Err: a"), "{error}");
    }
}

/// No value can be taken for another one: the tag is apart from the value.
#[test]
fn values_that_look_like_another_one() {
    let p = &mut Python::start();
    is::<Result<String, String>>(p, " return 'Err'", &Ok("Err".into()));
    is::<Result<String, String>>(p, " return Err('Ok')", &Err("Ok".into()));
    is::<Result<Vec<String>, String>>(
        p,
        " return ['Err', 'x']",
        &Ok(vec!["Err".into(), "x".into()]),
    );
    is::<Result<(String, String), i64>>(p, " return ('Err', '1')", &Ok(("Err".into(), "1".into())));
    let json = serde_json::json!({"Err": 1});
    is::<Result<serde_json::Value, i64>>(p, " return {'Err': 1}", &Ok(json.clone()));
    is::<Vec<Result<serde_json::Value, i64>>>(
        p,
        " return [{'Err': 1}, Err(1)]",
        &vec![Ok(json), Err(1)],
    );
    is::<Result<(), ()>>(p, " pass", &Ok(()));
    is::<Result<(), ()>>(p, " return Err()", &Err(()));
    is::<Result<Option<i64>, Option<i64>>>(p, " pass", &Ok(None));
    is::<Result<Option<i64>, Option<i64>>>(p, " return Err(None)", &Err(None));
    is::<Result<Option<i64>, Option<i64>>>(p, " return Err(5)", &Err(Some(5)));
    is::<Result<Vec<i64>, Vec<i64>>>(p, " return []", &Ok(vec![]));
    is::<Result<Vec<i64>, Vec<i64>>>(p, " raise Err([])", &Err(vec![]));
    is::<Result<Vec<u8>, i128>>(p, " return b'\\xff'", &Ok(vec![255]));
    is::<Result<Vec<u8>, i128>>(p, " return Err(1 << 90)", &Err(1 << 90));
}

#[test]
fn enums_as_refusals() {
    let p = &mut Python::start();
    is::<Coded>(p, " raise Err('SoldOut')", &Err(Json(Refusal::SoldOut)));
    is::<Coded>(
        p,
        " return Err({'OnlyLeft': {'left': 2}})",
        &Err(Json(Refusal::OnlyLeft { left: 2 })),
    );
    let error = returned::<Coded>(p, " raise Err('Other')").unwrap_err();
    assert!(
        error.to_string().contains("unknown variant `Other`"),
        "{error}"
    );
}

#[test]
fn an_err_without_a_value() {
    let p = &mut Python::start();
    for body in [" raise Err()", " raise Err", " return Err(None)"] {
        let error = returned::<Coded>(p, body).unwrap_err().to_string();
        let expected =
            "the `Err` of the gear: got None, expected a value of the Rust type `Refusal`";
        assert!(error.contains(expected), "{body}: {error}");
    }
    let error = returned::<Json<Refusal>>(p, " pass")
        .unwrap_err()
        .to_string();
    let expected = "got None, expected a value of the Rust type `Refusal`";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn inside_of_other_types() {
    let p = &mut Python::start();
    is::<Option<R>>(p, " pass", &None);
    is::<Option<R>>(p, " return 1", &Some(Ok(1)));
    is::<Option<R>>(p, " raise Err('x')", &Some(Err("x".into())));
    is::<Vec<R>>(
        p,
        "\n  yield 1\n  yield Err('x')\n",
        &vec![Ok(1), Err("x".into())],
    );
    is::<(R, Option<R>)>(p, " return Err('x'), None", &(Err("x".into()), None));
    is::<Box<R>>(p, " raise Err('x')", &Box::new(Err("x".into())));
    is::<Listed>(p, "\n  yield 1\n  yield 2\n", &Ok(vec![1, 2]));
    is::<Listed>(p, "\n  yield 1\n  raise Err('no')\n", &Err("no".into()));
    // An `Err` that is raised ends the function; the list has no place for it.
    let error = returned::<Vec<R>>(p, " raise Err('x')").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the result of this gear is not a `Result`"),
        "{error}"
    );
}

/// A function of which all calls but the first raise an `Err`.
const BOOM: &str = "\n  def boom(i):\n    if i: raise Err('x%d' % i)\n    return i\n";

/// Python computes some results only while they are converted.
#[test]
fn an_err_that_a_lazy_result_raises() {
    let p = &mut Python::start();
    let body = |end: &str| -> &'static str { Box::leak(format!("{BOOM}  {end}\n").into()) };
    let no = |i: i64| Err(format!("x{i}"));
    is::<Listed>(p, body("return (boom(i) for i in range(3))"), &no(1));
    is::<Listed>(p, body("return map(boom, [0, 2])"), &no(2));
    is::<Listed>(p, body("return filter(boom, [0, 3])"), &no(3));
    is::<Listed>(p, body("return map(boom, [0])"), &Ok(vec![0]));
    is::<Option<Listed>>(p, body("return map(boom, [1])"), &Some(no(1)));
    is::<(Listed, i64)>(p, body("return map(boom, [1]), 7"), &(no(1), 7));
    is::<Result<BTreeSet<i64>, String>>(p, body("return map(boom, [1])"), &Err("x1".into()));
    is::<Result<Vec<Vec<i64>>, String>>(
        p,
        body("return [map(boom, [0]), map(boom, [1])]"),
        &Err("x1".into()),
    );
    is::<Result<BTreeMap<i64, Vec<i64>>, String>>(
        p,
        body("return {1: map(boom, [1])}"),
        &Err("x1".into()),
    );
    let view = "\n  class View(dict):\n    def items(self): raise Err('view')\n  return View()\n";
    is::<Result<BTreeMap<i64, i64>, String>>(p, view, &Err("view".into()));
    is::<Listed>(
        p,
        "\n  def gen():\n    yield 1\n    raise Err('gen')\n  return gen()\n",
        &Err("gen".into()),
    );

    // An `Err` has one value, and another exception stays one, with its own place.
    let mut error = |end| {
        let error = returned::<Result<Vec<i64>, Vec<i64>>>(p, body(end)).unwrap_err();
        error.as_gear().unwrap().clone()
    };
    assert_eq!(
        error("return Err(map(boom, [1]))").message,
        "result: the value of `Err`: it raised another `Err` when it was converted: make a list of it first"
    );
    let other = error("return (1 + 'x' for i in range(3))");
    assert_eq!(other.exception, "TypeError");
    assert!(other.message.starts_with("unsupported operand"), "{other}");
    let other = error("return (1 // i for i in range(3))");
    assert_eq!(other.exception, "ZeroDivisionError");
}

#[test]
fn an_err_with_several_values() {
    let p = &mut Python::start();
    let error = returned::<Result<i64, String>>(p, " raise Err('a', 'b')").unwrap_err();
    let error = error.as_gear().unwrap();
    assert_eq!(
        error.message,
        "`Err` takes one value, not 2: write `Err(('a', 'b'))`, with a tuple as the other type of the `Result`"
    );
    assert!(!error.frames.is_empty());
    is::<Result<i64, (String, i64)>>(p, " raise Err(('a', 1))", &Err(("a".into(), 1)));
}

#[test]
fn mistakes_have_messages() {
    let p = &mut Python::start();
    let mut message = |body| {
        let error = returned::<Result<i64, String>>(p, body).unwrap_err();
        error.as_gear().unwrap().message.clone()
    };
    assert_eq!(message(" return 'x'"), "result: str 'x' is not an integer");
    assert_eq!(
        message(" return Err(5)"),
        "result: the value of `Err`: int 5 is not text"
    );
    assert_eq!(
        message(" raise Err()"),
        "result: the value of `Err`: None is not text: give a value, or make the type in Rust an `Option`"
    );
    assert_eq!(message(" raise LookupError('x')"), "x");
    assert_eq!(
        message(" raise Err(Err('x'))"),
        "result: the value of `Err` is an `Err` itself: write one `Err(..)`"
    );
    // The class in place of a value.
    assert!(message(" return Err").contains("is not an integer"));

    // A gear without a `Result`, and an item of one with a `Result`.
    let of_err = |what| {
        format!(
            "result: an `Err` is not {what}: make it the whole result of a gear with `-> Result<T, E>`, or raise another exception"
        )
    };
    let err = " return Err('x')";
    assert_eq!(refused::<i64>(p, err), of_err("an integer"));
    assert_eq!(refused::<()>(p, err), of_err("None"));
    assert_eq!(refused::<Vec<i64>>(p, err), of_err("a list"));
    assert_eq!(
        refused::<serde_json::Value>(p, " return {'x': [Err('x')]}"),
        of_err("a value of JSON")
    );
    assert_eq!(
        refused::<Listed>(p, " return [1, Err('x')]"),
        of_err("an integer")
    );

    let plain = gear(
        "plain",
        GearSpec {
            ret: <i64 as GearResult>::CODEC,
            names: &["Err"],
            ..spec("plain", " raise Err('sold out')")
        },
    );
    p.register(&[plain]).unwrap();
    let call = crate::Call::of(plain, |_| Ok(()), <i64 as GearReply>::from_reply);
    let error = p.call(&call, false).unwrap_err();
    let error = error.as_gear().unwrap();
    assert_eq!(error.exception, "redgrease.Err");
    assert_eq!(
        error.message,
        "sold out\nthe result of this gear is not a `Result`: write `-> Result<T, E>`, or raise another exception"
    );
}

#[test]
fn coroutines_and_copies() {
    let wait = gear(
        "wait",
        GearSpec {
            ret: <Result<i64, String> as GearResult>::CODEC,
            coroutine: true,
            ..spec(
                "wait",
                "\n  import asyncio\n  await asyncio.sleep(0)\n  raise Err('late')\n",
            )
        },
    );
    for waits_for_coroutines in [true, false] {
        let mut python = Python::start();
        python.waits_for_coroutines = waits_for_coroutines;
        python.register(&[wait]).unwrap();
        let call = || {
            crate::Call::of(
                wait,
                |_| Ok(()),
                <Result<i64, String> as GearReply>::from_reply,
            )
        };
        assert_eq!(python.call(&call(), false).unwrap(), Err("late".to_owned()));
        if has_cloudpickle() {
            assert_eq!(python.call(&call(), true).unwrap(), Err("late".to_owned()));
        }
    }
}

/// The message of a gear with the result `T` and this body.
fn refused<T: GearReply + Debug>(p: &mut Python, body: &'static str) -> String {
    let refused = gear(
        "refused",
        GearSpec {
            ret: T::CODEC,
            names: &["Err"],
            ..spec("refused", body)
        },
    );
    p.register(&[refused]).unwrap();
    let call = crate::Call::of(refused, |_| Ok(()), T::from_reply);
    let error = p.call(&call, false).unwrap_err();
    error.as_gear().unwrap().message.clone()
}
