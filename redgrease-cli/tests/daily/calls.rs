//! `call`.

use super::common::{done, eventually, on, program};
use super::{con, ended, shop, signal};
use redgrease_embedded::Server;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

#[test]
fn answers_are_text_a_table_or_json() {
    let server = shop();
    assert_eq!(
        on(&server, &["call", "echo", "a", "b"]).ok(),
        "{'args': ['a', 'b'], 'n': 1}\n"
    );
    let json = on(&server, &["call", "echo", "a", "--json"]).json();
    assert_eq!(json, serde_json::json!([{"args": ["a"], "n": 1}]));
    assert_eq!(
        on(&server, &["call", "echo", "--format", "table"]).ok(),
        " ARGS  N\n []    1\n"
    );
    let key = on(&server, &["call", "echo", "--key", "k:1", "x"]).ok();
    assert_eq!(key, "{'args': ['k:1', 'x'], 'n': 1}\n");
    assert_eq!(
        on(&server, &["call", "echo", "-5", "--", "--json"]).ok(),
        "{'args': ['-5', '--json'], 'n': 1}\n"
    );
}

#[test]
fn arguments_come_from_files_and_the_standard_input() {
    let server = shop();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("text");
    std::fs::write(&file, "from a file").unwrap();
    let of_file = format!("@{}", file.display());
    let mut child = program(&["call", "echo", &of_file, "@-", "@@at"])
        .env("REDGREASE_URL", server.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"typed").unwrap();
    assert!(ended(&mut child).success());
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert_eq!(out, "{'args': ['from a file', 'typed', '@at'], 'n': 1}\n");
    let err = on(&server, &["call", "echo", "@/no/such/file"]).fails(1);
    assert!(err.contains("/no/such/file cannot be read"), "{err}");
}

#[test]
fn errors_name_what_is_near_and_show_the_traceback() {
    let server = shop();
    let err = on(&server, &["call", "ecoh"]).fails(1);
    assert!(
        err.contains("no trigger `ecoh`: did you mean `echo`?"),
        "{err}"
    );
    let err = on(&server, &["call", "bad", "x"]).fails(1);
    assert_eq!(
        err,
        "error: the gear `bad` failed:\n  <string>:3 in fail\nValueError: bad x\n"
    );
    let json = on(&server, &["call", "bad", "x", "--json"]).fails(1);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["traceback"]["error"], "ValueError: bad x");
}

#[test]
fn an_interrupt_ends_the_wait_and_says_what_goes_on() {
    let server = Server::start().unwrap();
    let code = "import time\nGB('CommandReader').map(lambda x: time.sleep(60)).register(trigger='slow', mode='async_local')";
    on(&server, &["-q", "run", "-c", code]).ok();
    let mut child = program(&["call", "slow"])
        .env("REDGREASE_URL", server.url())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut con = con(&server);
    eventually("the gear runs", || {
        let info: String = redis::cmd("INFO").arg("rg_engine").query(&mut con).unwrap();
        info.contains("rg_running_executions:1")
    });
    signal(&child, "-INT");
    assert_eq!(ended(&mut child).code(), Some(1));
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(err.contains("the gear may run on: `redgrease ps"), "{err}");
    on(&server, &["abort", "--all", "--yes"]).ok();
}

#[test]
fn a_user_without_rights_is_told_which_ones() {
    let server = shop();
    let rules = [
        "SETUSER",
        "bob",
        "on",
        ">secret",
        "+ping",
        "+info",
        "+cluster",
        "+rg.trigger",
        "~*",
    ];
    let () = redis::cmd("ACL")
        .arg(&rules)
        .query(&mut con(&server))
        .unwrap();
    let url = format!("{}?user=bob&pass=secret", server.url());
    let bob = |args: &[&str]| done(program(args).env("REDGREASE_URL", &url));
    assert_eq!(
        bob(&["call", "echo", "x"]).ok(),
        "{'args': ['x'], 'n': 1}\n"
    );
    let err = bob(&["ls"]).fails(1);
    assert!(err.contains("+rg.dumpregistrations"), "{err}");
    bob(&["call", "ecoh"]).fails(1);
    let url = url.replace("pass=secret", "pass=wrong-one");
    let err = done(program(&["ls"]).env("REDGREASE_URL", &url)).fails(1);
    assert!(
        err.contains("check user and password") && !err.contains("wrong-one"),
        "{err}"
    );
}
