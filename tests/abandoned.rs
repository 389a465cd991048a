//! Executions whose clients have left before they began: by default they are dropped, unless they are wanted all the same.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, plain_connection, untyped};
use redgrease_embedded::Server;
use std::fs;

/// `hold` keeps the one worker thread busy while the key `gate` exists. `note` notes its argument.
const GEARS: &str = "
import time
def hold(r):
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
def note(r):
    execute('RPUSH', 'ran', r[1] if isinstance(r, list) else r['key'])
    return r
GB('CommandReader').map(hold).register(trigger='hold', mode='async_local')
GB('CommandReader').map(note).register(trigger='note', mode='async_local')
GB('CommandReader').map(note).register(trigger='in_order', mode='async_local', inorder=True)
GB('CommandReader').map(note).map(lambda r: 'PONG').register(hook='hlen', mode='async_local')
GB('KeysReader').foreach(note).register('event:*', mode='async', eventTypes=['set'])";

fn server() -> Server {
    let server = Server::builder()
        .module_arg("ExecutionThreads", "1")
        .module_arg("AdditionalThreads", "0")
        .module_arg("ScriptThreads", "1")
        .start()
        .unwrap();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", GEARS]), "OK");
    server
}

fn field(server: &Server, name: &str) -> String {
    let section = untyped(server, &["INFO", "rg_engine"]);
    let start = format!("rg_{name}:");
    let line = section.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap().trim().to_owned()
}

/// Sends a command and does not read the answer.
fn send(server: &Server, words: &[&str]) -> redis::Connection {
    let mut con = plain_connection(server);
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    con.send_packed_command(&cmd.get_packed_command()).unwrap();
    con
}

/// Keeps the worker thread busy until the gate is opened.
fn busy(server: &Server) -> redis::Connection {
    untyped(server, &["SET", "gate", "closed"]);
    let holding = send(server, &["RG.TRIGGER", "hold"]);
    eventually("the thread is busy", || {
        field(server, "running_executions") == "1"
    });
    holding
}

fn open(server: &Server) {
    untyped(server, &["DEL", "gate"]);
    eventually("all has ended", || {
        field(server, "running_executions") == "0" && field(server, "waiting_executions") == "0"
    });
}

fn waiting(server: &Server, count: usize) {
    let created = || {
        let all = untyped(server, &["RG.DUMPEXECUTIONS"]);
        all.matches("created").count()
    };
    eventually("so many executions wait", || created() == count);
}

fn ran(server: &Server) -> String {
    untyped(server, &["LRANGE", "ran", "0", "-1"]).replace('\n', " ")
}

fn aborted(server: &Server, trigger: &str) -> String {
    let all = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let rows: Vec<&str> = all.lines().collect();
    let at = rows.windows(2).position(|two| two == ["trigger", trigger]);
    let before = &rows[..at.unwrap()];
    let at = before.iter().rposition(|row| *row == "numAborted").unwrap();
    before[at + 1].to_owned()
}

#[test]
fn a_call_that_nobody_waits_for_any_longer_is_dropped() {
    let server = server();
    assert_eq!(
        untyped(&server, &["RG.CONFIGGET", "AbortOnDisconnect"]),
        "pending"
    );
    let _holding = busy(&server);
    let leaves = send(&server, &["RG.TRIGGER", "note", "left"]);
    let killed = send(&server, &["RG.TRIGGER", "note", "killed"]);
    let stays = send(&server, &["RG.TRIGGER", "note", "stayed"]);
    let batch = "GB('PythonReader').foreach(lambda r: execute('RPUSH', 'ran', 'batch')).run(lambda: iter([1]))";
    let run = send(&server, &["RG.PYEXECUTE", batch]);
    waiting(&server, 4);
    let clients = untyped(&server, &["CLIENT", "LIST"]);
    let of_killed = clients
        .lines()
        .filter(|line| line.contains("cmd=rg.trigger"))
        .nth(2)
        .and_then(|line| line.split(' ').next()?.strip_prefix("id="))
        .unwrap();
    drop((leaves, run));
    untyped(&server, &["CLIENT", "KILL", "ID", of_killed]);
    eventually("three are dropped", || {
        field(&server, "abandoned_executions") == "3"
    });
    waiting(&server, 1);
    open(&server);
    assert_eq!(ran(&server), "stayed");
    assert_eq!(aborted(&server, "note"), "2");
    drop((stays, killed));
    let log = fs::read_to_string(server.log_path()).unwrap();
    assert_eq!(
        log.matches("its client has left before it began").count(),
        1
    );
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "note", "x"]),
        "['note', 'x']"
    );
}

#[test]
fn what_is_wanted_without_its_client_runs() {
    let server = server();
    let holding = busy(&server);
    // Nobody waits for these: runs with UNBLOCKING, key events.
    let batch = "GB('PythonReader').foreach(lambda r: execute('RPUSH', 'ran', 'batch')).run(lambda: iter([1]))";
    untyped(&server, &["RG.PYEXECUTE", batch, "UNBLOCKING"]);
    untyped(&server, &["SET", "event:1", "v"]);
    // A hooked command is one of the server's.
    let hooked = send(&server, &["HLEN", "hash"]);
    waiting(&server, 3);
    // What has begun goes on.
    drop((hooked, holding));
    // These count: the drop of a call that came last tells that the ones before it were kept.
    drop(send(&server, &["RG.TRIGGER", "note", "left"]));
    eventually("the last one is dropped", || {
        field(&server, "abandoned_executions") == "1"
    });
    waiting(&server, 3);
    open(&server);
    assert_eq!(ran(&server), "batch event:1 hash");
    assert_eq!(aborted(&server, "hold"), "0");
}

#[test]
fn a_call_without_a_wish_for_its_answer_runs_on_a_server_that_keeps_up() {
    let server = server();
    for number in 0..50 {
        drop(send(&server, &["RG.TRIGGER", "note", &number.to_string()]));
    }
    eventually("all have run", || {
        untyped(&server, &["LLEN", "ran"]) == "50"
    });
    assert_eq!(field(&server, "abandoned_executions"), "0");
}

#[test]
fn a_call_that_another_client_waits_for_is_kept() {
    let server = server();
    let _holding = busy(&server);
    let first = send(&server, &["RG.TRIGGER", "note", "wanted"]);
    waiting(&server, 1);
    let rows = untyped(&server, &["RG.DUMPEXECUTIONS"]);
    let lines: Vec<&str> = rows.lines().collect();
    let at = lines.iter().position(|line| *line == "created").unwrap();
    let other = send(&server, &["RG.GETRESULTSBLOCKING", lines[at - 2]]);
    eventually("the other one waits", || {
        untyped(&server, &["CLIENT", "LIST"]).contains("rg.getresultsblocking")
    });
    drop(first);
    drop(send(&server, &["RG.TRIGGER", "note", "left"]));
    eventually("the later call is dropped", || {
        field(&server, "abandoned_executions") == "1"
    });
    waiting(&server, 1);
    drop(other);
    eventually("nobody waits for the first one, either", || {
        field(&server, "abandoned_executions") == "2"
    });
    open(&server);
    assert_eq!(ran(&server), "");
}

#[test]
fn a_dropped_call_gives_its_turn_to_the_next_one() {
    let server = server();
    let _holding = busy(&server);
    // The first one has the turn of its order, and waits for the thread.
    let mut calls: Vec<_> = ["a", "b", "c", "d"]
        .iter()
        .map(|name| send(&server, &["RG.TRIGGER", "in_order", name]))
        .collect();
    waiting(&server, 4);
    let stays = [calls.remove(3), calls.remove(1)];
    drop(calls);
    eventually("two are dropped", || {
        field(&server, "abandoned_executions") == "2"
    });
    open(&server);
    assert_eq!(ran(&server), "b d");
    assert_eq!(aborted(&server, "in_order"), "2");
    drop(stays);
}

#[test]
fn dropped_calls_make_room_in_the_queue() {
    let server = server();
    untyped(&server, &["RG.CONFIGSET", "ExecutionQueueSize", "5"]);
    let _holding = busy(&server);
    let calls: Vec<_> = (0..5)
        .map(|_| send(&server, &["RG.TRIGGER", "note", "left"]))
        .collect();
    waiting(&server, 5);
    let refused = untyped(&server, &["RG.TRIGGER", "note", "refused"]);
    assert!(refused.contains("ExecutionQueueSize"), "{refused}");
    drop(calls);
    eventually("all are dropped", || {
        field(&server, "abandoned_executions") == "5"
    });
    let stays = send(&server, &["RG.TRIGGER", "note", "stayed"]);
    waiting(&server, 1);
    open(&server);
    assert_eq!(ran(&server), "stayed");
    drop(stays);
}

#[test]
fn the_body_of_a_script_that_has_not_begun_is_dropped() {
    let server = server();
    let body = |name: &str| format!("execute('RPUSH', 'ran', '{name}')");
    let wait = "import time\nwhile execute('EXISTS', 'gate'): time.sleep(0.005)\n";
    untyped(&server, &["SET", "gate", "closed"]);
    let begun = send(
        &server,
        &["RG.PYEXECUTE", &format!("{wait}{}", body("begun"))],
    );
    eventually("it runs", || field(&server, "running_scripts") == "1");
    let scripts = [
        send(
            &server,
            &["RG.PYEXECUTE", &body("unblocking"), "UNBLOCKING"],
        ),
        send(&server, &["RG.PYEXECUTE", &body("shared"), "ID", "shared"]),
        send(&server, &["RG.PYEXECUTE", &body("left")]),
    ];
    eventually("they wait", || field(&server, "waiting_scripts") == "3");
    // The same request again: its client wants the outcome.
    let joined = send(&server, &["RG.PYEXECUTE", &body("shared"), "ID", "shared"]);
    eventually("all are at work", || {
        let clients = untyped(&server, &["CLIENT", "LIST"]);
        clients.matches("cmd=rg.pyexecute").count() == 5
    });
    drop((begun, scripts));
    eventually("one is dropped", || {
        field(&server, "abandoned_executions") == "1"
    });
    assert_eq!(field(&server, "waiting_scripts"), "2");
    untyped(&server, &["DEL", "gate"]);
    eventually("all have ended", || {
        field(&server, "running_scripts") == "0" && field(&server, "waiting_scripts") == "0"
    });
    assert_eq!(ran(&server), "begun unblocking shared");
    drop(joined);
}

#[test]
fn the_setting_says_what_a_disconnect_ends() {
    for (setting, expected) in [("0", "left"), ("1", "")] {
        let server = server();
        untyped(&server, &["RG.CONFIGSET", "AbortOnDisconnect", setting]);
        let _holding = busy(&server);
        let leaves = send(&server, &["RG.TRIGGER", "note", "left"]);
        waiting(&server, 1);
        drop(leaves);
        eventually("the client is gone", || {
            let clients = untyped(&server, &["CLIENT", "LIST"]);
            clients.lines().count() == 2
        });
        open(&server);
        assert_eq!(ran(&server), expected, "{setting}");
        assert_eq!(field(&server, "abandoned_executions"), "0");
    }
    let server = server();
    let refused = untyped(&server, &["RG.CONFIGSET", "AbortOnDisconnect", "2"]);
    assert!(refused.contains("Failed setting"), "{refused}");
}

#[test]
fn clients_that_leave_in_the_middle_of_a_transaction_or_a_pipeline_do_no_harm() {
    let server = server();
    let _holding = busy(&server);
    let mut multi = plain_connection(&server);
    redis::cmd("MULTI").exec(&mut multi).unwrap();
    let queued = redis::cmd("RG.TRIGGER").arg("note").arg("multi").to_owned();
    let _: redis::Value = queued.query(&mut multi).unwrap();
    drop(multi);
    let mut pipelined = plain_connection(&server);
    let words = redis::cmd("RG.TRIGGER").arg("note").arg("piped").to_owned();
    let packed = words.get_packed_command().repeat(3);
    pipelined.send_packed_command(&packed).unwrap();
    waiting(&server, 1);
    drop(pipelined);
    eventually("the first call of the pipeline is dropped", || {
        field(&server, "abandoned_executions") == "1"
    });
    open(&server);
    assert_eq!(ran(&server), "");
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "note", "x"]),
        "['note', 'x']"
    );
}
