use super::*;
use redgrease_core::{Requirement, Session};
use redis::{FromRedisValue, Value};
use serde_json::{Value as Json, json};

/// A reply as RedisGears 1.2.13 has sent it.
fn reply(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Number(number) => Value::Int(number.as_i64().unwrap()),
        Json::String(text) => Value::BulkString(text.clone().into_bytes()),
        Json::Array(items) => Value::Array(items.iter().map(reply).collect()),
        other => panic!("{other}"),
    }
}

fn row<T: FromRedisValue>(json: &Json) -> T {
    redis::from_redis_value(reply(json)).unwrap()
}

fn pd(session: &str) -> String {
    format!(
        "{{'sessionName':'{session}', 'sessionDescription':'null', 'refCount': 1, 'linkedTo': primary, 'dead': false, 'isInstallationNeeded':0, 'registrationsList':['0000000000000000000000000000000000000000-1'], 'depsList':[]}}"
    )
}

fn command(session: &str) -> Json {
    json!([
        "id",
        "0000000000000000000000000000000000000000-1",
        "reader",
        "CommandReader",
        "desc",
        "command desc",
        "RegistrationData",
        [
            "mode",
            "async",
            "numTriggered",
            9,
            "numSuccess",
            6,
            "numFailures",
            3,
            "numAborted",
            0,
            "lastRunDurationMS",
            0,
            "totalRunDurationMS",
            0,
            "avgRunDurationMS",
            "0",
            "lastError",
            "['Traceback (most recent call last):\\n', '  File \"<string>\", line 1, in <lambda>\\n', 'ZeroDivisionError: division by zero\\n']",
            "args",
            ["trigger", "cmd", "inorder", 0]
        ],
        "PD",
        pd(session),
        "ExecutionThreadPool",
        "DefaultPool"
    ])
}

fn keys(mode: &str, pattern: &str, events: &Json) -> Json {
    json!([
        "id",
        "0000000000000000000000000000000000000000-4",
        "reader",
        "KeysReader",
        "desc",
        null,
        "RegistrationData",
        [
            "mode",
            mode,
            "numTriggered",
            0,
            "numSuccess",
            0,
            "numFailures",
            0,
            "numAborted",
            0,
            "lastRunDurationMS",
            0,
            "totalRunDurationMS",
            0,
            "avgRunDurationMS",
            "0",
            "lastError",
            null,
            "args",
            [
                "regex",
                pattern,
                "eventTypes",
                events,
                "keyTypes",
                null,
                "hookCommands",
                null
            ]
        ],
        "PD",
        pd("sk"),
        "ExecutionThreadPool",
        "DefaultPool"
    ])
}

fn stream(status: &str) -> Json {
    json!([
        "id",
        "0000000000000000000000000000000000000000-7",
        "reader",
        "StreamReader",
        "desc",
        null,
        "RegistrationData",
        [
            "mode",
            "sync",
            "numTriggered",
            3,
            "numSuccess",
            3,
            "numFailures",
            0,
            "numAborted",
            0,
            "lastRunDurationMS",
            0,
            "totalRunDurationMS",
            0,
            "avgRunDurationMS",
            "0",
            "lastEstimatedLagMS",
            0,
            "avgEstimatedLagMS",
            "0",
            "lastError",
            null,
            "args",
            [
                "batchSize",
                1,
                "durationMS",
                0,
                "stream",
                "s:*",
                "trimStream",
                1,
                "onFailedPolicy",
                "continue",
                "retryInterval",
                1
            ],
            "status",
            status
        ],
        "PD",
        pd("st"),
        "ExecutionThreadPool",
        "DefaultPool"
    ])
}

fn session(id: &str, description: &Json) -> Session {
    row(&json!([
        "ID",
        id,
        "sessionDescription",
        description,
        "refCount",
        1,
        "linked",
        "primary",
        "dead",
        "false",
        "requirementInstallationNeeded",
        0,
        "requirements",
        [],
        "registrations",
        ["0000000000000000000000000000000000000000-1"]
    ]))
}

fn package(name: &str) -> Requirement {
    row(&json!([
        "GearReqVersion",
        2,
        "Name",
        name,
        "IsDownloaded",
        "yes",
        "IsInstalled",
        "yes",
        "CompiledOs",
        "linux-bookworm-x64",
        "Wheels",
        ["six-1.16.0-py2.py3-none-any.whl"],
        "Path",
        "/x/six==1.16.0_64e2c65b42",
        "RefCount",
        1,
        "IsInReqDictionary",
        "yes"
    ]))
}

fn old(registrations: &[Json]) -> Gears {
    Gears {
        version: "1.2.13".to_owned(),
        has_sessions: true,
        registrations: registrations.iter().map(row).collect(),
        ..Gears::default()
    }
}

fn texts(old: &Gears, kind: Kind) -> Vec<String> {
    let found = findings(old).into_iter().filter(|it| it.kind == kind);
    found.map(|it| it.text()).collect()
}

#[track_caller]
fn says(texts: &[String], part: &str) {
    assert!(
        texts.iter().any(|text| text.contains(part)),
        "{part}: {texts:#?}"
    );
}

#[test]
fn scripts_are_sent_again_by_session() {
    let generated = "c3ab8ff13720e8ad9047dd39466b3c8974e592c2";
    let old = Gears {
        sessions: vec![
            session("s_cmd", &json!("my desc")),
            session(generated, &json!(null)),
        ],
        ..old(&[command("s_cmd"), keys("async", "k*", &json!(null))])
    };
    let texts = texts(&old, Kind::Do);
    says(
        &texts,
        "session s_cmd (my desc): send the script again that registers command `cmd`",
    );
    says(
        &texts,
        "session sk: send the script again that registers keys `k*`",
    );
    says(&texts, "ids that the server made");
}

#[test]
fn an_old_redisgears_without_sessions_is_read() {
    let mut row = command("s");
    // The field came with 1.2.2.
    row.as_array_mut().unwrap().truncate(8);
    let old = Gears {
        has_sessions: false,
        ..old(&[row])
    };
    says(
        &texts(&old, Kind::Do),
        "scripts without a session: send the script again that registers command `cmd`",
    );
    says(&texts(&old, Kind::Differs), "has no sessions");
}

#[test]
fn handlers_of_keys_differ() {
    let of = |mode, pattern, events: &Json| old(&[keys(mode, pattern, events)]);
    let sync = "runs after the command";
    says(&texts(&of("sync", "k*", &json!(null)), Kind::Differs), sync);
    let asynchronous = texts(&of("async", "k*", &json!(["set"])), Kind::Differs);
    assert!(!asynchronous.iter().any(|text| text.contains(sync)));
    says(
        &texts(&of("async", "k*", &json!(["set", "get"])), Kind::Same),
        "the event `get`",
    );
    says(
        &texts(&of("async", "a*b", &json!(null)), Kind::Same),
        "stands for itself",
    );
    assert!(texts(&of("async", "ab*", &json!(null)), Kind::Same).is_empty());
}

#[test]
fn streams_and_failures_are_told() {
    let old = old(&[stream("ABORTED"), command("s")]);
    says(
        &texts(&old, Kind::Same),
        "stream `s:*`: it reads nothing at the moment (ABORTED)",
    );
    says(
        &texts(&old, Kind::Same),
        "3 of 9 runs have failed here; the last error: ZeroDivisionError: division by zero",
    );
    says(&texts(&old, Kind::Do), "__gears_consumer_group__");
}

#[test]
fn packages_and_settings_are_told() {
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let old = Gears {
        requirements: vec![
            package("redgrease[runtime]==0.3.30"),
            package("six==1.16.0"),
        ],
        settings: [
            setting("MaxExecutions", "500"),
            setting("ProfileExecutions", "0"),
            setting("CreateVenv", "1"),
            setting("DependenciesUrl", "http://127.0.0.1/none"),
            setting("ExecutionMaxIdleTime", "1000"),
        ]
        .into(),
        ..old(&[])
    };
    let todo = texts(&old, Kind::Do);
    says(&todo, "Python 3.7");
    says(
        &todo,
        "loadmodule /path/to/redgrease.so MaxExecutions 500 ExecutionMaxIdleTime 1000",
    );
    let differs = texts(&old, Kind::Differs);
    says(&differs, "CreateVenv, DependenciesUrl have no effect");
    says(
        &differs,
        "package redgrease[runtime]==0.3.30: `import redgrease` needs no package",
    );
    says(&differs, "counts as 3000");
}

#[test]
fn nothing_differs_on_this_engine() {
    let old = Gears {
        is_engine: true,
        ..old(&[keys("sync", "k*", &json!(null))])
    };
    let found = findings(&old);
    assert_eq!(found.len(), 1, "{found:?}");
}
