//! Bodies that are stopped: limits, aborts, the end of the server.

use super::common::{empty, eventually, plain_connection, untyped};
use super::{WAIT, answers_until, info, sent, sent_and_begun};
use redgrease_embedded::Server;
use std::time::Instant;

fn still_works(server: &Server) {
    let run = "GB('ShardsIDReader').map(lambda x: 'fine').run()";
    assert_eq!(untyped(server, &["RG.PYEXECUTE", run]), "fine\n");
    assert_eq!(info(server, "running_scripts"), "0");
}

#[test]
fn the_default_limit_of_time_is_a_minute() {
    let (server, _con) = empty();
    let value = |name| untyped(&server, &["RG.CONFIGGET", name]);
    assert_eq!(value("ScriptMaxTime"), "60000");
    assert_eq!(value("ScriptThreads"), "32");
}

#[test]
fn a_limit_of_executions_that_is_shorter_counts() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "ExecutionMaxTime", "200"]);
    let answer = untyped(&server, &["RG.PYEXECUTE", "while True: pass"]);
    assert!(answer.contains("ExecutionMaxTime, 200 ms"), "{answer}");
    still_works(&server);
}

#[test]
fn the_waiting_of_a_body_for_a_thread_does_not_count() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "ScriptThreads", "1"]);
    untyped(&server, &["RG.CONFIGSET", "ScriptMaxTime", "400"]);
    let first = sent_and_begun(&server, "", &[]);
    let second = sent(&server, "import time\ntime.sleep(0.2)", &[]);
    let answer = first.join().unwrap();
    assert!(answer.contains("ScriptMaxTime, 400 ms"), "{answer}");
    assert_eq!(second.join().unwrap(), "OK");
}

#[test]
fn a_body_that_was_given_up_changes_nothing_any_more() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "ScriptMaxTime", "200"]);
    // No interruption ends the call, which keeps the interpreter. It is short enough to wait for its end.
    let body = "
GB('CommandReader').register(trigger='late')
sum(range(10**8))
try:
    execute('SET', 'late', '1')
finally:
    execute('SET', 'late', '1')
";
    let sent = sent(&server, body, &["ID", "s"]);
    answers_until(&server, || sent.is_finished());
    let answer = sent.join().unwrap();
    assert!(answer.contains("ScriptMaxTime, 200 ms"), "{answer}");
    untyped(&server, &["RG.CONFIGSET", "ScriptMaxTime", "0"]);
    // This script gets the interpreter when the call has ended.
    let again = untyped(&server, &["RG.PYEXECUTE", "x = 1", "ID", "s"]);
    assert_eq!(again, "OK");
    still_works(&server);
    assert_eq!(info(&server, "replaced_threads"), "1");
    assert_eq!(untyped(&server, &["EXISTS", "late"]), "0");
    assert_eq!(info(&server, "nregistrations"), "0");
}

#[test]
fn an_administrator_ends_a_body_by_the_name_of_its_session() {
    let (server, _con) = empty();
    for (id, body) in [
        ("sleeps", "import time\ntime.sleep(1000)"),
        ("loops", "while True: pass"),
        (
            "catches",
            "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        ),
        ("commands", "while True: execute('PING')"),
    ] {
        let sent = sent(&server, body, &["ID", id]);
        eventually("it runs", || info(&server, "longest_script") == id);
        assert_eq!(untyped(&server, &["RG.ABORTEXECUTION", id]), "OK");
        let answer = sent.join().unwrap();
        assert!(answer.contains("the script was aborted"), "{id}: {answer}");
        let again = untyped(&server, &["RG.ABORTEXECUTION", id]);
        assert!(again.contains("execution does not exist"), "{again}");
        eventually("it has ended", || info(&server, "running_scripts") == "0");
    }
    still_works(&server);
}

#[test]
fn a_body_that_waits_for_a_thread_can_be_aborted() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "ScriptThreads", "1"]);
    let runs = sent_and_begun(&server, "", &["ID", "runs"]);
    let waits = sent(&server, "execute('SET', 'late', '1')", &["ID", "waits"]);
    eventually("one waits", || info(&server, "waiting_scripts") == "1");
    assert_eq!(untyped(&server, &["RG.ABORTEXECUTION", "waits"]), "OK");
    let answer = waits.join().unwrap();
    assert!(answer.contains("the script was aborted"), "{answer}");
    assert_eq!(info(&server, "waiting_scripts"), "0");
    super::go(&server);
    assert_eq!(runs.join().unwrap(), "OK");
    assert_eq!(untyped(&server, &["EXISTS", "late"]), "0");
    still_works(&server);
}

#[test]
fn as_many_endless_bodies_as_threads_do_not_block_the_others_for_ever() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "ScriptThreads", "3"]);
    untyped(&server, &["RG.CONFIGSET", "ScriptMaxTime", "300"]);
    let endless: Vec<_> = (0..3)
        .map(|_| sent(&server, "while True: pass", &[]))
        .collect();
    eventually("all run", || info(&server, "running_scripts") == "3");
    untyped(&server, &["RG.PYEXECUTE", "x = 1"]);
    for one in endless {
        assert!(one.join().unwrap().contains("ScriptMaxTime"));
    }
    still_works(&server);
}

#[test]
fn a_body_goes_on_without_its_client_unless_a_setting_says_otherwise() {
    let (server, _con) = empty();
    for (setting, expected) in [("0", "1"), ("1", "0")] {
        untyped(&server, &["FLUSHALL"]);
        untyped(&server, &["RG.CONFIGSET", "AbortOnDisconnect", setting]);
        let mut con = plain_connection(&server);
        let script = format!("{WAIT}execute('SET', 'late', '1')");
        let packed = redis::cmd("RG.PYEXECUTE").arg(script).get_packed_command();
        con.send_packed_command(&packed).unwrap();
        eventually("it runs", || info(&server, "running_scripts") == "1");
        drop(con);
        if setting == "1" {
            eventually("it ends", || info(&server, "running_scripts") == "0");
        }
        super::go(&server);
        eventually("it has ended", || info(&server, "running_scripts") == "0");
        assert_eq!(untyped(&server, &["EXISTS", "late"]), expected);
    }
    still_works(&server);
}

#[test]
fn the_server_ends_at_once_whatever_its_bodies_do() {
    for body in [
        "while True: pass",
        "import time\ntime.sleep(1000)",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "sum(range(10**9))",
        "while True: execute('INCR', 'n')",
    ] {
        let (server, _con) = empty();
        let sent = sent(&server, body, &[]);
        eventually("it runs", || info(&server, "running_scripts") == "1");
        let begun = Instant::now();
        server.stop().unwrap();
        let took = begun.elapsed();
        assert!(took < super::SOON, "{body}: {took:?}");
        // The connection is gone.
        drop(sent.join());
    }
}
