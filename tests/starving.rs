//! Executions that do not end take nothing from others: whatever is stuck, everything else goes on.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease_embedded::Server;
use std::fs;

/// What is stuck while the key `gate` exists, in a session of its own: a name, a script, and a command that lets one more get
/// stuck.
struct Stuck {
    name: &'static str,
    script: &'static str,
    begin: &'static [&'static str],
    /// The script itself is stuck.
    is_run: bool,
}

const HOLD: &str = "
import time
def hold(*_):
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
";

const STUCK: [Stuck; 7] = [
    Stuck {
        name: "runs",
        script: "GB('ShardsIDReader').map(hold).run()",
        begin: &[],
        is_run: true,
    },
    Stuck {
        name: "calls of a trigger",
        script: "GB('CommandReader').map(hold).register(trigger='hold', mode='async_local')",
        begin: &["RG.TRIGGER", "hold"],
        is_run: false,
    },
    Stuck {
        name: "key events",
        script: "for n in range(8):\n  GB('KeysReader').foreach(hold).register('hold*', mode='async_local', eventTypes=['set'])",
        begin: &["SET", "hold", "x"],
        is_run: false,
    },
    Stuck {
        name: "streams",
        script: "for n in range(8):\n  GB('StreamReader').foreach(hold).register('hold%d' % n, mode='async_local')\nfor n in range(8):\n  execute('XADD', 'hold%d' % n, '*', 'a', 'b')",
        begin: &[],
        is_run: false,
    },
    Stuck {
        name: "time events",
        script: "for n in range(8): registerTE(1, hold)",
        begin: &[],
        is_run: false,
    },
    Stuck {
        name: "coroutines",
        script: "
async def block(x):
    hold()
GB('CommandReader').map(block).register(trigger='hold', mode='async_local')",
        begin: &["RG.TRIGGER", "hold"],
        is_run: false,
    },
    Stuck {
        name: "code that cannot be interrupted",
        script: "
import socket
def forever(x):
    a, b = socket.socketpair()
    a.settimeout(0.05)
    while execute('EXISTS', 'gate'):
        try: a.recv(1)
        except BaseException: pass
GB('CommandReader').map(forever).register(trigger='hold', mode='async_local')",
        begin: &["RG.TRIGGER", "hold"],
        is_run: false,
    },
];

/// Everything that must go on, in a session of its own.
const OTHERS: &str = "
import asyncio
GB('CommandReader').map(lambda x: 'fine').register(trigger='fine', mode='async_local')
GB('CommandReader').map(lambda x: 'fine').register(trigger='inorder', mode='async_local', convertToStr=False)
GB('KeysReader').foreach(lambda r: execute('INCR', 'events')).register('k*', mode='async_local', eventTypes=['set'])
GB('StreamReader').foreach(lambda r: execute('INCR', 'messages')).register('s', mode='async_local')
async def later(x):
    await asyncio.sleep(0.01)
    return 'fine'
GB('CommandReader').map(later).map(lambda x: x).register(trigger='later', mode='async_local')
waiting = []
def wait(x):
    f = gearsFuture()
    waiting.append(f)
    return f
def go_on(x):
    while waiting:
        waiting.pop().continueRun('fine')
    return 'ok'
GB('CommandReader').map(wait).map(lambda x: x).register(trigger='wait', mode='async_local')
GB('CommandReader').map(go_on).register(trigger='continue', mode='sync')
def tick():
    execute('INCR', 'ticks')
registerTE(1, tick)
";

/// A server on which eight executions of one kind are stuck.
fn stuck(kind: &Stuck) -> (Server, Vec<redis::Connection>) {
    let server = Server::start().unwrap();
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", OTHERS, "ID", "others"]),
        "OK"
    );
    untyped(&server, &["SET", "gate", "closed"]);
    let script = format!("{HOLD}{}", kind.script);
    let mut callers = Vec::new();
    if !kind.is_run {
        let answer = untyped(&server, &["RG.PYEXECUTE", &script, "ID", "stuck"]);
        assert_eq!(answer, "OK", "{}", kind.name);
    }
    for _ in 0..8 {
        if kind.is_run {
            untyped(&server, &["RG.PYEXECUTE", &script, "UNBLOCKING"]);
        } else if !kind.begin.is_empty() {
            callers.push(sent(&server, kind.begin));
        }
    }
    (server, callers)
}

/// A connection that has sent a command and does not wait for the answer.
fn sent(server: &Server, words: &[&str]) -> redis::Connection {
    let mut con = common::plain_connection(server);
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    con.send_packed_command(&cmd.get_packed_command()).unwrap();
    con
}

fn number(server: &Server, key: &str) -> i64 {
    untyped(server, &["GET", key]).parse().unwrap_or(0)
}

/// A field of the engine's own section of `INFO`.
fn field(server: &Server, name: &str) -> String {
    let section = untyped(server, &["INFO", "rg_engine"]);
    let start = format!("rg_{name}:");
    let value = section.lines().find_map(|line| line.strip_prefix(&start));
    value.unwrap_or_default().trim().to_owned()
}

/// All that others do goes on.
fn others_go_on(server: &Server, what: &str) {
    for trigger in ["fine", "inorder", "later"] {
        let answer = untyped(server, &["RG.TRIGGER", trigger]);
        assert_eq!(answer, "fine", "{what}: {trigger}");
    }
    let (events, messages, ticks) = (
        number(server, "events"),
        number(server, "messages"),
        number(server, "ticks"),
    );
    untyped(server, &["SET", "k1", "v"]);
    untyped(server, &["XADD", "s", "*", "a", "b"]);
    eventually("the event is handled", || number(server, "events") > events);
    eventually("the message is handled", || {
        number(server, "messages") > messages
    });
    eventually("the time event runs", || number(server, "ticks") > ticks);
    let run = "GB('ShardsIDReader').map(lambda x: 'fine').run()";
    let answer = untyped(server, &["RG.PYEXECUTE", run]);
    assert_eq!(answer.trim(), "fine", "{what}: a run");
    let waiter = std::thread::scope(|scope| {
        let waiter = scope.spawn(|| untyped(server, &["RG.TRIGGER", "wait"]));
        while !waiter.is_finished() {
            untyped(server, &["RG.TRIGGER", "continue"]);
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        waiter.join().unwrap()
    });
    assert_eq!(waiter, "fine", "{what}: a future");
    let script =
        "GB('CommandReader').map(lambda x: 'new').register(trigger='new', mode='async_local')";
    untyped(server, &["RG.PYEXECUTE", script, "ID", "new", "UPGRADE"]);
    assert_eq!(
        untyped(server, &["RG.TRIGGER", "new"]),
        "new",
        "{what}: a new session"
    );
}

/// The log names what is stuck.
fn has_told(server: &Server) -> bool {
    let log = fs::read_to_string(server.log_path()).unwrap();
    log.contains("all worker threads are taken: execution ")
        || log.contains("an event loop is taken: execution ")
}

#[test]
fn whatever_is_stuck_others_go_on() {
    for kind in &STUCK {
        let (server, callers) = stuck(kind);
        // Twice: at first those that are stuck take the free threads.
        others_go_on(&server, kind.name);
        eventually("those that are stuck have their threads", || {
            field(&server, "slow_threads")
                .parse::<usize>()
                .is_ok_and(|slow| slow >= 3)
                || field(&server, "slow_event_loops") == "1"
        });
        others_go_on(&server, kind.name);
        let rows = untyped(&server, &["RG.DUMPEXECUTIONS"]);
        assert!(rows.contains("running"), "{}: {rows}", kind.name);
        assert!(has_told(&server), "{}", kind.name);
        untyped(&server, &["DEL", "gate"]);
        eventually("all end", || {
            field(&server, "running_executions") == "0"
                && field(&server, "additional_threads") == "0"
        });
        others_go_on(&server, kind.name);
        drop(callers);
    }
}

/// All additional threads are taken, too: what waits is seen, and goes on later.
#[test]
fn what_waits_for_more_threads_than_there_are_is_told() {
    let server = Server::builder()
        .module_arg("ExecutionThreads", "1")
        .module_arg("AdditionalThreads", "2")
        .start()
        .unwrap();
    untyped(&server, &["SET", "gate", "closed"]);
    let script = format!("{HOLD}{}", STUCK[0].script);
    for _ in 0..4 {
        untyped(&server, &["RG.PYEXECUTE", &script, "UNBLOCKING"]);
    }
    let told = "Additional threads are taken, too, and executions wait";
    let tells = || {
        let log = fs::read_to_string(server.log_path()).unwrap();
        log.matches(told).count()
    };
    eventually("the log tells", || tells() == 1);
    assert_eq!(field(&server, "waiting_executions"), "2");
    assert_eq!(field(&server, "additional_threads"), "1");
    let trigger =
        "GB('CommandReader').map(lambda x: 'fine').register(trigger='t', mode='async_local')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", trigger]), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "fine");
    untyped(&server, &["RG.CONFIGSET", "AdditionalThreads", "4"]);
    eventually("one more of them runs", || {
        field(&server, "waiting_executions") == "1"
    });
    assert_eq!(tells(), 1);
    untyped(&server, &["DEL", "gate"]);
    eventually("all end", || field(&server, "running_executions") == "0");
}

/// An additional thread that is given up makes room, and no worker takes its place.
#[test]
fn aborting_what_is_stuck_makes_room() {
    let server = Server::start().unwrap();
    let script = "import time\nGB('ShardsIDReader').map(lambda x: time.sleep(30)).run()";
    let runs: Vec<String> = (0..12)
        .map(|_| untyped(&server, &["RG.PYEXECUTE", script, "UNBLOCKING"]))
        .collect();
    eventually("runs wait", || field(&server, "slow_threads") == "9");
    for run in &runs {
        assert_eq!(untyped(&server, &["RG.ABORTEXECUTION", run]), "OK", "{run}");
    }
    eventually("nothing runs", || {
        field(&server, "running_executions") == "0"
    });
    assert_eq!(field(&server, "additional_threads"), "0");
    assert_eq!(field(&server, "slow_threads"), "0");
    let run = "GB('ShardsIDReader').map(lambda x: 'fine').run()";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", run]).trim(), "fine");
}
