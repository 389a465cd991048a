//! From the lines of a server to the errors of this crate.

use super::{Error, ErrorKind, GearError, traceback};
use redis::{RedisError, Value};
use serde_json::json;

/// An error as redis-rs reads it from the wire.
fn line(text: &str) -> RedisError {
    match redis::parse_redis_value(format!("-{text}\r\n").as_bytes()) {
        Ok(Value::ServerError(e)) => e.into(),
        Err(e) => e,
        other => panic!("{other:?}"),
    }
}

fn error(text: &str) -> Error {
    Error::from(line(text))
}

#[test]
fn an_error_is_one_pointer() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<crate::Result<()>>(), size_of::<usize>());
}

#[test]
fn exceptions_of_gears() {
    let json = json!({
        "trigger": "cache_get", "exception": "KeyError", "message": "'a b'",
        "frames": [{"file": "src/gears.rs", "line": 44, "function": "cache_get", "own": true,
                    "source": "        return d['a b']", "columns": [15, 23]}]
    });
    let error = error(&format!("GEARERROR {json}"));
    assert!(error.is_python() && error.as_redis().is_some());
    assert_eq!(
        error.to_string(),
        "gear `cache_get`: KeyError: 'a b'\n  --> src/gears.rs:44 in cache_get\n   |\n44 |         return d['a b']\n   \
         |                ^^^^^^^^"
    );
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn fields_that_are_missing_or_new_do_no_harm() {
    let short = error(r#"GEARERROR {"trigger": "t", "exception": "E", "message": "", "more": 1}"#);
    assert_eq!(short.to_string(), "gear `t`: E");
    let tabs: GearError = serde_json::from_value(json!({
        "trigger": "t", "exception": "E", "message": "m",
        "frames": [{"file": "f", "line": 7, "function": "g", "source": "\tx", "columns": [1, 2]}]
    }))
    .unwrap();
    assert!(tabs.to_string().ends_with("7 | \tx\n  | \t^"), "{tabs}");
    let far: GearError = serde_json::from_value(json!({
        "trigger": "t", "exception": "E", "message": "m",
        "frames": [{"file": "f", "line": 7, "function": "g", "source": "x", "columns": [5, 4_000_000_000_u32]}]
    }))
    .unwrap();
    assert!(far.to_string().ends_with("7 | x\n  |  ^"), "{far}");
    // Not ours after all: shown as it came.
    assert_eq!(
        error("GEARERROR of another kind").to_string(),
        "GEARERROR of another kind"
    );
}

#[test]
fn errors_of_servers() {
    assert!(error("ERR subcommand not found").is_unknown_trigger());
    assert!(
        error("ERR unknown command 'RG.TRIGGER', with args beginning with: 'x' ").is_no_gears()
    );
    assert!(error("ERR unknown command `rg.pyexecute`, with args beginning with: ").is_no_gears());
    assert!(!error("ERR unknown command 'JSON.GET', with args beginning with: 'x' ").is_no_gears());
    let plain = error("execution plan does not exist");
    assert!(matches!(plain.kind(), ErrorKind::Redis));
    assert_eq!(plain.to_string(), "execution plan does not exist");
    assert!(!plain.is_connection());
}

#[test]
fn tracebacks_of_scripts() {
    let text = r#"['Traceback (most recent call last):\n', '  File "<string>", line 1, in <module>\n', "NameError: name 'x' is not defined\n"]"#;
    let error = error(text);
    match error.kind() {
        ErrorKind::Script { traceback } => assert_eq!(
            traceback,
            "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\nNameError: name 'x' is not defined\n"
        ),
        other => panic!("{other:?}"),
    }
    assert!(
        error
            .to_string()
            .ends_with("NameError: name 'x' is not defined")
    );
    let syntax =
        self::error("Error type: <class 'SyntaxError'>, Value: invalid syntax (<string>, line 1)");
    assert!(syntax.is_python() && syntax.to_string().contains("invalid syntax"));
}

#[test]
fn lists_of_python_are_read_as_python_writes_them() {
    assert_eq!(traceback(r"['a\n', 'b']").as_deref(), Some("a\nb"));
    assert_eq!(
        traceback(r#"['it\'s', "it's"]"#).as_deref(),
        Some("it'sit's")
    );
    assert_eq!(
        traceback(r"['\xe9\u20ac\U0001f600\\\t']").as_deref(),
        Some("é€😀\\\t")
    );
    for wrong in [
        "",
        "[",
        "[]",
        "['a'",
        "['a",
        "['a' 'b']",
        "['a'] b",
        "['\\x",
        "[a]",
    ] {
        assert_eq!(traceback(wrong), None, "{wrong}");
    }
}
