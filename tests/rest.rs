//! A last argument that takes all remaining ones, optional arguments, and bodies that yield.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{started, untyped};
use redgrease::prelude::*;

#[gear_command]
fn join(separator: &str, #[rest] words: Vec<String>) -> String {
    python! { return separator.join(words) }
}

#[gear_command]
fn total(#[rest] numbers: &[i64]) -> i64 {
    python! { return sum(numbers) }
}

#[gear_command]
fn shape(first: i64, second: Option<i64>, #[rest] others: Vec<Vec<u8>>) -> String {
    python! { return repr((first, second, others)) }
}

#[gear_command]
fn greet(name: &str, greeting: Option<&str>) -> String {
    python! { return (greeting or "hello") + " " + name }
}

#[gear_command]
fn numbers(until: i64) -> Vec<i64> {
    python! {
        for n in range(until):
            yield n
        if until > 3:
            raise ValueError("too far")
    }
}

#[test]
fn clients_can_pass_any_number_of_arguments() {
    let (server, mut con) = started();
    assert_eq!(join(&mut con, "-", vec![]).unwrap(), "");
    let words = ["a", "-7", "\0x", ""].map(String::from).to_vec();
    assert_eq!(join(&mut con, "|", words).unwrap(), "a|-7|\0x|");
    assert_eq!(total(&mut con, &[1, -2, 1 << 40]).unwrap(), (1 << 40) - 1);
    assert_eq!(total(&mut con, &[]).unwrap(), 0);
    assert_eq!(
        shape(&mut con, 1, Some(2), vec![b"\xff".to_vec()]).unwrap(),
        r"(1, 2, [b'\xff'])"
    );
    assert_eq!(untyped(&server, &["RG.TRIGGER", "total", "1", "2"]), "3");
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "shape", "1"]),
        "(1, None, [])"
    );
    let said = untyped(&server, &["RG.TRIGGER", "total", "1", "x"]);
    assert!(
        said.contains("argument `numbers`, item 2: str 'x' is not an integer"),
        "{said}"
    );
    let said = untyped(&server, &["RG.TRIGGER", "shape"]);
    assert!(
        said.contains("takes 1 or more arguments (first, second, others), got 0"),
        "{said}"
    );
}

#[test]
fn optional_arguments_may_be_left_out() {
    let (server, mut con) = started();
    assert_eq!(greet(&mut con, "x", None).unwrap(), "hello x");
    assert_eq!(greet(&mut con, "x", Some("bye")).unwrap(), "bye x");
    let said = |words: &[&str]| untyped(&server, &[&["RG.TRIGGER"], words].concat());
    assert_eq!(said(&["greet", "x"]), "hello x");
    assert_eq!(said(&["greet", "x", "+bye"]), "bye x");
    let error = said(&["greet", "x", "bye"]);
    assert!(error.contains("a plus sign in front"), "{error}");
    // A number cannot be taken for `None`, nor for another number.
    for second in ["2", "+2"] {
        assert_eq!(said(&["shape", "1", second, "x"]), "(1, 2, [b'x'])");
    }
    assert_eq!(said(&["shape", "1", "", "x"]), "(1, None, [b'x'])");
}

#[test]
fn a_body_that_yields_gives_a_list() {
    let (_server, mut con) = started();
    assert_eq!(numbers(&mut con, 3).unwrap(), [0, 1, 2]);
    let error = numbers(&mut con, 4).unwrap_err();
    assert!(error.to_string().contains("ValueError: too far"), "{error}");
    assert!(error.as_gear().unwrap().frame().unwrap().source.is_some());
}
