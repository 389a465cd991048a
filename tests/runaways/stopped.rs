//! Several runaways at once, and what the errors, the statistics and the log say.

use super::common::{self, empty, untyped};
use redgrease_embedded::Server;
use std::thread;

/// A run whose one step is this Python function `f`.
fn run_of(function: &str) -> String {
    format!("{function}\nGB('ShardsIDReader').map(f).run()")
}

/// The answer of a script. Other clients are served meanwhile.
fn answer(server: &Server, script: &str) -> String {
    thread::scope(|scope| {
        let caller = scope.spawn(|| untyped(server, &["RG.PYEXECUTE", script]));
        while !caller.is_finished() {
            assert_eq!(untyped(server, &["PING"]), "PONG");
            thread::sleep(std::time::Duration::from_millis(20));
        }
        caller.join().unwrap()
    })
}

fn still_works(server: &Server) {
    assert_eq!(untyped(server, &["PING"]), "PONG");
    let run = "GB('ShardsIDReader').map(lambda x: 'fine').run()";
    assert_eq!(untyped(server, &["RG.PYEXECUTE", run]).trim(), "fine");
}

const TOO_MUCH: &str = "more memory than ExecutionMaxMemory, ";

/// Ways to take memory without an end.
const GROWING: [&str; 13] = [
    "def f(x):\n  return len('x' * 10**10)",
    "def f(x):\n  return len(bytes(10**10))",
    "def f(x):\n  return len([0] * 10**10)",
    "def f(x):\n  return len(list(range(10**10)))",
    "def f(x):\n  return (1 << 10**11).bit_length()",
    "import itertools\ndef f(x):\n  return len(list(itertools.count()))",
    "import itertools\ndef f(x):\n  return len(set(itertools.count()))",
    "import itertools\ndef f(x):\n  return ''.join(str(i) * 99 for i in itertools.count())",
    "import json\ndef f(x):\n  return len(json.dumps(['x' * 1000] * 10**7))",
    "import io\ndef f(x):\n  b = io.StringIO()\n  while True: b.write('x' * 100000)",
    "def f(x):\n  kept = []\n  while True: kept.append(bytearray(10000))",
    "def f(x):\n  kept = []\n  while True:\n    try: kept.append(bytearray(10**7))\n    except MemoryError: pass",
    "def f(x):\n  while True: execute('RPUSH', 'l', 'x' * 10**6)",
];

/// A server on which one execution may take 100 MB: the tests need not fill a gigabyte.
fn small() -> Server {
    let (server, _con) = empty();
    assert_eq!(
        untyped(&server, &["RG.CONFIGGET", "ExecutionMaxMemory"]),
        "1073741824"
    );
    untyped(
        &server,
        &["RG.CONFIGSET", "ExecutionMaxMemory", "100000000"],
    );
    server
}

#[test]
fn memory_is_limited_whatever_way_it_is_taken() {
    let server = small();
    for function in GROWING {
        let answer = answer(&server, &run_of(function));
        assert!(answer.contains(TOO_MUCH), "{function}: {answer}");
        untyped(&server, &["FLUSHALL"]);
    }
    still_works(&server);
}

#[test]
fn memory_is_limited_in_the_body_of_a_script_and_in_sync_gears() {
    let server = small();
    for function in GROWING {
        let script = format!("{function}\nf(1)");
        let answer = untyped(&server, &["RG.PYEXECUTE", &script]);
        assert!(answer.contains(TOO_MUCH), "{function}: {answer}");
        untyped(&server, &["FLUSHALL"]);
    }
    let script = format!(
        "{}\nGB('CommandReader').map(f).register(trigger='t', mode='sync')",
        GROWING[10]
    );
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    // On a slow machine the time would end before the memory.
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "60000"]);
    let answer = untyped(&server, &["RG.TRIGGER", "t"]);
    assert!(answer.contains(TOO_MUCH), "{answer}");
    still_works(&server);
}

#[test]
fn results_that_pile_up_are_limited() {
    let server = small();
    untyped(&server, &["RG.CONFIGSET", "ExecutionMaxMemory", "20000000"]);
    for run in [
        "import itertools\nGB('PythonReader').run(lambda: itertools.count())",
        // The same small object: only the engine's own list grows.
        "import itertools\nGB('PythonReader').run(lambda: itertools.repeat('x'))",
        "def f():\n  while True: yield 'x' * 10**6\nGB('PythonReader').run(f)",
        "import itertools\nGB('PythonReader').groupby(lambda x: x, lambda k, a, r: 1).run(lambda: itertools.count())",
        "import itertools\nGB('PythonReader').accumulate(lambda a, r: (a or []) + [r] * 100000).run(lambda: itertools.count())",
    ] {
        let answer = answer(&server, run);
        assert!(answer.contains(TOO_MUCH), "{run}: {answer}");
    }
    still_works(&server);
}

#[test]
fn a_reader_without_an_iterator_is_an_error_that_says_yield() {
    let (server, _con) = empty();
    for function in ["[3, 1, 2]", "5", "None", "range(3)"] {
        let run = format!("GB('PythonReader').map(lambda x: str(x)).run(lambda: {function})");
        let answer = answer(&server, &run);
        assert!(answer.contains("yield"), "{function}: {answer}");
    }
    let iterated = "GB('PythonReader').map(lambda x: str(x)).sort().run(lambda: iter([3, 1, 2]))";
    assert_eq!(answer(&server, iterated), "1\n2\n3\n");
    let limited = "GB('PythonReader').limit(2).run(lambda: 5)";
    assert_eq!(answer(&server, limited), "5\n5\n");
    let folded = "GB('PythonReader').count().limit(2).run(lambda: 5)";
    assert!(answer(&server, folded).contains("yield"));
}

/// Bodies of scripts that never end by themselves.
const ENDLESS: [&str; 9] = [
    "while True: pass",
    "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    "while True:\n  try:\n    try:\n      while True: pass\n    finally:\n      while True: pass\n  except: continue",
    "import time\ntime.sleep(1000)",
    "import time\nwhile True:\n  try: time.sleep(1000)\n  except BaseException: pass",
    "import socket\na, b = socket.socketpair()\na.recv(1)",
    "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
    "while True: execute('PING')",
];

#[test]
fn bodies_and_sync_gears_that_never_end_are_ended() {
    let (server, _con) = empty();
    assert_eq!(untyped(&server, &["RG.CONFIGGET", "LockMaxTime"]), "1000");
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "200"]);
    untyped(&server, &["RG.CONFIGSET", "ScriptMaxTime", "200"]);
    // A thread cannot be interrupted inside of a regular expression, the server's main thread can.
    for body in ENDLESS.iter().filter(|body| !body.contains("import re")) {
        let answer = answer(&server, body);
        assert!(
            answer.contains("longer than ScriptMaxTime, 200 ms"),
            "{body}: {answer}"
        );
    }
    untyped(&server, &["RG.CONFIGSET", "ScriptMaxTime", "0"]);
    for body in ENDLESS {
        let lines = body.replace('\n', "\n  ");
        let sync = format!(
            "def f(x):\n  {lines}\nGB('CommandReader').map(f).register(trigger='t', mode='sync')"
        );
        let session = untyped(&server, &["RG.PYEXECUTE", &sync, "ID", "s", "UPGRADE"]);
        assert_eq!(session, "OK", "{body}");
        let answer = untyped(&server, &["RG.TRIGGER", "t"]);
        assert!(
            answer.contains("longer than LockMaxTime, 200 ms"),
            "{body}: {answer}"
        );
    }
    still_works(&server);
}

#[test]
fn an_atomic_block_and_a_sync_handler_are_ended() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "200"]);
    let atomic = run_of("def f(x):\n  with atomic():\n    while True: pass");
    let answer = untyped(&server, &["RG.PYEXECUTE", &atomic]);
    assert!(answer.contains("LockMaxTime"), "{answer}");
    let handler = "
def f(x):
  while True: pass
GB('KeysReader').foreach(f).register('k*', mode='sync', eventTypes=['set'])
GB('ShardsIDReader').run()
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", handler]), "OK");
    assert_eq!(untyped(&server, &["SET", "k1", "v"]), "OK");
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    assert!(rows.contains("numAborted\n1\n"), "{rows}");
    assert!(rows.contains("LockMaxTime"), "{rows}");
    let announced = "
def f():
  while True: pass
GB('KeysReader').register('none', onRegistered=f)
";
    untyped(&server, &["RG.CONFIGSET", "ScriptMaxTime", "200"]);
    let answer = untyped(&server, &["RG.PYEXECUTE", announced]);
    assert!(answer.contains("ScriptMaxTime"), "{answer}");
    still_works(&server);
}

#[test]
fn a_reply_that_repeats_a_value_cannot_fill_the_memory() {
    let server = small();
    // A build for debugging takes its time to measure a reply.
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "60000"]);
    let larger = "the reply has more bytes than ExecutionMaxMemory";
    let nested = "def f(x):\n  a = []\n  a.extend([a, a])\n  return a";
    for run in [
        "GB('ShardsIDReader').flatmap(lambda x: ['x' * 10**6] * 10**4).run()".to_owned(),
        "GB('ShardsIDReader').map(lambda x: ['x' * 10**6] * 10**4).run(convertToStr=False)"
            .to_owned(),
        format!("{nested}\nGB('ShardsIDReader').map(f).run(convertToStr=False)"),
    ] {
        let answer = answer(&server, &run);
        assert!(answer.contains(larger), "{run}: {answer}");
    }
    for mode in ["sync", "async_local"] {
        let script = format!(
            "{nested}\nGB('CommandReader').map(f).register(trigger='{mode}', mode='{mode}', convertToStr=False)"
        );
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        let answer = untyped(&server, &["RG.TRIGGER", mode]);
        assert!(answer.contains(larger), "{mode}: {answer}");
    }
    still_works(&server);
}

#[test]
fn triggers_run_although_all_workers_are_taken() {
    let (server, _con) = empty();
    let script = "
def busy(x):
    while execute('EXISTS', 'gate'):
        pass
GB('CommandReader').map(busy).register(trigger='busy', mode='async_local')
GB('CommandReader').map(lambda x: 'fine').register(trigger='fine', mode='async_local')
GB('KeysReader').foreach(lambda r: execute('INCR', 'events')).register('k*', mode='async_local', eventTypes=['set'])
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["SET", "gate", "1"]);
    let run = "
def busy(x):
    while execute('EXISTS', 'gate'):
        pass
GB('ShardsIDReader').map(busy).run()
";
    let runs: Vec<String> = (0..3)
        .map(|_| untyped(&server, &["RG.PYEXECUTE", run, "UNBLOCKING"]))
        .collect();
    let clients: Vec<_> = (0..5)
        .map(|_| redis::Client::open(server.url()).unwrap())
        .collect();
    let mut waiting: Vec<redis::Connection> = Vec::new();
    for client in &clients {
        let mut con = client.get_connection().unwrap();
        let packed = redis::cmd("RG.TRIGGER").arg("busy").get_packed_command();
        con.send_packed_command(&packed).unwrap();
        waiting.push(con);
    }
    for _ in 0..3 {
        assert_eq!(untyped(&server, &["RG.TRIGGER", "fine"]), "fine");
    }
    untyped(&server, &["SET", "k1", "v"]);
    common::eventually("the event is handled", || {
        untyped(&server, &["GET", "events"]) == "1"
    });
    let info = untyped(&server, &["INFO", "everything"]);
    assert!(
        info.contains(&format!("longest_execution:{}", runs[0])),
        "{info}"
    );
    common::eventually("the log says so", || {
        let log = std::fs::read_to_string(server.log_path()).unwrap();
        log.contains("all worker threads are taken: execution ")
    });
    untyped(&server, &["DEL", "gate"]);
    common::eventually("all end", || {
        untyped(&server, &["INFO", "everything"]).contains("running_executions:0")
    });
    still_works(&server);
}

#[test]
fn slow_runs_and_triggers_are_in_the_slow_log() {
    let (server, _con) = empty();
    untyped(
        &server,
        &["CONFIG", "SET", "slowlog-log-slower-than", "1000000"],
    );
    let script = "
import time
def slow(x):
    time.sleep(1.2)
GB('CommandReader').map(slow).register(trigger='t', mode='async_local')
GB('CommandReader').map(lambda x: 1).register(trigger='quick', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["RG.TRIGGER", "quick"]);
    assert_eq!(untyped(&server, &["SLOWLOG", "LEN"]), "0");
    untyped(&server, &["RG.TRIGGER", "t"]);
    let run = "import time\nGB('ShardsIDReader').foreach(lambda x: time.sleep(1.2)).run()";
    untyped(&server, &["RG.PYEXECUTE", run]);
    assert_eq!(untyped(&server, &["SLOWLOG", "LEN"]), "2");
    let log = untyped(&server, &["SLOWLOG", "GET"]);
    assert!(log.contains("RG.TRIGGER\nt"), "{log}");
    assert!(log.contains("RG.PYEXECUTE"), "{log}");
}

#[test]
fn a_destructor_of_a_result_that_was_dropped_is_ended() {
    let (server, _con) = empty();
    let script = "
GB('CommandReader').flatmap(lambda x: ['fine']).register(trigger='t', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let run = "
class Endless:
    def __del__(self):
        while True: pass
GB('ShardsIDReader').map(lambda x: [Endless()]).run(convertToStr=False)
";
    let id = untyped(&server, &["RG.PYEXECUTE", run, "UNBLOCKING"]);
    common::eventually("the run ends", || {
        untyped(&server, &["RG.GETEXECUTION", &id]).contains("done")
    });
    assert_eq!(untyped(&server, &["RG.DROPEXECUTION", &id]), "OK");
    // The next one that needs the interpreter frees the result.
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "fine");
    still_works(&server);
}

/// Values with an endless destructor, which are dropped while nothing holds the interpreter.
fn drops_endless(server: &Server, destructor: &str, count: usize) {
    let run = format!(
        "
import time
class Endless:
    def __del__(self):
        {destructor}
GB('ShardsIDReader').flatmap(lambda x: [Endless() for _ in range({count})]).run(convertToStr=False)
"
    );
    let id = untyped(server, &["RG.PYEXECUTE", &run, "UNBLOCKING"]);
    common::eventually("the run ends", || {
        untyped(server, &["RG.GETEXECUTION", &id]).contains("done")
    });
    assert_eq!(untyped(server, &["RG.DROPEXECUTION", &id]), "OK");
}

/// An async trigger: its worker takes the interpreter.
const ASYNC_TRIGGER: &str = "
GB('CommandReader').map(lambda x: 'fine').register(trigger='a', mode='async_local')
";

#[test]
fn a_body_does_not_run_the_destructors_of_what_others_have_dropped() {
    let (server, _con) = empty();
    for destructor in [
        "while True: pass",
        // No interruption ends it soon.
        "time.sleep(100)",
    ] {
        drops_endless(&server, destructor, 1);
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", ""]), "OK");
        still_works(&server);
    }
}

#[test]
fn a_worker_does_not_run_the_destructors_of_what_others_have_dropped() {
    let (server, _con) = empty();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", ASYNC_TRIGGER]), "OK");
    for _ in 0..5 {
        drops_endless(&server, "while True: pass", 1);
        assert_eq!(untyped(&server, &["RG.TRIGGER", "a"]), "fine");
    }
    still_works(&server);
}

/// The destructors of others run behind endless ones.
#[test]
fn destructors_without_an_end_do_not_keep_others_from_being_freed() {
    let (server, _con) = empty();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", ASYNC_TRIGGER]), "OK");
    drops_endless(&server, "while True: pass", 20);
    drops_endless(&server, "time.sleep(100)", 1);
    drops_endless(&server, "log('it was freed')", 1);
    common::eventually("the log tells of the destructor", || {
        let log = std::fs::read_to_string(server.log_path()).unwrap();
        log.contains("it was freed") && log.contains("a destructor (__del__)")
    });
    still_works(&server);
}

#[test]
fn a_function_that_takes_the_outcome_of_an_aborted_execution_is_ended() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "AdditionalThreads", "0"]);
    let script = "
import asyncio, threading
class Loop(asyncio.SelectorEventLoop):
    def call_soon_threadsafe(self, *args, **kwargs):
        while True: pass
def wait(future, waits):
    async def outcome():
        asyncio.get_running_loop().call_soon(waits.set)
        return await future
    loop = Loop()
    try: loop.run_until_complete(outcome())
    except BaseException: pass
def start(x):
    future = GB('ShardsIDReader').run()
    waits = threading.Event()
    threading.Thread(target=wait, args=(future, waits), daemon=True).start()
    waits.wait()
    return future.executionId
def busy(x):
    while execute('EXISTS', 'gate'): pass
GB('CommandReader').map(busy).register(trigger='busy', mode='async_local')
GB('CommandReader').map(start).register(trigger='start', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["SET", "gate", "1"]);
    let busy = redis::cmd("RG.TRIGGER").arg("busy").get_packed_command();
    let _waiting: Vec<redis::Connection> = (0..3)
        .map(|_| {
            let mut con = common::plain_connection(&server);
            con.send_packed_command(&busy).unwrap();
            con
        })
        .collect();
    common::eventually("all workers are taken", || {
        untyped(&server, &["INFO", "everything"]).contains("running_executions:3")
    });
    let id = untyped(&server, &["RG.TRIGGER", "start"]);
    assert_eq!(untyped(&server, &["RG.ABORTEXECUTION", &id]), "OK");
    untyped(&server, &["DEL", "gate"]);
    still_works(&server);
}
