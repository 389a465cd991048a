//! Things without number, and gears that cause themselves.

use super::case::{Case, End};
use super::common::untyped;
use super::watched;

macro_rules! asynchronous {
    ($function:literal) => {
        concat!(
            $function,
            "\nC().map(f).register(trigger='t', mode='async_local')"
        )
    };
}

pub(crate) const CASES: [Case; 16] = [
    Case::new("threads without end", "async trigger", "at most half of the threads", asynchronous!("
def f(x):
    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"))
    .ends(End::Answer("the session 'runaway' has 500 threads, and 500 of the 1000")),
    Case::new("time events without end", "async trigger", "at most 1000 time events", asynchronous!("
def nothing(): pass
def f(x):
    while True: registerTE(1, nothing)"))
    .ends(End::Answer("at most 1000 time events")),
    Case::new("time events with keys without end", "async trigger", "nothing", asynchronous!("
import itertools
def nothing(): pass
def f(x):
    for n in itertools.count(): registerTE(1, nothing, 'key%d' % n)")),
    Case::new("runs without end", "async trigger", "nothing", asynchronous!("
def f(x):
    while True: GB('ShardsIDReader').run()")),
    Case::new("sessions without end", "async trigger", "nothing has to", asynchronous!("
import itertools
def f(x):
    for n in itertools.count(): execute('RG.PYEXECUTE', '', 'ID', 's%d' % n)"))
    .ends(End::Answer("Can not run gears")),
    Case::new("registrations without end", "async trigger", "nothing", asynchronous!("
import itertools
def f(x):
    for n in itertools.count(): C().register(trigger='other%d' % n)")),
    Case::new("tasks of `asyncio` without end", "coroutine", "nothing", "
async def work(): await asyncio.sleep(1000)
async def f(x):
    while True:
        asyncio.create_task(work())
        await asyncio.sleep(0)
C().map(f).register(trigger='t', mode='async_local')"),
    Case::new("handler that causes itself", "async key handler", "nothing", "
K().foreach(lambda r: execute('INCR', 'k1')).register('k*', mode='async_local')")
    .called(&[&["INCR", "k1"]]),
    Case::new("handler that causes itself", "sync key handler", "nothing", "
K().foreach(lambda r: execute('INCR', 'k1')).register('k*', mode='sync')")
    .called(&[&["INCR", "k1"]]),
    Case::new("handler that causes itself", "async stream handler", "nothing", "
GB('StreamReader').foreach(lambda r: execute('XADD', 's', '*', 'a', 'b')).register('s', mode='async_local')")
    .called(&[&["XADD", "s", "*", "a", "b"]]),
    Case::new("handler that causes itself", "sync stream handler", "nothing", "
GB('StreamReader').foreach(lambda r: execute('XADD', 's', '*', 'a', 'b')).register('s', mode='sync')")
    .called(&[&["XADD", "s", "*", "a", "b"]]),
    Case::new("handler that causes another one for two", "sync stream handler", "nothing", "
def f(r):
    execute('XADD', 's', '*', 'a', 'b')
    execute('XADD', 's2', '*', 'a', 'b')
GB('StreamReader').foreach(f).register('s*', mode='sync')")
    .called(&[&["XADD", "s", "*", "a", "b"]]),
    Case::new("trigger that calls itself", "sync trigger", "the limit of depth", "
C().map(lambda x: execute('RG.TRIGGER', 't')).register(trigger='t', mode='sync')")
    .ends(End::Answer("")),
    Case::new("hook that calls itself", "sync hook", "the limit of depth", "
C().map(lambda x: execute('HSET', *x[1:])).register(hook='hset', mode='sync')")
    .called(&[&["HSET", "h", "a", "b"]])
    .ends(End::Answer("1")),
    Case::new("calls that nobody waits for", "async trigger", "nothing", "
C().map(endless).register(trigger='t', mode='async_local')")
    .called(&[&["RG.TRIGGER", "t"], &["RG.TRIGGER", "t"], &["RG.TRIGGER", "t"], &["RG.TRIGGER", "t"], &["RG.TRIGGER", "t"], &["RG.TRIGGER", "t"]]),
    Case::new("sync trigger that is called by many clients", "sync trigger", "LockMaxTime", "
C().map(stubborn).register(trigger='t', mode='sync')")
    .called(&[&["RG.TRIGGER", "t"], &["RG.TRIGGER", "t"], &["RG.TRIGGER", "t"], &["RG.TRIGGER", "t"]])
    .ends(End::Answer("LockMaxTime")),
];

#[test]
fn many_of_a_kind_leave_others_alone() {
    watched::run(&CASES);
}

/// Threads until one is refused. The text of the refusal.
const THREADS: [&str; 2] = [
    "
import threading, time
def f(x):
    try:
        while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError as error: return str(error)
",
    "
import time
from concurrent.futures import ThreadPoolExecutor
def f(x):
    pools = []
    try:
        while True:
            pools.append(ThreadPoolExecutor(1))
            pools[-1].submit(time.sleep, 60)
    except RuntimeError as error: return str(error)
",
];

#[test]
fn a_session_leaves_threads_for_others() {
    for script in THREADS {
        let (server, _con) = super::common::empty();
        for name in ["one", "other"] {
            let registers = format!(
                "{script}
GB('CommandReader').map(f).register(trigger='{name}', mode='async_local')"
            );
            let answer = untyped(&server, &["RG.PYEXECUTE", &registers, "ID", name]);
            assert_eq!(answer, "OK");
        }
        let why = untyped(&server, &["RG.TRIGGER", "one"]);
        assert!(
            why.starts_with("can't start new thread: the session 'one' has "),
            "{why}"
        );
        assert!(
            why.contains("of the 1000") && why.contains("ThreadPoolExecutor"),
            "{why}"
        );
        let why = untyped(&server, &["RG.TRIGGER", "other"]);
        assert!(why.contains("the session 'other' has 2"), "{why}");
        assert!(why.contains("(the session 'one' has "), "{why}");
    }
}
