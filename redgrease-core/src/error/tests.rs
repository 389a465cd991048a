//! Conversion of server error lines to [`Error`].

use super::{Error, ErrorKind, GearError, traceback};
use redis::{RedisError, Value};
use serde_json::json;

/// Parses an error line with redis-rs.
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
fn gear_exceptions() {
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
fn missing_and_unknown_fields_are_accepted() {
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
    // This line is not from the prelude and is shown unchanged.
    assert_eq!(
        error("GEARERROR of another kind").to_string(),
        "GEARERROR of another kind"
    );
}

#[test]
fn server_errors() {
    assert!(error("ERR subcommand not found").is_unknown_trigger());
    assert!(
        error("ERR subcommand not found: no gear has the trigger 'x': ..").is_unknown_trigger()
    );
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
fn script_tracebacks() {
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
fn str_of_a_python_list_is_parsed() {
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

#[test]
fn a_missing_right_is_recognised_wherever_the_server_says_it() {
    let gear = |exception: &str, message: &str| {
        let json = json!({"trigger": "t", "exception": exception, "message": message});
        format!("GEARERROR {json}")
    };
    for refused in [
        "NOPERM No permissions to access a key".to_owned(),
        gear("gears.error", "NOPERM No permissions to access a key: 'get' with the key 'k'\r\n"),
        gear("redgrease_commands.NoPermissionError", "No permissions to access a key"),
        gear("redis.exceptions.NoPermissionError", "this user has no permissions"),
        r"['Traceback (most recent call last):\n', 'gears.error: NOPERM No permissions to access a key\r\n\n']".to_owned(),
        "Error type: <class 'gears.error'>, Value: NOPERM No permissions to access a key".to_owned(),
    ] {
        assert!(error(&refused).is_no_permission(), "{refused}");
    }
    for other in [
        "ERR NOPERM is a word".to_owned(),
        "READONLY You can't write".to_owned(),
        gear("ValueError", "about NOPERM "),
        r"['Traceback (most recent call last):\n', '  gears.error: NOPERM x\n', 'ValueError: NOPERM \n']".to_owned(),
    ] {
        assert!(!error(&other).is_no_permission(), "{other}");
    }
}

#[test]
fn a_missing_right_to_a_command_of_gears_says_what_to_do() {
    for (line, command, remedy) in [
        (
            "NOPERM User app has no permissions to run the 'rg.pyexecute' command",
            "RG.PYEXECUTE",
            "`Policy::Never`",
        ),
        (
            "NOPERM this user has no permissions to run the 'RG.TRIGGER' command or its subcommand",
            "RG.TRIGGER",
            "ACL SETUSER name +rg.trigger",
        ),
    ] {
        let error = error(line);
        let text = error.to_string();
        assert!(error.is_no_permission() && text.starts_with(line), "{text}");
        assert!(text.contains(remedy), "{text}");
        let ErrorKind::NoPermission { command: named } = error.kind() else {
            panic!("{line}: {:?}", error.kind());
        };
        assert_eq!(named, command);
    }
    for other in [
        "NOPERM User app has no permissions to run the 'get' command",
        "NOPERM No permissions to access the key 'rg.x y'",
        "NOPERM No permissions to access a key",
    ] {
        assert_eq!(error(other).to_string(), other);
    }
}
