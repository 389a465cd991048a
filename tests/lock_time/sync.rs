//! Sync gears, which hold the server's lock on the main thread.

use super::common::{eventually, plain_connection, untyped};
use super::{is_ended, strict};

/// Functions that never end by themselves, or wait for what does not come.
const ENDLESS: [&str; 14] = [
    "import queue\ndef f(x): queue.Queue().get()",
    "import threading\ndef f(x):\n  c = threading.Condition()\n  with c: c.wait()",
    "import threading, time\ndef f(x):\n  t = threading.Thread(target=time.sleep, args=(20,), daemon=True)\n  t.start()\n  t.join()",
    "import select\ndef f(x): select.select([], [], [], 1000)",
    "import socket\ndef f(x):\n  a, b = socket.socketpair()\n  a.recv(1)",
    "import subprocess\ndef f(x): subprocess.run(['sleep', '20'])",
    "import asyncio\ndef f(x): asyncio.run(asyncio.sleep(1000))",
    "import re\ndef f(x): re.match('(a+)+$', 'a' * 60 + 'b')",
    "def f(x): return len(str(3 ** (10 ** 9)))",
    "def f(x):\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass",
    "def g():\n  while True:\n    try:\n      while True: yield 1\n    except BaseException: pass\ndef f(x): return sum(1 for _ in g())",
    "def f(x):\n  try: 1 / 0\n  finally:\n    while True: pass",
    "def f(x): return sorted(range(10 ** 6), key=lambda v: sum(range(200)))",
    "def f(x):\n  while True: execute('PING')",
];

#[test]
fn a_sync_gear_is_ended_when_its_time_is_over() {
    let server = strict();
    untyped(&server, &["RG.CONFIGSET", "ExecutionMaxMemory", "0"]);
    for source in ENDLESS {
        let script =
            format!("{source}\nGB('CommandReader').map(f).register(trigger='t', mode='sync')");
        let answer = untyped(&server, &["RG.PYEXECUTE", &script, "ID", "s", "UPGRADE"]);
        assert_eq!(answer, "OK", "{source}");
        is_ended(&server, source, &["RG.TRIGGER", "t"]);
    }
}

#[test]
fn a_destructor_without_an_end_is_ended() {
    let server = strict();
    let script = "
class Endless:
    def __del__(self):
        while True: pass
def f(x):
    Endless()
    return 'ended'
GB('CommandReader').map(f).register(trigger='t', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    // Python drops the exceptions of destructors.
    let answer = untyped(&server, &["RG.TRIGGER", "t"]);
    assert!(
        answer == "ended" || answer.contains("LockMaxTime"),
        "{answer}"
    );
}

#[test]
fn an_endless_script_of_the_server_is_ended_with_its_own_command() {
    let server = strict();
    untyped(&server, &["CONFIG", "SET", "lua-time-limit", "200"]);
    let script = "
def f(x): return execute('EVAL', 'while true do end', '0')
def in_block(x):
    with atomic(): return f(x)
GB('CommandReader').map(f).register(trigger='sync', mode='sync')
GB('CommandReader').map(f).register(trigger='async', mode='async_local')
GB('CommandReader').map(in_block).register(trigger='block', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let info = untyped(&server, &["INFO", "server"]);
    let triggers: &[&str] = if info.contains("redis_version:6.") {
        &["async"]
    } else {
        &["sync", "async", "block"]
    };
    for trigger in triggers {
        let mut con = plain_connection(&server);
        let call = redis::cmd("RG.TRIGGER").arg(*trigger).get_packed_command();
        con.send_packed_command(&call).unwrap();
        let mut other = plain_connection(&server);
        let mut says = |words: &[&str]| {
            let mut command = redis::cmd(words[0]);
            command.arg(&words[1..]);
            command
                .query::<String>(&mut other)
                .unwrap_or_else(|error| error.to_string())
        };
        eventually("the server says that it is busy", || {
            says(&["PING"]).to_lowercase().contains("busy")
        });
        eventually("the script ends", || {
            says(&["SCRIPT", "KILL"]);
            says(&["PING"]) == "PONG"
        });
        let answer = format!("{:?}", con.recv_response());
        let is_ended = answer.contains("LockMaxTime") || answer.contains("SCRIPT KILL");
        assert!(is_ended, "{trigger}: {answer}");
    }
}

#[test]
fn a_server_ends_while_an_endless_script_of_a_gear_runs() {
    for mode in ["sync", "async_local"] {
        let server = strict();
        let info = untyped(&server, &["INFO", "server"]);
        if info.contains("redis_version:6.") && mode == "sync" {
            // A sync gear runs no script there.
            continue;
        }
        let process = info
            .lines()
            .find_map(|line| line.strip_prefix("process_id:"));
        let status = format!("/proc/{}/stat", process.unwrap().trim());
        untyped(&server, &["CONFIG", "SET", "lua-time-limit", "200"]);
        // A script that has written can only be ended with the server.
        let script = format!(
            "GB('CommandReader').map(lambda x: execute('EVAL', \"while true do redis.call('incr', 'n') end\", '0')).register(trigger='t', mode='{mode}')"
        );
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        let mut con = plain_connection(&server);
        let call = redis::cmd("RG.TRIGGER").arg("t").get_packed_command();
        con.send_packed_command(&call).unwrap();
        eventually("the server says that it is busy", || {
            let mut other = plain_connection(&server);
            let answer = redis::cmd("PING").query::<String>(&mut other);
            answer.is_err_and(|error| error.to_string().to_lowercase().contains("busy"))
        });
        let mut last = plain_connection(&server);
        let shutdown = redis::cmd("SHUTDOWN").arg("NOSAVE").get_packed_command();
        last.send_packed_command(&shutdown).unwrap();
        eventually("the process ends", || {
            std::fs::read_to_string(&status).map_or(true, |status| status.contains(") Z "))
        });
    }
}
