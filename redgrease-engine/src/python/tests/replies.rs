//! Replies of the server as Python values.

use super::error_text;
use crate::python::from_owned;
use crate::redis::OwnedReply;
use crate::testing::{repr, with_python};
use proptest::prelude::*;

fn value(reply: &OwnedReply) -> String {
    with_python(|py| repr(&from_owned(py, reply).unwrap()))
}

#[test]
fn each_kind_of_reply_has_its_value() {
    assert_eq!(value(&OwnedReply::Text(b"text".to_vec())), "'text'");
    assert_eq!(
        value(&OwnedReply::Text(b"\xff".to_vec())),
        "bytearray(b'\\xff')"
    );
    assert_eq!(value(&OwnedReply::Status("OK".to_owned())), "'OK'");
    assert_eq!(
        value(&OwnedReply::Integer(i64::MIN)),
        "-9223372036854775808"
    );
    assert_eq!(value(&OwnedReply::Null), "None");
    assert_eq!(value(&OwnedReply::Array(vec![])), "[]");
}

/// The text ends with the line end of the protocol, as scripts for RedisGears know it.
#[test]
fn an_error_is_raised() {
    with_python(|py| {
        let error = OwnedReply::Error("ERR no such key".to_owned());
        let raised = from_owned(py, &error).unwrap_err();
        assert_eq!(error_text(py, &raised), "error: ERR no such key\r\n");
    });
}

#[test]
fn an_error_inside_an_array_is_a_text() {
    let error = OwnedReply::Error("ERR no".to_owned());
    let array = OwnedReply::Array(vec![OwnedReply::Integer(1), OwnedReply::Array(vec![error])]);
    assert_eq!(value(&array), "[1, ['ERR no']]");
}

fn reply() -> impl Strategy<Value = OwnedReply> {
    let leaf = prop_oneof![
        "[a-z]{0,6}".prop_map(OwnedReply::Status),
        "[a-z]{0,6}".prop_map(|text| OwnedReply::Text(text.into_bytes())),
        any::<i64>().prop_map(OwnedReply::Integer),
        Just(OwnedReply::Null),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        proptest::collection::vec(inner, 0..4).prop_map(OwnedReply::Array)
    })
}

/// The text that Python shows of the value of a reply.
fn expected(reply: &OwnedReply) -> String {
    match reply {
        OwnedReply::Status(text) | OwnedReply::Error(text) => format!("'{text}'"),
        OwnedReply::Text(bytes) => format!("'{}'", String::from_utf8_lossy(bytes)),
        OwnedReply::Integer(number) => number.to_string(),
        OwnedReply::Null => "None".to_owned(),
        OwnedReply::Array(items) => {
            let items: Vec<String> = items.iter().map(expected).collect();
            format!("[{}]", items.join(", "))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nested_replies_are_nested_lists(reply in reply()) {
        prop_assert_eq!(value(&reply), expected(&reply));
    }
}
