//! Values of a server: as text, and as JSON.

use super::clean::clean_bytes;
use super::literal;
use redis::Value;
use serde_json::{Map, Value as Json};

/// A value as text for people, which may have several lines. Values inside of values are written as JSON.
pub(crate) fn text(value: &Value) -> String {
    match bytes(value) {
        Some(bytes) => clean_bytes(&bytes),
        None => clean_bytes(json(value).to_string().as_bytes()),
    }
}

/// The bytes of a text or a number; `None` for nothing and for values inside of values.
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    Some(match value {
        Value::BulkString(bytes) => bytes.clone(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => text.clone().into_bytes(),
        Value::Int(number) => number.to_string().into_bytes(),
        Value::Double(number) => number.to_string().into_bytes(),
        Value::BigNumber(digits) => digits.clone(),
        Value::Okay => b"OK".to_vec(),
        Value::ServerError(error) => error_text(error).into_bytes(),
        _ => return None,
    })
}

/// A value as JSON. Bytes that are no text become a list of numbers.
pub(crate) fn json(value: &Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Int(number) => (*number).into(),
        Value::Double(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::Array(items) | Value::Set(items) => items.iter().map(json).collect(),
        Value::Map(pairs) => {
            let fields = pairs.iter().map(|(name, value)| (text(name), json(value)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        other => match bytes(other).map(String::from_utf8) {
            Some(Ok(text)) => text.into(),
            Some(Err(error)) => error.into_bytes().into(),
            None => format!("{other:?}").into(),
        },
    }
}

/// A value as JSON, with the structure of texts that are JSON or what Python writes for lists, tuples, sets and dicts: so do gears
/// answer those. Other texts stay texts: `1` may be a text.
pub(crate) fn decoded(value: &Value) -> Json {
    match json(value) {
        Json::String(text) => structure(&text).unwrap_or(Json::String(text)),
        other => other,
    }
}

fn structure(text: &str) -> Option<Json> {
    let trimmed = text.trim();
    if !trimmed.starts_with(['{', '[', '(']) {
        return None;
    }
    let value = serde_json::from_str(trimmed)
        .ok()
        .or_else(|| literal::parse(trimmed))?;
    matches!(value, Json::Object(_) | Json::Array(_)).then_some(value)
}

/// A record that begins with a minus sign arrives as an error.
fn error_text(error: &redis::ServerError) -> String {
    match error.details() {
        Some(details) => format!("-{} {details}", error.code()),
        None => format!("-{}", error.code()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn values_are_text() {
        assert_eq!(text(&bulk("spam")), "spam");
        assert_eq!(text(&bulk("a\x1b[2J")), "a\\x1b[2J");
        assert_eq!(text(&Value::BulkString(vec![0xff, b'a'])), "\\xffa");
        assert_eq!(text(&Value::Nil), "null");
        assert_eq!(text(&Value::Int(-3)), "-3");
        let nested = Value::Array(vec![
            bulk("a"),
            Value::Array(vec![Value::Int(1), Value::Nil]),
        ]);
        assert_eq!(text(&nested), r#"["a",[1,null]]"#);
    }

    #[test]
    fn values_are_json() {
        let map = Value::Map(vec![
            (bulk("a"), Value::Double(1.5)),
            (Value::Int(2), Value::Boolean(true)),
        ]);
        assert_eq!(json(&map), json!({"a": 1.5, "2": true}));
        assert_eq!(json(&Value::BulkString(vec![1, 0xff])), json!([1, 255]));
        assert_eq!(json(&bulk("{'a': 1}")), json!("{'a': 1}"));
        assert_eq!(json(&Value::Double(f64::NAN)), json!(null));
    }

    #[test]
    fn structures_in_texts_are_decoded_and_scalars_are_not() {
        assert_eq!(decoded(&bulk("{'a': (1, None)}")), json!({"a": [1, null]}));
        assert_eq!(
            decoded(&bulk(r#"{"a": [1, null]}"#)),
            json!({"a": [1, null]})
        );
        for text in ["1", "null", "\"a\"", "(1)", "[unclosed", "{x}"] {
            assert_eq!(decoded(&bulk(text)), json!(text), "{text}");
        }
    }
}
