//! Runs the parsers on every recorded reply of a real server.

mod answers;
mod filters;
mod sent;

use super::reply;
use super::types::{ConfigValue, ExecId, Executed, ExecutionResult, RegistrationInfo, Session};
use crate::keyword::ExecutionStatus;
use redis::Value;
use serde_json::Value as Json;
use std::time::Duration;

/// Every recorded reply to `command`, with the name of its step.
fn recorded(command: &str) -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/conformance/recorded");
    let mut replies = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        let conversation: Json = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for step in conversation["steps"].as_array().unwrap() {
            let is_command = step["send"][0]
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(command));
            if let Some(reply) = step.get("reply").filter(|_| is_command).and_then(value) {
                let name = format!(
                    "{} {}",
                    file.file_stem().unwrap().display(),
                    step["name"].as_str().unwrap()
                );
                replies.push((name, reply));
            }
        }
    }
    assert!(!replies.is_empty(), "no recorded reply to {command}");
    replies
}

/// Converts a recorded reply to a value of redis-rs.
fn value(reply: &Json) -> Option<Value> {
    let text = |reply: &Json| reply["v"].as_str().map(|text| text.as_bytes().to_vec());
    Some(match reply["t"].as_str()? {
        "nil" => Value::Nil,
        "int" => Value::Int(reply["v"].as_i64()?),
        "bulk" => Value::BulkString(text(reply).or_else(|| {
            use base64::Engine;
            base64::engine::general_purpose::STANDARD
                .decode(reply["b64"].as_str()?)
                .ok()
        })?),
        "status" if reply["v"] == "OK" => Value::Okay,
        "status" => Value::SimpleString(reply["v"].as_str()?.to_owned()),
        "err" => {
            let line = format!("-{}\r\n", reply["v"].as_str()?);
            redis::parse_redis_value(line.as_bytes()).ok()?
        }
        "arr" => Value::Array(
            reply["v"]
                .as_array()?
                .iter()
                .map(value)
                .collect::<Option<_>>()?,
        ),
        // The connection was closed.
        _ => return None,
    })
}

fn is_error(value: &Value) -> bool {
    matches!(value, Value::ServerError(_))
}

/// Parses every recorded reply to `command` and returns all rows.
fn parsed<T>(command: &str, parse: impl Fn(Value) -> crate::Result<Vec<T>>) -> Vec<T> {
    let mut all = Vec::new();
    for (name, value) in recorded(command) {
        let expect_error = is_error(&value);
        match parse(value) {
            Ok(rows) => {
                assert!(!expect_error, "{name}");
                all.extend(rows);
            }
            Err(e) => assert!(expect_error, "{name}: {e}"),
        }
    }
    all
}

fn step(command: &str, name: &str) -> Value {
    let found = recorded(command).into_iter().find(|(step, _)| step == name);
    found.unwrap_or_else(|| panic!("no step {name}")).1
}

#[test]
fn registrations() {
    let all: Vec<RegistrationInfo> = parsed("RG.DUMPREGISTRATIONS", reply::registrations);
    for registration in &all {
        assert!(
            registration.id.parse::<ExecId>().is_ok(),
            "{registration:?}"
        );
        assert!(
            registration.session.is_some() && !registration.mode.is_empty(),
            "{registration:?}"
        );
        assert_eq!(
            registration.trigger().is_some(),
            registration.reader == "CommandReader",
            "{registration:?}"
        );
    }
    assert!(
        all.iter()
            .any(|r| r.reader == "KeysReader" && r.args.contains_key("regex"))
    );
    assert!(
        all.iter()
            .any(|r| r.reader == "StreamReader" && r.status.as_deref() == Some("OK"))
    );
    assert!(all.iter().any(|r| r.last_error.is_some() && r.failed > 0));

    let one =
        reply::registrations(step("RG.DUMPREGISTRATIONS", "registrations dump_command")).unwrap();
    assert_eq!(one[0].trigger().as_deref(), Some("cmd"));
    assert_eq!(one[0].description.as_deref(), Some("command desc"));
    assert_eq!(one[0].session.as_deref(), Some("s_cmd"));
    assert_eq!(
        (one[0].mode.as_str(), one[0].triggered, one[0].total_run),
        ("async", 0, Duration::ZERO)
    );
}

#[test]
fn sessions() {
    let all: Vec<Session> = parsed("RG.PYDUMPSESSIONS", reply::sessions);
    for session in &all {
        assert!(!session.id.is_empty() && !session.linked.is_empty());
        assert!(
            session.extra.contains_key("requirementInstallationNeeded"),
            "unknown fields are kept"
        );
    }
    let verbose = reply::sessions(step(
        "RG.PYDUMPSESSIONS",
        "pyexecute_sessions dumpsessions_verbose",
    ))
    .unwrap();
    assert_eq!(verbose[0].id, "sess1");
    assert_eq!(verbose[0].description.as_deref(), Some("my desc"));
    assert_eq!(verbose[0].registrations, [ExecId::new(1).to_string()]);
    assert_eq!(
        verbose[0].registration_rows[0].trigger().as_deref(),
        Some("t1")
    );
    assert_eq!(
        verbose[0].registration_rows[0].session.as_deref(),
        Some("sess1")
    );
    let required =
        reply::sessions(step("RG.PYDUMPSESSIONS", "requirements sessions_verbose")).unwrap();
    assert!(required[0].requirement_rows[0].is_installed);
    assert_eq!(required[0].requirements, ["six==1.16.0"]);
    // The server sends a string in place of each session that does not exist.
    let named = reply::sessions(step(
        "RG.PYDUMPSESSIONS",
        "pyexecute_sessions dumpsessions_by_name",
    ))
    .unwrap();
    assert_eq!(named.len(), 1);
}

#[test]
fn requirements_executions_and_memory() {
    let requirements = parsed("RG.PYDUMPREQS", reply::requirements);
    let six = requirements
        .iter()
        .find(|r| r.name == "six==1.16.0")
        .unwrap();
    assert!(six.is_downloaded && six.is_installed && six.wheels[0].starts_with("six-1.16.0"));

    let executions = parsed("RG.DUMPEXECUTIONS", reply::executions);
    assert!(
        executions
            .iter()
            .any(|e| e.status == ExecutionStatus::Done && e.status.is_over())
    );
    assert!(executions.iter().any(|e| e.registered) && executions.iter().any(|e| !e.registered));
    assert!(
        executions
            .iter()
            .all(|e| !matches!(e.status, ExecutionStatus::Other(_)))
    );

    for (name, value) in recorded("RG.PYSTATS") {
        let stats = reply::stats(value).unwrap();
        assert!(
            stats.total_allocated >= stats.current_allocated && stats.peak_allocated > 0,
            "{name}"
        );
    }
}

#[test]
fn script_results() {
    for (name, value) in recorded("RG.PYEXECUTE") {
        let expect_error = is_error(&value);
        let executed = reply::executed::<Value>(value);
        assert_eq!(executed.is_err(), expect_error, "{name}: {executed:?}");
    }
    for (name, value) in recorded("RG.GETRESULTS") {
        let expect_error = is_error(&value);
        assert_eq!(
            reply::results::<Value>(value).is_err(),
            expect_error,
            "{name}"
        );
    }
    let failed: ExecutionResult =
        reply::results(step("RG.GETRESULTS", "key_events_errors getexec")).unwrap();
    assert!(
        failed.errors[0].starts_with("Traceback (most recent call last):\n  File"),
        "{}",
        failed.errors[0]
    );
    assert!(failed.into_values().unwrap_err().is_python());

    let started =
        reply::executed::<Value>(Value::BulkString(ExecId::new(3).to_string().into())).unwrap();
    assert_eq!(started.id(), Some(&ExecId::new(3)));
    assert!(
        started
            .into_results()
            .unwrap_err()
            .to_string()
            .contains("get_results_blocking")
    );
    let two: Executed<i64> = reply::executed(Value::Array(vec![
        Value::Array(vec![Value::BulkString(b"1".to_vec()), Value::Int(2)]),
        Value::Array(vec![]),
    ]))
    .unwrap();
    assert_eq!(
        two.clone().into_results().unwrap().into_values().unwrap(),
        [1, 2]
    );
    assert!(
        two.into_results()
            .unwrap()
            .into_value()
            .unwrap_err()
            .to_string()
            .contains("2 records")
    );
}

#[test]
fn settings() {
    for command in ["RG.CONFIGGET", "RG.CONFIGSET"] {
        for (name, value) in recorded(command) {
            let expect_error = is_error(&value);
            assert_eq!(reply::config(value).is_err(), expect_error, "{name}");
        }
    }
    let mixed = reply::config(step("RG.CONFIGGET", "config get_mixed")).unwrap();
    assert_eq!(mixed[0].as_ref().unwrap(), &ConfigValue::Int(1000));
    assert_eq!(
        mixed[1].as_ref().unwrap_err().to_string(),
        "Unsupported config parameter: nosuch"
    );
    assert_eq!(mixed[2].as_ref().unwrap().as_int(), Some(0));
}
