//! Values pass through a server: Python receives the expected value, and an equal one comes back.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::started_anywhere;
use common::untyped;
use redgrease::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Defines gears that return their argument together with its `repr` in Python.
macro_rules! echo {
    ($($name:ident: $type:ty;)*) => {$(
        #[gear_command]
        fn $name(value: $type) -> ($type, String) {
            python!("return value, repr(value)")
        }
    )*};
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, GearValue)]
struct Person {
    name: String,
    age: Option<u8>,
    home: Home,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Home {
    Nowhere,
    Street { name: String, number: i64 },
}

echo! {
    text: String;
    character: char;
    bytes: Vec<u8>;
    block: [u8; 3];
    int: i64;
    big: i128;
    unsigned: u128;
    float: f64;
    short_float: f32;
    flag: bool;
    maybe: Option<String>;
    maybe_int: Option<i64>;
    list: Vec<Option<Vec<u8>>>;
    members: BTreeSet<String>;
    numbered: BTreeMap<i64, Vec<u8>>;
    keyed: HashMap<(i64, String), f64>;
    pair: (i64, (String, bool));
    person: Person;
    people: Vec<Person>;
    json: serde_json::Value;
    wrapped: Json<Vec<Home>>;
    boxed: Box<[i64]>;
}

/// Defines gears that return their argument alone. Some types have special rules at the top level of
/// an argument or a result.
macro_rules! bare {
    ($($name:ident: $type:ty;)*) => {$(
        #[gear_command]
        fn $name(value: $type) -> $type {
            python!("return value")
        }
    )*};
}

bare! {
    bare_text: String;
    bare_bytes: Vec<u8>;
    bare_int: i64;
    bare_big: i128;
    bare_float: f64;
    bare_flag: bool;
    bare_maybe: Option<String>;
    bare_maybe_bytes: Option<Vec<u8>>;
    bare_numbered: BTreeMap<i64, String>;
    bare_person: Person;
}

#[gear_command]
fn borrowed(
    text: &str,
    raw: &[u8],
    words: &[&str],
    cow: Cow<'_, str>,
    note: Option<&str>,
) -> Vec<String> {
    python! {
        return [repr(x) for x in (text, raw, words, cow, note)]
    }
}

#[gear_command]
fn nothing() {
    python! {
        return None
    }
}

#[test]
fn values_have_the_expected_types_on_both_sides() {
    let (_server, mut con) = started_anywhere();
    let con = &mut con;

    /// Checks the value in Python and the returned value.
    macro_rules! is {
        ($gear:ident($value:expr) in python $shown:expr) => {{
            let value = $value;
            let (back, shown) = $gear(con, value.clone()).unwrap();
            // `Debug` distinguishes the zeros and shows NaN, unlike `==`.
            assert_eq!(format!("{back:?}"), format!("{value:?}"));
            assert_eq!(shown, $shown);
        }};
    }

    is!(int(-7) in python "-7");
    is!(int(i64::MIN) in python "-9223372036854775808");
    is!(big(1_i128 << 80) in python "1208925819614629174706176");
    is!(big(i128::MIN) in python "-170141183460469231731687303715884105728");
    is!(unsigned(u128::MAX) in python "340282366920938463463374607431768211455");
    is!(text("-oops".to_owned()) in python "'-oops'");
    is!(text("+x".to_owned()) in python "'+x'");
    is!(text(String::new()) in python "''");
    is!(text("a\0b\u{1}0".to_owned()) in python r"'a\x00b\x010'");
    is!(text("naïve 😀\r\n".to_owned()) in python r"'naïve 😀\r\n'");
    is!(character('😀') in python "'😀'");
    is!(bytes(b"\xff\x00\x01".to_vec()) in python r"b'\xff\x00\x01'");
    is!(bytes(b"text".to_vec()) in python "b'text'");
    is!(block(*b"\x00\x01\x02") in python r"b'\x00\x01\x02'");
    is!(float(f64::NAN) in python "nan");
    is!(float(f64::NEG_INFINITY) in python "-inf");
    is!(float(-0.0) in python "-0.0");
    is!(float(1e300) in python "1e+300");
    is!(float(0.1) in python "0.1");
    is!(short_float(0.1) in python "0.10000000149011612");
    is!(flag(true) in python "True");
    is!(maybe(None) in python "None");
    is!(maybe(Some(String::new())) in python "''");
    is!(maybe(Some("+".to_owned())) in python "'+'");
    is!(maybe_int(Some(-1)) in python "-1");
    is!(list(vec![None, Some(vec![]), Some(vec![255, 0])]) in python r"[None, b'', b'\xff\x00']");
    is!(members(BTreeSet::from(["only".to_owned()])) in python "{'only'}");
    is!(numbered(BTreeMap::from([(-1, vec![0]), (2, vec![])])) in python r"{-1: b'\x00', 2: b''}");
    is!(keyed(HashMap::from([((1, "a".to_owned()), f64::INFINITY)])) in python "{(1, 'a'): inf}");
    is!(pair((1, ("x".to_owned(), false))) in python "(1, ('x', False))");
    is!(boxed(Box::<[i64]>::from([1, 2])) in python "[1, 2]");

    let resident = Person {
        name: "Zoë \0".to_owned(),
        age: None,
        home: Home::Street {
            name: "Rue \"X\"".to_owned(),
            number: i64::MAX,
        },
    };
    is!(person(resident.clone()) in python
        r#"{'name': 'Zoë \x00', 'age': None, 'home': {'Street': {'name': 'Rue "X"', 'number': 9223372036854775807}}}"#);
    is!(people(vec![Person { age: Some(7), home: Home::Nowhere, ..resident }]) in python
        r"[{'name': 'Zoë \x00', 'age': 7, 'home': 'Nowhere'}]");
    is!(json(serde_json::json!({"a": [1, -2.5, null, true, "x"], "big": u64::MAX})) in python
        "{'a': [1, -2.5, None, True, 'x'], 'big': 18446744073709551615}");
    is!(wrapped(Json(vec![Home::Nowhere])) in python "['Nowhere']");
    nothing(con).unwrap();
    assert_eq!(
        borrowed(con, "-", b"\xff", &["a", "b"], Cow::Borrowed("c"), None).unwrap(),
        ["'-'", r"b'\xff'", "['a', 'b']", "'c'", "None"]
    );
}

#[test]
fn bare_values_survive_too() {
    let (_server, mut con) = started_anywhere();
    let con = &mut con;
    macro_rules! same {
        ($gear:ident: $($value:expr),*) => {$({
            let value = $value;
            assert_eq!(format!("{:?}", $gear(con, value.clone()).unwrap()), format!("{value:?}"));
        })*};
    }
    same!(bare_text: "-oops".to_owned(), "+x".to_owned(), "+".to_owned(), "-".to_owned(), String::new(), "😀".to_owned());
    same!(bare_text: "\0".to_owned(), "OK".to_owned(), "-ERR x\r\ny".to_owned(), "MOVED 1 x".to_owned());
    same!(bare_bytes: b"\xff\x00\x01".to_vec(), b"".to_vec(), b"-x".to_vec(), (0..=255).collect::<Vec<u8>>());
    same!(bare_int: -7, 0, i64::MAX, i64::MIN);
    same!(bare_big: 1_i128 << 80, -(1_i128 << 80), i128::from(i64::MAX) + 1, -1);
    same!(bare_float: f64::NAN, f64::INFINITY, -0.0, 1.5, f64::MIN_POSITIVE, f64::MAX);
    same!(bare_flag: true, false);
    same!(bare_maybe: None, Some(String::new()), Some("+x".to_owned()), Some("\0".to_owned()));
    same!(bare_maybe_bytes: None, Some(vec![]), Some(vec![0, 255]));
    same!(bare_numbered: BTreeMap::new(), BTreeMap::from([(-1, "x".to_owned())]));
    same!(bare_person: Person { name: String::new(), age: Some(1), home: Home::Nowhere });
}

#[test]
fn large_values_survive() {
    let (_server, mut con) = started_anywhere();
    let megabytes: Vec<u8> = (0..4_000_000_u32).map(|n| (n % 251) as u8).collect();
    assert_eq!(bare_bytes(&mut con, megabytes.clone()).unwrap(), megabytes);
    let (back, _) = bytes(&mut con, megabytes[..100_000].to_vec()).unwrap();
    assert_eq!(back, megabytes[..100_000]);
}

#[test]
fn values_that_would_change_are_refused_before_they_are_sent() {
    let (_server, mut con) = started_anywhere();
    let error = wrapped_float(&mut con, Json(f64::NAN)).unwrap_err();
    assert!(error.is_conversion(), "{error}");
    assert!(
        error
            .to_string()
            .contains("): argument `value`: JSON has no NaN"),
        "{error}"
    );
    assert!(
        wrapped_big(&mut con, Json(1 << 80))
            .unwrap_err()
            .is_conversion()
    );
}

#[gear_command]
fn wrapped_float(value: Json<f64>) -> Json<f64> {
    python!("return value")
}

#[gear_command]
fn wrapped_big(value: Json<i128>) -> Json<i128> {
    python!("return value")
}

#[test]
fn other_clients_need_no_codec() {
    let (server, _con) = started_anywhere();
    let ask = |args: &[&str]| untyped(&server, args);
    assert_eq!(ask(&["RG.TRIGGER", "bare_text", "plain"]), "plain");
    assert_eq!(ask(&["RG.TRIGGER", "bare_int", "-7"]), "-7");
    assert_eq!(ask(&["RG.TRIGGER", "bare_flag", "true"]), "1");
    assert_eq!(ask(&["RG.TRIGGER", "bare_maybe", "+x"]), "x");
    assert_eq!(ask(&["RG.TRIGGER", "bare_maybe"]), "");
    assert_eq!(
        ask(&[
            "RG.TRIGGER",
            "bare_person",
            r#"{"name":"x","age":null,"home":"Nowhere"}"#
        ]),
        r#"{"name":"x","age":null,"home":"Nowhere"}"#
    );
    let error = ask(&["RG.TRIGGER", "bare_int", "seven"]);
    assert!(
        error.contains("argument `value`: str 'seven' is not an integer"),
        "{error}"
    );
    let error = ask(&["RG.TRIGGER", "bare_int"]);
    assert!(error.contains("takes 1 argument (value), got 0"), "{error}");
}
