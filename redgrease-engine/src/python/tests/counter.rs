//! Counting values.

use super::error_text;
use crate::python::Counter;
use crate::testing::{eval, repr, with_python};
use proptest::prelude::*;

fn counted(keys: &[&str]) -> Vec<String> {
    with_python(|py| {
        let mut counter = Counter::new(py);
        for key in keys {
            counter.add(&eval(py, key)).unwrap();
        }
        counter.into_records(py).unwrap().iter().map(repr).collect()
    })
}

#[test]
fn keys_come_in_the_order_of_their_first_occurrence() {
    let expected = ["{'key': 'b', 'value': 2}", "{'key': 'a', 'value': 1}"];
    assert_eq!(counted(&["'b'", "'a'", "'b'"]), expected);
}

#[test]
fn a_key_that_is_no_text_counts_as_its_repr() {
    let expected = ["{'key': '1', 'value': 3}", "{'key': '[2]', 'value': 1}"];
    assert_eq!(counted(&["1", "'1'", "[2]", "1"]), expected);
}

#[test]
fn no_values_have_no_records() {
    assert!(counted(&[]).is_empty());
}

#[test]
fn a_key_without_a_repr_is_an_error_and_counts_nothing() {
    with_python(|py| {
        let mut counter = Counter::new(py);
        let key = eval(py, "type('C', (), {'__repr__': lambda self: 1 / 0})()");
        let raised = counter.add(&key).unwrap_err();
        assert_eq!(
            error_text(py, &raised),
            "ZeroDivisionError: division by zero"
        );
        assert!(counter.into_records(py).unwrap().is_empty());
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_counter_counts_like_a_list(keys in proptest::collection::vec(0_u8..6, 0..40)) {
        let mut expected: Vec<(u8, usize)> = Vec::new();
        for key in &keys {
            match expected.iter_mut().find(|(known, _)| known == key) {
                Some((_, count)) => *count += 1,
                None => expected.push((*key, 1)),
            }
        }
        let expected: Vec<String> = expected
            .iter()
            .map(|(key, count)| format!("{{'key': '{key}', 'value': {count}}}"))
            .collect();
        let keys: Vec<String> = keys.iter().map(u8::to_string).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        prop_assert_eq!(counted(&keys), expected);
    }
}
