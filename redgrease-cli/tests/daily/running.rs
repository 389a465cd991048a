//! `run`.

use super::common::{REDGREASE, done, eventually, on, program, run};
use super::{con, ended, signal};
use redgrease_core::{ExecutionStatus, GearsCommands as _};
use redgrease_embedded::Server;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;

const RECORDS: &str =
    "GB('ShardsIDReader').flatmap(lambda _: [{'key': 'a', 'n': 1}, {'key': 'b', 'n': None}]).run()";

#[test]
fn records_are_text_a_table_or_json() {
    let server = Server::start().unwrap();
    let run = |more: &[&str]| on(&server, &[&["run", "-c", RECORDS], more].concat());
    // The server gives the records in another order.
    let sorted = |text: String| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(
        sorted(run(&[]).ok()),
        ["{'key': 'a', 'n': 1}", "{'key': 'b', 'n': None}"]
    );
    assert_eq!(
        sorted(run(&["--format", "table"]).ok()),
        [" KEY  N", " a    1", " b"]
    );
    let json = run(&["--json"]).json();
    let records = json["results"].as_array().unwrap();
    for record in [json!({"key": "a", "n": 1}), json!({"key": "b", "n": null})] {
        assert!(records.contains(&record), "{json}");
    }
    assert_eq!(json["errors"], json!([]));
    // Nothing is left behind.
    assert_eq!(on(&server, &["ps", "--json"]).ok(), "[]\n");
    let empty = on(&server, &["run", "-c", "GB('KeysReader').run('nothing:*')"]);
    assert_eq!(
        (empty.out.as_str(), empty.err.as_str()),
        ("", "the execution gave no records\n")
    );
}

#[test]
fn bytes_reach_a_file_as_they_are() {
    let server = Server::start().unwrap();
    let code = "GB('ShardsIDReader').map(lambda _: b'\\x1b[31m\\xff').run(convertToStr=False)";
    let output = program(&["run", "-c", code])
        .env("REDGREASE_URL", server.url())
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"\x1b[31m\xff\n");
    let shown = on(&server, &["run", "-c", code, "--format", "table"]).ok();
    assert!(!shown.contains('\x1b'), "{shown:?}");
}

#[test]
fn a_failing_script_shows_its_lines() {
    let server = Server::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("job.py");
    let path = file.to_str().unwrap();
    std::fs::write(
        &file,
        "def f(x):\n    y = 0\n    return 1 // y\n\nGB('ShardsIDReader').map(f).run()\n",
    )
    .unwrap();
    let err = on(&server, &["run", path]).fails(1);
    assert_eq!(
        err,
        format!(
            "error: the execution failed:\n  {path}:3 in f\n    2 |     y = 0\n    3 |     return 1 // y\n\
             ZeroDivisionError: integer division or modulo by zero\n"
        )
    );
    std::fs::write(&file, "import time\nimport no_such_module\n").unwrap();
    let err = on(&server, &["run", path]).fails(1);
    assert!(err.contains(&format!("{path}:2 in <module>\n")), "{err}");
    assert!(
        err.contains("    2 | import no_such_module\nModuleNotFoundError"),
        "{err}"
    );
    std::fs::write(&file, "\nx = (\n").unwrap();
    let err = on(&server, &["run", path]).fails(1);
    assert!(
        err.contains(&format!("{path}:2\n    2 | x = (\nSyntaxError")),
        "{err}"
    );
    let json = on(&server, &["run", path, "--json"]).fails(1);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["traceback"]["frames"][0]["source"], "x = (");
}

#[test]
fn errors_and_records_come_together() {
    let server = Server::start().unwrap();
    let code = "GB('ShardsIDReader').flatmap(lambda _: [1, 0]).map(lambda x: 5 // x).run()";
    let done = on(&server, &["run", "-c", code]);
    assert_eq!((done.code, done.out.as_str()), (1, "5\n"));
    assert!(done.err.contains("-c:1 in <lambda>"), "{}", done.err);
}

#[test]
fn a_script_comes_from_the_standard_input() {
    let server = Server::start().unwrap();
    let mut child = program(&["run", "-"])
        .env("REDGREASE_URL", server.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"GB('ShardsIDReader').map(lambda _: 'hi').run()")
        .unwrap();
    let mut out = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    assert!(ended(&mut child).success());
    assert_eq!(out, "hi\n");
}

#[test]
fn sessions_are_named_and_replaced() {
    let server = Server::start().unwrap();
    let register = "GB('CommandReader').register(trigger='t')";
    let first = on(
        &server,
        &["run", "-c", register, "--id", "s", "--description", "one"],
    );
    assert_eq!(
        first.err,
        "the script ran: 1 registration in the session s\n"
    );
    let err = on(&server, &["run", "-c", register, "--id", "s"]).fails(1);
    assert!(err.contains("--upgrade"), "{err}");
    on(
        &server,
        &[
            "run",
            "-c",
            register,
            "--id",
            "s",
            "--upgrade",
            "--description",
            "two",
        ],
    )
    .ok();
    on(
        &server,
        &[
            "run",
            "-c",
            register,
            "--id",
            "other",
            "--replace-with",
            "s",
        ],
    )
    .ok();
    let sessions = on(&server, &["ls", "--sessions", "--json"]).json();
    assert_eq!(sessions[0]["id"], "other");
    let json = on(
        &server,
        &[
            "run",
            "-c",
            "GB('CommandReader').register(trigger='u')",
            "--json",
        ],
    )
    .json();
    assert_eq!(json["registrations"].as_array().unwrap().len(), 1);
    let nothing = on(&server, &["run", "-c", "1"]);
    assert!(
        nothing.err.contains("registered nothing"),
        "{}",
        nothing.err
    );
}

#[test]
fn unblocking_prints_the_id() {
    let server = Server::start().unwrap();
    let id = on(&server, &["-q", "run", "--unblocking", "-c", RECORDS]).ok();
    let id = id.trim();
    eventually("the execution ends", || {
        let json = on(&server, &["show", id, "--json"]).json();
        json["executions"][0]["status"] == "done"
    });
}

#[test]
fn mistakes_have_their_exit_codes() {
    let server = Server::start().unwrap();
    let err = on(&server, &["run", "no/such/file.py"]).fails(1);
    assert!(err.contains("check the path"), "{err}");
    on(&server, &["run"]).fails(2);
    on(&server, &["run", "x.py", "-c", "1"]).fails(2);
    let err = on(&server, &["run", "-c", "1", "--requirement", "a=="]).fails(2);
    assert!(err.contains("--requirement: "), "{err}");
    let err = run(&["--url", "redis://127.0.0.1:1", "run", "-c", "1"]).fails(3);
    assert!(err.contains("remedy: "), "{err}");
    let err =
        done(program(&["run", "-c", "1"]).env("REDGREASE_URL", "redis://:secret@127.0.0.1:1"))
            .fails(3);
    assert!(!err.contains("secret"), "{err}");
}

#[test]
fn an_interrupt_aborts_the_execution_on_the_server() {
    aborts_an_execution(&Server::start().unwrap());
}

#[test]
fn results_of_a_server_that_keeps_none_are_printed() {
    let server = Server::builder()
        .module_arg("MaxExecutions", "0")
        .start()
        .unwrap();
    let code = "GB('ShardsIDReader').map(lambda _: 'kept').run()";
    for _ in 0..10 {
        assert_eq!(on(&server, &["run", "-c", code]).ok(), "kept\n");
    }
    aborts_an_execution(&server);
}

fn aborts_an_execution(server: &Server) {
    let code = "import time\nGB('ShardsIDReader').map(lambda _: time.sleep(60)).run()";
    let mut child = program(&["run", "-c", code])
        .env("REDGREASE_URL", server.url())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut con = con(server);
    let mut running = || {
        let executions = con.dump_executions().unwrap();
        executions
            .iter()
            .any(|it| it.status == ExecutionStatus::Running)
    };
    eventually("the execution runs", &mut running);
    signal(&child, "-INT");
    assert_eq!(ended(&mut child).code(), Some(1));
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(
        err.starts_with("error: the execution 0-") && err.contains("was aborted on the server"),
        "{err}"
    );
    assert!(!running());
}

#[test]
fn an_interrupt_aborts_the_body_of_a_script() {
    let code = "import time\nwhile True: time.sleep(0.01)";
    aborts_a_body(program(&["run", "-c", code]), "-TERM");
}

/// `nohup`, which may have started these tests, lets programs ignore the end of a terminal.
#[cfg(target_os = "linux")]
#[test]
fn the_end_of_the_terminal_aborts_the_body_of_a_script() {
    let code = "import time\nwhile True: time.sleep(0.01)";
    let mut command = std::process::Command::new("env");
    command
        .args(["--default-signal=HUP", REDGREASE, "run", "-c", code])
        .stdin(Stdio::null());
    aborts_a_body(command, "-HUP");
}

fn aborts_a_body(mut command: std::process::Command, name: &str) {
    let server = Server::start().unwrap();
    let mut child = command
        .env("REDGREASE_URL", server.url())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut con = con(&server);
    let mut running = || {
        let info: String = redis::cmd("INFO").arg("rg_engine").query(&mut con).unwrap();
        info.contains("rg_running_scripts:1")
    };
    eventually("the body runs", &mut running);
    signal(&child, name);
    assert_eq!(ended(&mut child).code(), Some(1));
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(
        err.contains("the script was aborted on the server"),
        "{err}"
    );
    eventually("the body has ended", || !running());
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let server = Server::start().unwrap();
    let code = "GB('ShardsIDReader').flatmap(lambda _: ['x' * 100] * 100000).run()";
    let mut child = program(&["run", "-c", code])
        .env("REDGREASE_URL", server.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    assert_eq!(line.len(), 101);
    drop(out);
    assert_eq!(ended(&mut child).code(), Some(0));
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!(err, "");
}

#[test]
fn a_server_that_goes_away_is_named() {
    let server = Server::start().unwrap();
    let url = server.url().to_owned();
    let code = "import time\nGB('ShardsIDReader').map(lambda _: time.sleep(60)).run()";
    let mut child = program(&["run", "-c", code])
        .env("REDGREASE_URL", &url)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut con = con(&server);
    eventually("the execution runs", || {
        let executions = con.dump_executions().unwrap();
        executions
            .iter()
            .any(|it| it.status == ExecutionStatus::Running)
    });
    server.kill().unwrap();
    assert_eq!(ended(&mut child).code(), Some(3));
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(err.contains("the connection broke"), "{err}");
    assert!(err.contains("`redgrease ps`"), "{err}");
}

#[test]
fn more_is_told_on_request() {
    let server = Server::start().unwrap();
    let code = "GB('ShardsIDReader').run()";
    let err = on(&server, &["-v", "run", "-c", code]).err;
    assert!(
        err.starts_with("the execution 0") && err.contains("has begun"),
        "{err}"
    );
    let err = on(&server, &["-vv", "run", "-c", code]).err;
    assert!(err.contains("debug: connected: Con("), "{err}");
    let err = on(&server, &["-q", "run", "-c", "1"]).err;
    assert_eq!(err, "");
}

#[test]
fn an_upgrade_without_registrations_replaces_nothing() {
    let server = Server::start().unwrap();
    let code = "GB('CommandReader').register(trigger='old')";
    on(&server, &["run", "-c", code, "--id", "upg"]).ok();
    let done = on(&server, &["run", "-c", "x = 1", "--id", "upg", "--upgrade"]);
    assert!(
        done.code == 0
            && done
                .err
                .contains("registered nothing: the session upg is as it was"),
        "{done:?}"
    );
    let done = on(&server, &["run", "-c", code, "--id", "upg", "--upgrade"]);
    assert!(
        done.err.contains("1 registration in the session upg"),
        "{done:?}"
    );
}
