//! Readers that need no server, and the shape of records.

use super::records::{key_record, message_record};
use super::{Reading, keys, stream};
use crate::plan::{KeysSource, Message, Messages, Source, Words};
use crate::python::{Callback, Gil, from_bytes, none};
use crate::redis::KeyType;
use crate::testing::{eval, function, repr, run, with_python};
use proptest::prelude::*;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The `repr` of at most `limit` records, and the texts of errors.
fn read(py: Gil<'_>, reading: &mut Reading, source: &Source, limit: usize) -> Vec<String> {
    let mut records = Vec::new();
    while records.len() < limit
        && let Some(record) = reading.next(py, source)
    {
        records.push(match record {
            Ok(record) => repr(&record),
            Err(raised) => format!("error: {}", raised.value(py)),
        });
    }
    records
}

/// All records of a source, which gives no other record after its end.
fn all(source: &Source) -> Vec<String> {
    with_python(|py| {
        let mut reading = Reading::NotBegun;
        let records = read(py, &mut reading, source, 1000);
        assert!(matches!(reading, Reading::Ended), "{reading:?}");
        assert!(reading.next(py, source).is_none());
        records
    })
}

fn python(statements: &str) -> Source {
    with_python(|py| Source::Python(Callback::new(&run(py, statements, "f"))))
}

fn words(words: &[&[u8]]) -> Words {
    let mut all = Words::default();
    for word in words {
        all.push(word);
    }
    all
}

fn message(id: &str, fields: &[(&[u8], &[u8])]) -> Message {
    let fields = fields
        .iter()
        .map(|(field, value)| (field.to_vec(), value.to_vec()));
    Message {
        id: id.as_bytes().to_vec(),
        fields: fields.collect(),
    }
}

#[test]
fn a_source_of_nothing_has_no_records() {
    assert!(all(&Source::Nothing).is_empty());
}

#[test]
fn a_command_is_one_record_with_its_words() {
    let source = Source::Command(words(&[b"trigger", b"", b"\xff", b"x"]));
    assert_eq!(all(&source), ["['trigger', '', bytearray(b'\\xff'), 'x']"]);
    assert_eq!(all(&Source::Command(Words::default())), ["[]"]);
}

#[test]
fn a_generator_is_read_to_its_end() {
    let source = python("def f():\n    yield 1\n    yield None\n    yield [2]");
    assert_eq!(all(&source), ["1", "None", "[2]"]);
    assert_eq!(
        all(&source),
        ["1", "None", "[2]"],
        "each reading begins anew"
    );
}

#[test]
fn a_generator_that_fails_ends_with_an_error() {
    let source = python("def f():\n    yield 1\n    raise ValueError('no')\n    yield 2");
    assert_eq!(all(&source), ["1", "error: no"]);
}

#[test]
fn a_generator_without_items_has_no_records() {
    assert!(all(&python("def f():\n    return\n    yield")).is_empty());
}

#[test]
fn an_iterator_is_read_to_its_end() {
    let iterators = [
        "iter([1, 2])",
        "map(int, '12')",
        "(i for i in (1, 2))",
        "reversed((2, 1))",
        "__import__('itertools').islice(__import__('itertools').count(1), 2)",
    ];
    for expression in iterators {
        let source = with_python(|py| function(py, &format!("lambda: {expression}")));
        assert_eq!(all(&Source::Python(source)), ["1", "2"], "{expression}");
        let source = with_python(|py| function(py, &format!("lambda: {expression}")));
        assert_eq!(all(&Source::Repeated(source)), ["1", "2"], "{expression}");
    }
}

#[test]
fn a_function_that_returns_no_iterator_is_an_error_that_says_yield() {
    for (expression, kind) in [
        ("[1, 2]", "list"),
        ("(1, 2)", "tuple"),
        ("range(2)", "range"),
        ("'12'", "str"),
        ("{1: 2}", "dict"),
        ("5", "int"),
        ("None", "NoneType"),
    ] {
        let source = with_python(|py| function(py, &format!("lambda: {expression}")));
        let records = all(&Source::Python(source));
        assert_eq!(records.len(), 1, "{expression}");
        let error = format!(
            "error: ERR the function of the PythonReader returned a value of the type {kind},"
        );
        assert!(records[0].starts_with(&error), "{records:?}");
        assert!(records[0].contains("yield"), "{records:?}");
    }
}

#[test]
fn any_other_function_is_called_again_for_each_record_if_the_plan_has_a_limit() {
    let source = with_python(|py| {
        let calls = "calls = []\ndef f():\n    calls.append(0)\n    return len(calls)";
        Source::Repeated(Callback::new(&run(py, calls, "f")))
    });
    with_python(|py| {
        let mut reading = Reading::NotBegun;
        assert_eq!(read(py, &mut reading, &source, 3), ["1", "2", "3"]);
        assert_eq!(read(py, &mut reading, &source, 2), ["4", "5"]);
    });
}

#[test]
fn a_function_that_fails_at_its_first_call_ends_the_reading() {
    assert_eq!(
        all(&python("def f():\n    raise ValueError('no')")),
        ["error: no"]
    );
}

#[test]
fn a_function_that_fails_later_is_called_again() {
    with_python(|py| {
        let calls = "calls = []\ndef f():\n    calls.append(0)\n    return 6 // (len(calls) - 2)";
        let source = Source::Repeated(Callback::new(&run(py, calls, "f")));
        let records = read(py, &mut Reading::NotBegun, &source, 4);
        assert_eq!(
            records,
            ["-6", "error: integer division or modulo by zero", "6", "3"]
        );
    });
}

#[test]
fn a_call_is_made_once_and_has_no_record() {
    let calls = with_python(|py| {
        let calls = eval(py, "[]");
        let append = eval(py, "lambda calls: lambda: calls.append(1)");
        let append = Callback::new(&append.call1((&calls,)).unwrap());
        assert!(all(&Source::Call(Arc::new(append))).is_empty());
        repr(&calls)
    });
    assert_eq!(calls, "[1]");
}

#[test]
fn a_call_that_fails_is_an_error() {
    let call = with_python(|py| function(py, "lambda: 1 / 0"));
    assert_eq!(
        all(&Source::Call(Arc::new(call))),
        ["error: division by zero"]
    );
}

/// Time events call any object, such as a method.
#[test]
fn a_method_is_called_like_a_function() {
    let source = "class C:\n    def m(self):\n        raise ValueError('called')\nf = C().m";
    let call = with_python(|py| Callback::new(&run(py, source, "f")));
    assert_eq!(all(&Source::Call(Arc::new(call))), ["error: called"]);
}

#[test]
fn messages_are_read_in_their_order() {
    let source = Source::Messages(Arc::new(Messages {
        stream: b"s".to_vec(),
        messages: vec![
            message("1-0", &[(b"a", b"1")]),
            message("2-0", &[]),
            message("2-1", &[(b"b", b"\xff")]),
        ],
    }));
    let expected = [
        "{'key': 's', 'id': '1-0', 'value': {'a': '1'}}",
        "{'key': 's', 'id': '2-0', 'value': {}}",
        "{'key': 's', 'id': '2-1', 'value': {'b': bytearray(b'\\xff')}}",
    ];
    assert_eq!(all(&source), expected);
}

#[test]
fn a_batch_without_messages_has_no_records() {
    let batch = Messages {
        stream: b"s".to_vec(),
        messages: Vec::new(),
    };
    assert!(all(&Source::Messages(Arc::new(batch))).is_empty());
}

#[test]
fn a_reading_keeps_its_place() {
    let source = Source::Messages(Arc::new(Messages {
        stream: b"s".to_vec(),
        messages: (0..4).map(|n| message(&format!("{n}-0"), &[])).collect(),
    }));
    with_python(|py| {
        let mut reading = Reading::NotBegun;
        assert_eq!(read(py, &mut reading, &source, 3).len(), 3);
        let rest = read(py, &mut reading, &source, 3);
        assert_eq!(rest, ["{'key': 's', 'id': '3-0', 'value': {}}"]);
    });
}

#[test]
fn only_a_walk_over_keys_counts_without_making_records() {
    let one_key = Source::Keys(KeysSource {
        pattern: b"k".to_vec(),
        exact: true,
        read_value: false,
    });
    with_python(|py| {
        let function = Source::Python(function(py, "lambda: 1"));
        for source in [
            &Source::Nothing,
            &Source::Command(words(&[b"x"])),
            &function,
            &one_key,
        ] {
            let mut reading = Reading::NotBegun;
            assert_eq!(reading.count_piece(py, source), None);
            assert!(
                matches!(reading, Reading::NotBegun),
                "the records are still there"
            );
        }
    });
}

#[test]
fn one_key_without_its_value_is_one_record() {
    let source = Source::Keys(KeysSource {
        pattern: b"k*".to_vec(),
        exact: true,
        read_value: false,
    });
    assert_eq!(all(&source), ["{'event': None, 'key': 'k*'}"]);
}

#[test]
fn an_event_of_a_key_is_one_record() {
    let source = Source::Key(crate::plan::KeyEvent {
        event: "del".to_owned(),
        key: b"\xff".to_vec(),
        read_value: false,
    });
    assert_eq!(
        all(&source),
        ["{'event': 'del', 'key': bytearray(b'\\xff')}"]
    );
}

#[test]
fn the_record_of_a_key_has_event_key_type_and_value() {
    with_python(|py| {
        let text = |event, key, value| repr(&key_record(py, event, key, value).unwrap());
        let value = Some((KeyType::String, from_bytes(py, b"v").unwrap()));
        let expected = "{'event': 'set', 'key': 'k', 'type': 'string', 'value': 'v'}";
        assert_eq!(text(Some("set"), b"k", value), expected);
        let value = Some((KeyType::Hash, eval(py, "{'a': 1}")));
        let expected = "{'event': None, 'key': 'k', 'type': 'hash', 'value': {'a': 1}}";
        assert_eq!(text(None, b"k", value), expected);
        let expected = "{'event': 'del', 'key': 'k'}";
        assert_eq!(text(Some("del"), b"k", None), expected);
    });
}

#[test]
fn a_key_without_a_readable_value_has_the_value_none() {
    with_python(|py| {
        let record = key_record(py, None, b"k", Some((KeyType::Unknown, none(py)))).unwrap();
        assert!(record.get_item("value").unwrap().is_none());
        let kind: String = record.get_item("type").unwrap().extract().unwrap();
        assert_eq!(kind, KeyType::Unknown.as_str());
    });
}

/// A key of a dict must be hashable, and a bytearray is not.
#[test]
fn a_field_that_is_not_utf8_is_bytes() {
    with_python(|py| {
        let record = message_record(py, b"s", &message("1-0", &[(b"\xff", b"\xfe")])).unwrap();
        let expected = "{'key': 's', 'id': '1-0', 'value': {b'\\xff': bytearray(b'\\xfe')}}";
        assert_eq!(repr(&record), expected);
    });
}

#[test]
fn the_first_of_two_values_of_a_field_counts() {
    with_python(|py| {
        let fields: &[(&[u8], &[u8])] = &[(b"f", b"1"), (b"g", b"2"), (b"f", b"3")];
        let record = message_record(py, b"s", &message("1-0", fields)).unwrap();
        let value = record.get_item("value").unwrap();
        assert_eq!(value.len().unwrap(), 2);
        assert_eq!(value.get_item("f").unwrap().to_string(), "1");
    });
}

#[test]
fn a_new_reading_of_a_stream_has_fetched_no_message() {
    let rest = format!("{:?}", stream::Rest::new(b"5-0"));
    assert!(rest.contains("fetched: []"), "{rest}");
}

#[test]
fn the_record_of_a_named_key_needs_no_server_without_its_value() {
    with_python(|py| {
        let record = keys::record(py, Some("set"), b"k", false).unwrap();
        assert_eq!(repr(&record), "{'event': 'set', 'key': 'k'}");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The value of a message has each field once, with its first value.
    #[test]
    fn a_message_is_a_dict_of_its_fields(fields in proptest::collection::vec(("[a-e]{1,2}", "[a-z]{0,3}"), 0..12)) {
        let mut expected = BTreeMap::new();
        for (field, value) in &fields {
            expected.entry(field.clone()).or_insert_with(|| value.clone());
        }
        let message = Message {
            id: b"1-0".to_vec(),
            fields: fields
                .iter()
                .map(|(field, value)| (field.clone().into_bytes(), value.clone().into_bytes()))
                .collect(),
        };
        let value: BTreeMap<String, String> = with_python(|py| {
            let record = message_record(py, b"s", &message).unwrap();
            record.get_item("value").unwrap().extract().unwrap()
        });
        prop_assert_eq!(value, expected);
    }
}
