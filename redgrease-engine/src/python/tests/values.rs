//! Python values from bytes and numbers, and back.

use super::error_text;
use crate::python::{
    KeptWord, List, from_bytes, group_record, integer, is_iterator, is_true, list, list_after,
    list_of, next_item, none, text_bytes, text_key, text_of,
};
use crate::testing::{eval, repr, run, with_python};
use proptest::prelude::*;
use pyo3::prelude::*;

#[test]
fn utf8_is_a_text_and_other_bytes_are_a_bytearray() {
    with_python(|py| {
        assert_eq!(repr(&from_bytes(py, b"text").unwrap()), "'text'");
        assert_eq!(repr(&from_bytes(py, b"").unwrap()), "''");
        assert_eq!(repr(&from_bytes(py, b"a\0b").unwrap()), "'a\\x00b'");
        assert_eq!(
            repr(&from_bytes(py, "\u{e4}\u{1f600}".as_bytes()).unwrap()),
            "'\u{e4}\u{1f600}'"
        );
        assert_eq!(
            repr(&from_bytes(py, b"a\xff").unwrap()),
            "bytearray(b'a\\xff')"
        );
        // A lone surrogate is not UTF-8.
        assert_eq!(
            repr(&from_bytes(py, b"\xed\xa0\x80").unwrap()),
            "bytearray(b'\\xed\\xa0\\x80')"
        );
        assert!(PyErr::take(py).is_none());
    });
}

#[test]
fn a_list_of_words_has_each_word() {
    let words = [&b"get"[..], b"", b"\xfe"];
    with_python(|py| {
        let made = list_of(py, words.into_iter()).unwrap();
        assert_eq!(repr(&made), "['get', '', bytearray(b'\\xfe')]");
        let empty: [&[u8]; 0] = [];
        assert_eq!(repr(&list_of(py, empty.into_iter()).unwrap()), "[]");
    });
}

#[test]
fn a_list_may_begin_with_a_value() {
    with_python(|py| {
        let rest = [&b"a"[..], b"b"];
        assert_eq!(
            repr(&list_after(py, none(py), rest.into_iter()).unwrap()),
            "[None, 'a', 'b']"
        );
        let empty: [&[u8]; 0] = [];
        assert_eq!(
            repr(&list_after(py, none(py), empty.into_iter()).unwrap()),
            "[None]"
        );
    });
}

#[test]
fn a_kept_word_is_made_once() {
    static WORD: KeptWord = KeptWord::new();
    with_python(|py| {
        let first = WORD
            .get(py, b"a word that Python does not keep by itself")
            .unwrap();
        assert!(
            first.is(WORD
                .get(py, b"a word that Python does not keep by itself")
                .unwrap())
        );
    });
}

/// A gear could change a bytearray that it shares with the next record.
#[test]
fn a_kept_word_that_is_not_utf8_is_made_anew() {
    static WORD: KeptWord = KeptWord::new();
    with_python(|py| {
        let first = WORD.get(py, b"\xff").unwrap();
        let second = WORD.get(py, b"\xff").unwrap();
        assert!(!first.is(&second));
        assert!(first.eq(&second).unwrap());
    });
}

#[test]
fn the_text_of_a_text_is_the_same_object() {
    with_python(|py| {
        let text = eval(py, "'a' * 100");
        assert!(text_of(&text).unwrap().is(&text));
        assert!(text_key(&text).unwrap().is(&text));
    });
}

#[test]
fn text_of_is_str_and_text_key_is_repr() {
    with_python(|py| {
        let value = eval(
            py,
            "type('C', (), {'__str__': lambda s: 'str', '__repr__': lambda s: 'repr'})()",
        );
        assert_eq!(repr(&text_of(&value).unwrap()), "'str'");
        assert_eq!(repr(&text_key(&value).unwrap()), "'repr'");
        assert_eq!(repr(&text_key(&eval(py, "b'x'")).unwrap()), "\"b'x'\"");
    });
}

#[test]
fn the_bytes_of_a_value_that_is_no_text_are_an_error() {
    with_python(|py| {
        assert_eq!(
            text_bytes(&eval(py, "'\u{e4}'")).unwrap(),
            "\u{e4}".as_bytes()
        );
        let raised = text_bytes(&eval(py, "5")).unwrap_err();
        assert!(error_text(py, &raised).starts_with("TypeError: "));
        let raised = text_bytes(&eval(py, "'\\ud800'")).unwrap_err();
        assert!(error_text(py, &raised).starts_with("UnicodeEncodeError: "));
    });
}

#[test]
fn a_group_is_a_record_of_key_and_value() {
    with_python(|py| {
        let record = group_record(&eval(py, "'k'"), &eval(py, "[1]")).unwrap();
        assert_eq!(repr(&record), "{'key': 'k', 'value': [1]}");
    });
}

#[test]
fn the_truth_of_a_value_is_that_of_python() {
    with_python(|py| {
        assert!(is_true(&eval(py, "[0]")).unwrap());
        assert!(!is_true(&eval(py, "[]")).unwrap());
        assert!(is_true(&eval(py, "type('C', (), {'__bool__': lambda s: 1 / 0})()")).is_err());
    });
}

#[test]
fn only_a_list_is_taken_apart() {
    with_python(|py| {
        for expression in ["(1,)", "'ab'", "{1: 2}", "None", "range(3)"] {
            assert!(List::new(&eval(py, expression)).is_none(), "{expression}");
        }
        assert_eq!(List::new(&eval(py, "[1, 2]")).unwrap().len(), 2);
    });
}

#[test]
fn an_element_that_was_removed_is_not_there() {
    with_python(|py| {
        let object = eval(py, "[1, 2]");
        let elements = List::new(&object).unwrap();
        assert_eq!(repr(&elements.get(1).unwrap()), "2");
        object.call_method0("pop").unwrap();
        assert!(elements.get(1).is_none());
        let kept = elements.unbind();
        assert_eq!(repr(&kept.get(py, 0).unwrap()), "1");
        object.call_method0("clear").unwrap();
        assert!(kept.get(py, 0).is_none());
        assert!(PyErr::take(py).is_none());
    });
}

#[test]
fn values_make_a_list() {
    with_python(|py| {
        let made = list(py, vec![integer(py, 1), none(py)]).unwrap();
        assert_eq!(repr(&made), "[1, None]");
    });
}

#[test]
fn iterators_are_told_from_other_values() {
    with_python(|py| {
        for expression in [
            "(x for x in [1])",
            "iter([1])",
            "map(str, [1])",
            "reversed([1])",
        ] {
            assert!(is_iterator(&eval(py, expression)), "{expression}");
        }
        for expression in ["[1]", "range(1)", "'1'", "{}", "5", "None"] {
            assert!(!is_iterator(&eval(py, expression)), "{expression}");
        }
    });
}

#[test]
fn the_items_of_a_generator_end_and_its_error_is_an_item() {
    with_python(|py| {
        let source = "def f():\n    yield 1\n    1 / 0\n    yield 2\ng = f()";
        let generator = run(py, source, "g");
        assert_eq!(repr(&next_item(&generator).unwrap().unwrap()), "1");
        assert!(next_item(&generator).unwrap().is_err());
        assert!(next_item(&generator).is_none());
        assert!(next_item(&eval(py, "5")).unwrap().is_err());
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
        let back = with_python(|py| {
            let value = from_bytes(py, &bytes).unwrap();
            text_bytes(&value).or_else(|_| value.extract::<Vec<u8>>()).unwrap()
        });
        prop_assert_eq!(back, bytes);
    }

    #[test]
    fn a_text_comes_back_as_a_text(text in any::<String>()) {
        let back = with_python(|py| text_bytes(&from_bytes(py, text.as_bytes()).unwrap()).unwrap());
        prop_assert_eq!(back, text.as_bytes());
    }

    #[test]
    fn integers_come_back(number in any::<i64>()) {
        let back = with_python(|py| integer(py, number).extract::<i64>().unwrap());
        prop_assert_eq!(back, number);
    }
}
