//! `with atomic():` of worker threads.

use super::common::{eventually, untyped};
use super::{is_ended, silence, strict};

/// A run whose one step is a block with these lines.
fn block(lines: &str) -> String {
    let lines = lines.replace('\n', "\n    ");
    format!(
        "def f(x):\n  with atomic():\n    {lines}\n  return 'done'\nGB('ShardsIDReader').map(f).run()"
    )
}

/// What would take minutes, or for ever. Some of it is C code that nothing can interrupt.
const ENDLESS: [&str; 9] = [
    "while True: pass",
    "sum(range(6 * 10**7))",
    "import time\ntime.sleep(1000)",
    "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "import queue\nqueue.Queue().get()",
    "import socket\na, b = socket.socketpair()\na.recv(1)",
    "import threading, time\nother = threading.Thread(target=time.sleep, args=(1000,), daemon=True)\nother.start()\nother.join()",
    "import subprocess\nsubprocess.run(['sleep', '1000'])",
    "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
];

#[test]
fn a_block_loses_the_lock_when_its_time_is_over() {
    let server = strict();
    for lines in ENDLESS {
        is_ended(&server, lines, &["RG.PYEXECUTE", &block(lines)]);
        let fine = block("execute('INCR', 'n')");
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &fine]).trim(), "done");
    }
    assert_eq!(untyped(&server, &["GET", "n"]), ENDLESS.len().to_string());
}

#[test]
fn a_block_that_has_lost_the_lock_runs_no_command_and_says_why() {
    let server = strict();
    let run = "
import time
def caught(what):
    try:
        what()
    except BaseException as e:
        log('caught: ' + str(e))
def f(x):
    with atomic():
        execute('SET', 'before', 1)
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            try: time.sleep(0.6)
            except BaseException: pass
        caught(lambda: execute('SET', 'after', 1))
        caught(lambda: atomic().__enter__())
        caught(lambda: registerTE(1, lambda: None))
    caught(lambda: execute('SET', 'behind', 1))
GB('ShardsIDReader').foreach(f).run()
";
    is_ended(&server, "sleeps", &["RG.PYEXECUTE", run]);
    let log = || std::fs::read_to_string(server.log_path()).unwrap();
    eventually("the function ends", || {
        log().contains("caught: the execution was aborted, its commands are not run")
    });
    let log = log();
    let lost = "caught: ERR the atomic() block held up the server for longer than LockMaxTime, 300 ms, and has lost the lock";
    assert!(log.contains(lost), "{log}");
    assert!(log.contains("caught: Already inside an atomic block"));
    let set = untyped(&server, &["MGET", "before", "after", "behind"]);
    assert_eq!(set, "1\nnil\nnil");
}

#[test]
fn the_time_of_a_block_begins_with_the_lock() {
    let server = strict();
    let run = "
def f(x):
    import time
    for _ in range(6):
        with atomic():
            execute('INCR', 'n')
            time.sleep(0.1)
    return 'done'
GB('ShardsIDReader').map(f).run()
";
    let (answer, _) = silence(&server, &["RG.PYEXECUTE", run]);
    assert_eq!(answer.trim(), "done");
}

#[test]
fn blocks_of_many_threads_exclude_each_other() {
    let server = strict();
    let script = "
def add(x):
    for _ in range(50):
        with atomic():
            before = int(execute('GET', 'n') or 0)
            execute('SET', 'n', before + 1)
            with_gear = execute('RG.TRIGGER', 'sync')
    return 'done'
GB('CommandReader').map(lambda x: isInAtomicBlock()).register(trigger='sync', mode='sync')
GB('CommandReader').map(add).register(trigger='add', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..3 {
                    assert_eq!(untyped(&server, &["RG.TRIGGER", "add"]), "done");
                }
            });
        }
    });
    assert_eq!(untyped(&server, &["GET", "n"]), "900");
}

#[test]
fn a_thread_that_ends_inside_of_a_block_gives_the_lock_back() {
    let server = strict();
    let run = "
import threading
def open_block():
    atomic().__enter__()
    execute('INCR', 'n')
def f(x):
    for _ in range(20):
        thread = threading.Thread(target=open_block)
        thread.start()
        while thread.is_alive(): pass
    return execute('GET', 'n')
GB('ShardsIDReader').map(f).run()
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", run]).trim(), "20");
}

#[test]
fn a_snapshot_can_begin_inside_of_a_block() {
    let server = strict();
    let run = block("execute('SET', 'k', 'v')\nexecute('BGSAVE')");
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &run]).trim(), "done");
    eventually("the snapshot ends", || {
        let info = untyped(&server, &["INFO", "persistence"]);
        info.contains("rdb_bgsave_in_progress:0") && info.contains("rdb_last_bgsave_status:ok")
    });
}
