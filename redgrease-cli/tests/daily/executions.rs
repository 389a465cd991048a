//! `ps` and `abort`.

use super::common::{eventually, on, program};
use super::{con, ended};
use redgrease_embedded::Server;
use std::io::Read as _;
use std::process::Stdio;

const SLEEP: &str = "import time\nGB('ShardsIDReader').map(lambda _: time.sleep(60)).run()";

fn start(server: &Server, code: &str) -> String {
    let id = on(server, &["-q", "run", "--unblocking", "-c", code]).ok();
    id.trim().to_owned()
}

fn ids(server: &Server, args: &[&str]) -> Vec<String> {
    let rows = on(server, &[&["ps", "--json"], args].concat()).json();
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn executions_are_listed_with_status_and_error() {
    let server = Server::start().unwrap();
    let sleeping = start(&server, SLEEP);
    let failed = start(&server, "GB('ShardsIDReader').map(lambda _: 1 // 0).run()");
    eventually("one runs, one is done", || {
        ids(&server, &["--status", "running"]) == [sleeping.clone()]
            && ids(&server, &["--status", "done"]) == [failed.clone()]
    });
    assert_eq!(ids(&server, &["-n", "1"]), [failed]);
    assert!(ids(&server, &["--registered"]).is_empty());
    let table = on(&server, &["ps"]).ok();
    assert!(
        table.contains("ZeroDivisionError: integer division or modulo by zero"),
        "{table}"
    );
    assert!(
        table.contains("running") && table.contains("script"),
        "{table}"
    );
    let err = on(&server, &["ps", "--status", "sleeping"]).fails(2);
    assert!(err.contains("pending_cluster"), "{err}");
    eventually("the time passes", || {
        let rows = on(&server, &["ps", "--status", "running", "--json"]).json();
        rows[0]["duration_ms"].as_u64().is_some_and(|ms| ms > 10)
    });
}

#[test]
fn executions_are_aborted() {
    let server = Server::start().unwrap();
    let running = || ids(&server, &["--status", "running"]).len();
    let one = start(&server, SLEEP);
    let short = format!("0-{}", one.rsplit_once('-').unwrap().1);
    assert_eq!(
        on(&server, &["abort", &short]).ok(),
        format!("aborted {short}\n")
    );
    eventually("it has ended", || running() == 0);
    for _ in 0..2 {
        start(&server, SLEEP);
    }
    eventually("both run", || running() == 2);
    let err = on(&server, &["abort", "--all"]).fails(2);
    assert!(
        err.contains("Abort 2 executions?") && err.contains("--yes"),
        "{err}"
    );
    on(&server, &["abort", "--all", "--yes"]).ok();
    eventually("both have ended", || running() == 0);
    let err = on(&server, &["abort", "0-987"]).fails(1);
    assert!(
        err.contains("`redgrease ps` lists what runs") && !err.contains("redgrease ls"),
        "{err}"
    );
    on(&server, &["abort"]).fails(2);
    let none = on(&server, &["abort", "--all"]);
    assert_eq!(
        (none.code, none.err.as_str()),
        (0, "no execution runs or waits\n")
    );
}

#[test]
fn the_body_of_a_script_is_aborted_by_its_session() {
    aborts_a_body(true);
}

#[test]
fn the_body_of_a_script_is_aborted_with_all() {
    aborts_a_body(false);
}

fn aborts_a_body(is_named: bool) {
    let server = Server::start().unwrap();
    let code = "import time\nwhile True: time.sleep(0.01)";
    let mut child = program(&["run", "-c", code, "--id", "endless"])
        .env("REDGREASE_URL", server.url())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut con = con(&server);
    eventually("the body runs", || {
        let info: String = redis::cmd("INFO").arg("rg_engine").query(&mut con).unwrap();
        info.contains("rg_longest_script:endless")
    });
    let err = on(&server, &["ps"]).err;
    assert!(
        err.contains("the body of 1 script runs, in the session endless for ")
            && err.contains("the server has no executions"),
        "{err}"
    );
    let out = if is_named {
        on(&server, &["abort", "endless"]).ok()
    } else {
        on(&server, &["abort", "--all", "--yes"]).ok()
    };
    let expected = if is_named {
        "aborted the script of endless\n"
    } else {
        "aborted endless\n"
    };
    assert_eq!(out, expected);
    assert_eq!(ended(&mut child).code(), Some(1));
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(err.contains("the script was aborted"), "{err}");
}

#[test]
fn records_of_an_execution_in_the_background_are_shown_and_dropped() {
    let server = Server::start().unwrap();
    let id = start(
        &server,
        "GB('ShardsIDReader').flatmap(lambda _: list(range(150))).run()",
    );
    let show = || on(&server, &["show", &id, "--json"]).json();
    eventually("it has ended", || {
        show()["executions"][0]["records"].is_array()
    });
    assert_eq!(
        show()["executions"][0]["records"].as_array().unwrap().len(),
        150
    );
    let text = on(&server, &["show", &id]).ok();
    assert!(
        text.contains("    99\n") && text.contains("and 50 more: --json prints all"),
        "{text}"
    );
    // It cannot be aborted any more.
    let err = on(&server, &["abort", &id]).fails(1);
    assert!(err.contains("has ended already (done)"), "{err}");
    let out = on(&server, &["rm", &id]).ok();
    assert!(out.starts_with("dropped execution 0-"), "{out}");
    assert!(ids(&server, &[]).is_empty());
    let running = start(&server, SLEEP);
    let err = on(&server, &["rm", &running]).fails(1);
    assert!(err.contains("redgrease abort 0-"), "{err}");
}
