//! `config` and `stats`.

use super::common::on;
use super::{con, shop};
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;

#[test]
fn every_setting_is_what_the_table_says() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let rows = on(&server, &["config", "--json"]).json();
    let rows = rows.as_array().unwrap();
    assert!(rows.len() > 25, "{rows:?}");
    for row in rows {
        let name = row["name"].as_str().unwrap();
        let value = match &row["value"] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let answers = con.config_set(&[(name, &value)]).unwrap();
        assert_eq!(
            answers[0].is_ok(),
            row["writable"] == true,
            "{name}: {answers:?}"
        );
    }
}

#[test]
fn settings_are_read_and_changed() {
    let server = Server::start().unwrap();
    on(
        &server,
        &["config", "set", "MaxExecutions=7", "LockMaxTime=2000"],
    )
    .ok();
    assert_eq!(on(&server, &["config", "get", "MaxExecutions"]).ok(), "7\n");
    let json = on(
        &server,
        &["config", "get", "MaxExecutions", "LockMaxTime", "--json"],
    )
    .json();
    assert_eq!(
        (&json[0]["value"], &json[1]["value"]),
        (&7.into(), &2000.into())
    );
    let table = on(&server, &["config"]).ok();
    assert!(
        table.contains("MaxExecutions") && table.contains("finished executions that are kept"),
        "{table}"
    );

    let err = on(&server, &["config", "set", "MaxExecutons=3"]).fails(2);
    assert!(err.contains("did you mean `MaxExecutions`?"), "{err}");
    let err = on(&server, &["config", "set", "ExecutionThreads=3"]).fails(1);
    assert!(err.contains("--loadmodule"), "{err}");
    let err = on(&server, &["config", "set", "MaxExecutions=many"]).fails(1);
    assert!(err.contains("(number)"), "{err}");
    on(&server, &["config", "set", "MaxExecutions"]).fails(2);
    let half = ["config", "set", "maxexecutions=8", "LockMaxTime=x"];
    let err = on(&server, &half).fails(1);
    assert!(
        err.contains("LockMaxTime was not changed")
            && err.contains("maxexecutions was changed until the server restarts"),
        "{err}"
    );
    let done = on(&server, &[&half[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(json["done"], serde_json::json!(["maxexecutions"]));
    assert_eq!(json["failed"][0]["id"], "LockMaxTime");
    assert_eq!(on(&server, &["config", "get", "MAXEXECUTIONS"]).ok(), "8\n");
    let err = on(&server, &["config", "get", "Nothing"]).fails(1);
    assert!(err.contains("no setting `Nothing`"), "{err}");
    on(
        &server,
        &[
            "config",
            "set",
            "--custom",
            "api_url=http://me:secret@host/",
        ],
    )
    .ok();
    let shown = on(&server, &["config", "get", "api_url"]).ok();
    assert_eq!(shown, "http://***@host/\n");
}

#[test]
fn numbers_are_printed_and_reset() {
    let server = shop();
    on(&server, &["call", "echo"]).ok();
    let json = on(&server, &["stats", "--json"]).json();
    assert_eq!(json["servers"][0]["info"]["registrations"], "4");
    assert!(
        json["servers"][0]["python"]["current_allocated"]
            .as_u64()
            .unwrap()
            > 0
    );
    let table = on(&server, &["stats"]).ok();
    assert!(
        table.contains("engine version") && table.contains("orders:*"),
        "{table}"
    );
    on(&server, &["stats", "--reset"]).ok();
    let json = on(&server, &["stats", "--json"]).json();
    let runs = |row: &serde_json::Value| row["triggered"].as_u64().unwrap();
    assert_eq!(
        json["registrations"]
            .as_array()
            .unwrap()
            .iter()
            .map(runs)
            .sum::<u64>(),
        0
    );
}

#[test]
fn a_profile_is_printed() {
    let server = Server::start().unwrap();
    on(&server, &["config", "set", "ProfileExecutions=1"]).ok();
    let code = "def slow_one(x):\n    return sum(range(10))\nGB('CommandReader').map(slow_one).register(trigger='t', mode='sync')";
    on(&server, &["run", "-c", code, "--id", "p"]).ok();
    let err = on(&server, &["stats", "--profile", "p"]).fails(1);
    assert!(err.contains("ProfileExecutions"), "{err}");
    on(&server, &["call", "t"]).ok();
    let text = on(&server, &["stats", "--profile", "p", "--order", "cumtime"]).ok();
    assert!(text.contains("slow_one"), "{text}");
    on(&server, &["stats", "--profile", "p", "--reset"]).ok();
    on(&server, &["stats", "--profile", "p"]).fails(1);
}
