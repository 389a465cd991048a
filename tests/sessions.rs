//! Sessions as clients see them: `RG.PYDUMPSESSIONS` lists current and dead ones.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, field, untyped};
use redgrease_embedded::Server;

const WAITS: &str = "
import time
def wait(x):
    execute('INCR', 'begun')
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
";

fn gated() -> Server {
    let (server, _con) = empty();
    untyped(&server, &["SET", "gate", "1"]);
    server
}

fn sessions(server: &Server, options: &[&str]) -> Vec<String> {
    let text = untyped(server, &[&["RG.PYDUMPSESSIONS"], options].concat());
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_run_has_a_session_until_it_ends() {
    let server = gated();
    let script = format!("{WAITS}GB('ShardsIDReader').map(wait).run()");
    let run = ["RG.PYEXECUTE", &script, "UNBLOCKING", "ID", "runs"];
    untyped(&server, &run);
    let rows = sessions(&server, &[]);
    assert_eq!(field(&rows, "ID"), "runs");
    assert_eq!(field(&rows, "refCount"), "1");
    let other = [&run[..], &["DESCRIPTION", "another"]].concat();
    assert!(untyped(&server, &other).contains("Session runs already exists"));
    untyped(&server, &["DEL", "gate"]);
    eventually("the session ends", || sessions(&server, &[]).is_empty());
    assert!(!untyped(&server, &run).contains("already exists"));
}

#[test]
fn a_replaced_session_is_dead_until_its_executions_end() {
    let server = gated();
    let script = format!(
        "{WAITS}GB('CommandReader').map(wait).register(trigger='wait', mode='async_local')"
    );
    let register = ["RG.PYEXECUTE", &script, "ID", "app", "UPGRADE"];
    assert_eq!(untyped(&server, &register), "OK");
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| untyped(&server, &["RG.TRIGGER", "wait"]));
        eventually("it runs", || untyped(&server, &["GET", "begun"]) == "1");
        let id = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        assert_eq!(
            untyped(&server, &["RG.UNREGISTER", id.lines().nth(1).unwrap()]),
            "OK"
        );
        assert!(sessions(&server, &[]).is_empty());
        let dead = sessions(&server, &["DEAD"]);
        assert_eq!(field(&dead, "ID"), "app");
        assert_eq!(field(&dead, "dead"), "true");
        assert_eq!(field(&dead, "linked"), "None");
        // The dead session does not occupy the name.
        assert_eq!(untyped(&server, &register[..4]), "OK");
        assert_eq!(field(&sessions(&server, &[]), "dead"), "false");
        untyped(&server, &["DEL", "gate"]);
        caller.join().unwrap();
    });
    eventually("it is forgotten", || {
        sessions(&server, &["DEAD"]).is_empty()
    });
}

/// A server on which DEBUG works.
fn debuggable() -> Server {
    let program = redgrease_embedded::find_server().unwrap();
    let told = std::process::Command::new(program)
        .arg("--version")
        .output();
    let told = String::from_utf8_lossy(&told.unwrap().stdout).into_owned();
    let builder = Server::builder();
    // Redis 6.2 always allows DEBUG, and does not know this setting.
    if told.contains("v=6.") {
        builder.start().unwrap()
    } else {
        let builder = builder.server_arg("enable-debug-command", "yes");
        builder.start().unwrap()
    }
}

#[test]
fn the_python_of_a_session_begins_anew_after_a_reload() {
    let server = debuggable();
    let script = "
n = 0
seen = []
def count(x):
    global n
    n += 1
    seen.append(n)
    return str([n, len(seen)])
GB('CommandReader').map(count).register(trigger='count', mode='sync')
GB('CommandReader').map(count).register(trigger='count_too', mode='async_local')
";
    let words = ["RG.PYEXECUTE", script, "ID", "app"];
    assert_eq!(untyped(&server, &words), "OK");
    let dump = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    for _ in 0..3 {
        assert_eq!(untyped(&server, &["RG.TRIGGER", "count"]), "[1, 1]");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "count_too"]), "[2, 2]");
        assert_eq!(untyped(&server, &["DEBUG", "RELOAD"]), "OK");
        assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), dump);
    }
}
