//! What the server does while a body runs.

use super::common::{empty, plain_connection, untyped};
use super::{answers_until, go, info, sent, sent_and_begun};

/// Bodies that take a long time, each in another way.
const SLOW: [&str; 6] = [
    "import time\ntime.sleep(30)",
    "while True: pass",
    "sum(range(2 * 10**8))",
    "import threading\nthreading.Event().wait(30)",
    "import socket\na, b = socket.socketpair()\na.settimeout(30)\na.recv(1)",
    "while True: execute('PING')",
];

#[test]
fn the_server_answers_while_a_body_takes_its_time() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "ScriptMaxTime", "1500"]);
    for body in SLOW {
        let sent = sent(&server, body, &[]);
        answers_until(&server, || sent.is_finished());
        let answer = sent.join().unwrap();
        assert!(answer.contains("ScriptMaxTime"), "{body}: {answer}");
    }
}

#[test]
fn the_server_answers_while_a_slow_package_is_imported() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("slow.py"), "import time\ntime.sleep(1)").unwrap();
    let (server, _con) = empty();
    let body = format!(
        "import sys\nsys.path.insert(0, {:?})\nimport slow",
        dir.path()
    );
    let sent = sent(&server, &body, &[]);
    answers_until(&server, || sent.is_finished());
    assert_eq!(sent.join().unwrap(), "OK");
}

#[test]
fn scripts_triggers_and_events_go_on_while_a_body_waits() {
    let (server, _con) = empty();
    let gears = "
GB('CommandReader').map(lambda x: 'fine').register(trigger='sync', mode='sync')
GB('CommandReader').map(lambda x: 'fine').register(trigger='async', mode='async_local')
GB('KeysReader').foreach(lambda r: execute('INCR', 'events')).register('k*', mode='sync', eventTypes=['set'])
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", gears]), "OK");
    let waits = sent_and_begun(&server, "", &[]);
    for trigger in ["sync", "async"] {
        assert_eq!(untyped(&server, &["RG.TRIGGER", trigger]), "fine");
    }
    untyped(&server, &["SET", "k1", "v"]);
    assert_eq!(untyped(&server, &["GET", "events"]), "1");
    let run = "GB('ShardsIDReader').map(lambda x: 'fine').run()";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", run]), "fine\n");
    assert_eq!(info(&server, "running_scripts"), "1");
    assert!(!waits.is_finished());
    go(&server);
    assert_eq!(waits.join().unwrap(), "OK");
    assert_eq!(info(&server, "running_scripts"), "0");
}

#[test]
fn the_commands_of_a_client_come_after_the_reply_of_its_script() {
    let (server, _con) = empty();
    let mut con = plain_connection(&server);
    let mut pipeline = redis::pipe();
    pipeline
        .cmd("RG.PYEXECUTE")
        .arg("import time\ntime.sleep(0.2)\nexecute('SET', 'k', 'of the body')\nGB('CommandReader').map(lambda x: 'new').register(trigger='t')")
        .cmd("GET")
        .arg("k")
        .cmd("RG.TRIGGER")
        .arg("t");
    let (ok, value, new): (String, String, Vec<String>) = pipeline.query(&mut con).unwrap();
    assert_eq!((ok.as_str(), value.as_str()), ("OK", "of the body"));
    assert_eq!(new, ["new"]);
}

#[test]
fn nothing_comes_between_the_commands_of_an_atomic_block() {
    let (server, _con) = empty();
    let atomic = "
with atomic():
    before = execute('INCR', 'n')
    for _ in range(200):
        execute('GET', 'n')
    after = execute('INCR', 'n')
    atomic_inside = isInAtomicBlock()
execute('RPUSH', 'seen', before, after, str(atomic_inside), str(isInAtomicBlock()), str(isAsyncAllow()))
";
    let sent = sent(&server, atomic, &[]);
    let mut con = plain_connection(&server);
    let mut own = 0;
    while !sent.is_finished() {
        redis::cmd("INCR").arg("n").exec(&mut con).unwrap();
        own += 1;
    }
    assert_eq!(sent.join().unwrap(), "OK");
    let seen = untyped(&server, &["LRANGE", "seen", "0", "-1"]);
    let seen: Vec<&str> = seen.lines().collect();
    let (before, after): (u64, u64) = (seen[0].parse().unwrap(), seen[1].parse().unwrap());
    assert_eq!(after, before + 1, "of {own} others");
    assert_eq!(&seen[2..], ["True", "False", "False"]);
}

#[test]
fn a_block_that_a_body_leaves_open_ends_with_the_body() {
    let (server, _con) = empty();
    let open = "b = atomic()\nb.__enter__()\n1 / 0";
    let answer = untyped(&server, &["RG.PYEXECUTE", open]);
    assert!(answer.contains("ZeroDivisionError"), "{answer}");
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

#[test]
fn functions_called_on_registration_hold_up_nobody() {
    let (server, _con) = empty();
    let script = "
def prepare():
    import time
    execute('SET', 'begun', '1')
    while not execute('EXISTS', 'go'):
        time.sleep(0.005)
    registerTE(1, lambda: execute('SET', 'ticked', '1'))
GB('CommandReader').map(lambda x: 'fine').register(trigger='t', onRegistered=prepare)
";
    let waits = sent(&server, script, &[]);
    super::eventually("the function runs", || {
        untyped(&server, &["EXISTS", "begun"]) == "1"
    });
    let early = untyped(&server, &["RG.TRIGGER", "t"]);
    assert!(early.contains("no gear has the trigger"), "{early}");
    go(&server);
    assert_eq!(waits.join().unwrap(), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "fine");
    super::eventually("its time event runs", || {
        untyped(&server, &["EXISTS", "ticked"]) == "1"
    });
}

#[test]
fn a_body_is_in_the_slow_log() {
    let (server, _con) = empty();
    untyped(
        &server,
        &["CONFIG", "SET", "slowlog-log-slower-than", "100000"],
    );
    untyped(&server, &["RG.PYEXECUTE", "x = 1"]);
    assert_eq!(untyped(&server, &["SLOWLOG", "LEN"]), "0");
    for words in [&[][..], &["UNBLOCKING"]] {
        let script = "import time\ntime.sleep(0.2)\nGB('ShardsIDReader').run()";
        let mut all = vec!["RG.PYEXECUTE", script];
        all.extend(words);
        untyped(&server, &all);
        let slow = untyped(&server, &["SLOWLOG", "GET", "-1"]);
        assert!(slow.to_lowercase().contains("rg.pyexecute"), "{slow}");
        untyped(&server, &["SLOWLOG", "RESET"]);
    }
}
