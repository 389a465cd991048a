//! `CompatibleReplies 1.0`: replies for clients of RedisGears 1.0, which stop at fields that they do not know.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::wheel::make_wheel;
use common::{eventually, plain_connection, untyped};
use redgrease::GearsCommands;
use redgrease_embedded::Server;
use redis::Value;
use tempfile::TempDir;

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        other => panic!("no array: {other:?}"),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => panic!("no text: {other:?}"),
    }
}

fn reply(server: &Server, words: &[&str]) -> Value {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command.query(&mut plain_connection(server)).unwrap()
}

/// The names in a flat list of names and values.
fn names(fields: &Value) -> Vec<String> {
    items(fields).iter().step_by(2).map(text).collect()
}

fn field(fields: &Value, name: &str) -> Value {
    let fields = items(fields);
    let at = fields
        .iter()
        .step_by(2)
        .position(|field| text(field) == name);
    fields[2 * at.unwrap() + 1].clone()
}

const SCRIPT: &str = "
GB('CommandReader', desc='about it').map(lambda r: 'called').register(trigger='t')
GB('KeysReader').map(lambda r: 1).register('k:*', eventTypes=['set'])
GB('StreamReader').map(lambda r: 1).register('s:*')
";

/// The fields of each registration and of the row that contains them.
fn registrations(server: &Server) -> Vec<(Vec<String>, Vec<String>, String)> {
    let rows = reply(server, &["RG.DUMPREGISTRATIONS"]);
    let mut found: Vec<_> = items(&rows)
        .iter()
        .map(|row| {
            let reader = text(&field(row, "reader"));
            (names(row), names(&field(row, "RegistrationData")), reader)
        })
        .collect();
    found.sort_by(|a, b| a.2.cmp(&b.2));
    found
}

#[test]
fn the_rows_have_the_fields_of_redisgears_1_0() {
    let server = Server::builder()
        .module_arg("CompatibleReplies", "1.0")
        .start()
        .unwrap();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", SCRIPT]), "OK");
    untyped(&server, &["RG.TRIGGER", "t"]);
    let row = [
        "id",
        "reader",
        "desc",
        "RegistrationData",
        "PD",
        "ExecutionThreadPool",
    ];
    let common = [
        "mode",
        "numTriggered",
        "numSuccess",
        "numFailures",
        "numAborted",
        "lastError",
        "args",
    ];
    let of_streams = [&common[..], &["status"]].concat();
    let old: Vec<_> = registrations(&server);
    assert_eq!(old.len(), 3);
    for (fields, data, reader) in old {
        assert_eq!(fields, row, "{reader}");
        let expected = if reader == "StreamReader" {
            &of_streams[..]
        } else {
            &common[..]
        };
        assert_eq!(data, expected, "{reader}");
    }
    // The statistics themselves, and INFO, have all of them.
    let info = untyped(&server, &["INFO", "modules"]);
    let everything = untyped(&server, &["INFO", "everything"]);
    assert!(info.contains("avgRunDurationMS") || everything.contains("avgRunDurationMS"));

    // A change counts at once, in both directions.
    assert_eq!(
        untyped(&server, &["RG.CONFIGGET", "CompatibleReplies"]),
        "1.0"
    );
    assert_eq!(
        untyped(&server, &["RG.CONFIGSET", "CompatibleReplies", "1.2"]),
        "OK"
    );
    for (_, data, reader) in registrations(&server) {
        assert!(data.contains(&"avgRunDurationMS".to_owned()), "{reader}");
        assert_eq!(
            data.contains(&"avgEstimatedLagMS".to_owned()),
            reader == "StreamReader"
        );
    }
    assert_eq!(
        untyped(&server, &["RG.CONFIGSET", "compatiblereplies", "1.0"]),
        "OK"
    );
    for (_, data, reader) in registrations(&server) {
        assert!(!data.contains(&"avgRunDurationMS".to_owned()), "{reader}");
    }
    let refused = untyped(&server, &["RG.CONFIGSET", "CompatibleReplies", "0.9"]);
    assert!(refused.contains("Failed setting config value"), "{refused}");
    assert_eq!(
        untyped(&server, &["RG.CONFIGGET", "CompatibleReplies"]),
        "1.0"
    );
}

/// The summary of the session is a literal, which these clients evaluate.
#[test]
fn the_private_data_is_a_literal_of_python() {
    let server = Server::builder()
        .module_arg("CompatibleReplies", "1.0")
        .start()
        .unwrap();
    let strange = "it's \"about\" \\ two\nlines\r\0";
    for (id, description) in [("plain", None), ("described", Some(strange))] {
        let script = format!("GB('CommandReader').register(trigger='{id}')");
        let mut words = vec!["RG.PYEXECUTE", &script, "ID", id];
        words.extend(
            description
                .map(|text| ["DESCRIPTION", text])
                .into_iter()
                .flatten(),
        );
        assert_eq!(untyped(&server, &words), "OK");
        let rows = reply(&server, &["RG.DUMPREGISTRATIONS"]);
        let summary = items(&rows)
            .iter()
            .map(|row| text(&field(row, "PD")))
            .find(|summary| summary.contains(&format!("'{id}'")));
        let check = format!(
            "
import ast
data = ast.literal_eval(execute('GET', 'summary'))
assert data['sessionName'] == '{id}', data
assert len(data['registrationsList']) == data['refCount'] == 1, data
assert data['depsList'] == [] and data['dead'] is False, data
execute('SET', 'description', str(data['sessionDescription']))
"
        );
        untyped(&server, &["SET", "summary", &summary.unwrap()]);
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &check]), "OK");
        let expected = description.unwrap_or("None");
        assert_eq!(untyped(&server, &["GET", "description"]), expected);
    }
}

#[test]
fn requirements_have_the_fields_of_redisgears_1_0() {
    let folder = TempDir::new().unwrap();
    let (packages, wheels) = (folder.path().join("packages"), folder.path().join("wheels"));
    make_wheel(&wheels, "oldone", 10);
    let server = Server::builder()
        .python_dir(&packages)
        .module_arg("CompatibleReplies", "1.0")
        .module_arg(
            "PipArguments",
            format!("--no-index --find-links {}", wheels.display()),
        )
        .start()
        .unwrap();
    let script = "GB('CommandReader').register(trigger='t')";
    let words = [
        "RG.PYEXECUTE",
        script,
        "ID",
        "app",
        "REQUIREMENTS",
        "oldone",
    ];
    assert_eq!(untyped(&server, &words), "OK");
    let old = [
        "GearReqVersion",
        "Name",
        "IsDownloaded",
        "IsInstalled",
        "CompiledOs",
        "Wheels",
    ];
    let rows = reply(&server, &["RG.PYDUMPREQS"]);
    assert_eq!(names(&items(&rows)[0]), old);
    let exported = reply(&server, &["RG.PYEXPORTREQ", "oldone"]);
    assert_eq!(names(&items(&exported)[0]), old);
    let sessions = reply(&server, &["RG.PYDUMPSESSIONS", "VERBOSE"]);
    let session = &items(&sessions)[0];
    assert_eq!(names(&items(&field(session, "requirements"))[0]), old);
    let registrations = field(session, "registrations");
    let data = names(&field(&items(&registrations)[0], "RegistrationData"));
    assert!(!data.contains(&"avgRunDurationMS".to_owned()), "{data:?}");
    untyped(&server, &["RG.CONFIGSET", "CompatibleReplies", "1.2"]);
    let rows = reply(&server, &["RG.PYDUMPREQS"]);
    assert_eq!(names(&items(&rows)[0]).len(), 9);
}

/// The client of this project reads both.
#[test]
fn this_client_reads_the_old_rows_too() {
    let server = Server::builder()
        .module_arg("CompatibleReplies", "1.0")
        .start()
        .unwrap();
    let mut con = redgrease::connect(server.url()).unwrap();
    untyped(&server, &["RG.PYEXECUTE", SCRIPT]);
    untyped(&server, &["RG.TRIGGER", "t"]);
    eventually("the call is counted", || {
        let all = con.dump_registrations().unwrap();
        all.iter().any(|one| one.succeeded == 1)
    });
    assert_eq!(con.dump_registrations().unwrap().len(), 3);
    let mut config = redgrease::Config::new(&mut con);
    assert_eq!(config.compatible_replies().unwrap(), "1.0");
    config.set_compatible_replies("1.2".to_owned()).unwrap();
    assert_eq!(config.compatible_replies().unwrap(), "1.2");
}
