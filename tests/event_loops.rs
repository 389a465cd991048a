//! Each session has an event loop for its coroutines.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};

/// A session whose coroutines hand values to each other.
fn session(number: usize) -> String {
    format!(
        "
import asyncio, threading
queue = asyncio.Queue()
async def take(x):
    return await queue.get()
async def put(x):
    await queue.put(x[1])
    await asyncio.sleep(0)
    return threading.current_thread().name
made = []
async def wait(x):
    f = createFuture()
    made.append(f)
    return await f
def settle(x):
    while made: setFutureResults(made.pop(), x[1])
    return 'ok'
async def background():
    await queue.put('later')
def run(x):
    f = gearsFuture()
    async def both():
        await background()
        return await queue.get()
    runCoroutine(both(), f)
    return f
for name, function in dict(take=take, put=put, wait=wait, run=run).items():
    GB('CommandReader').map(function).register(trigger=name + '{number}', mode='async_local')
GB('CommandReader').map(settle).register(trigger='settle{number}', mode='sync')
"
    )
}

/// More sessions than there are event loops.
const SESSIONS: usize = 20;

#[test]
fn coroutines_of_a_session_share_a_loop_and_sessions_do_not() {
    let (server, _con) = common::empty();
    for number in 0..SESSIONS {
        let id = format!("session{number}");
        let answer = untyped(&server, &["RG.PYEXECUTE", &session(number), "ID", &id]);
        assert_eq!(answer, "OK");
    }
    let mut threads = std::collections::HashSet::new();
    for _round in 0..2 {
        for number in 0..SESSIONS {
            let named = |name: &str| format!("{name}{number}");
            std::thread::scope(|scope| {
                let taken = scope.spawn(|| untyped(&server, &["RG.TRIGGER", &named("take")]));
                let thread = untyped(&server, &["RG.TRIGGER", &named("put"), &named("v")]);
                assert!(thread.starts_with("rg-asyncio"), "{thread}");
                threads.insert(thread);
                assert_eq!(taken.join().unwrap(), named("v"));
                let waits = scope.spawn(|| untyped(&server, &["RG.TRIGGER", &named("wait")]));
                while !waits.is_finished() {
                    untyped(&server, &["RG.TRIGGER", &named("settle"), "set"]);
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                assert_eq!(waits.join().unwrap(), "set");
                assert_eq!(untyped(&server, &["RG.TRIGGER", &named("run")]), "later");
            });
        }
    }
    assert_eq!(threads.len(), 16, "{threads:?}");
}

#[test]
fn an_upgrade_leaves_a_loop_that_is_taken() {
    let (server, _con) = common::empty();
    let script = "
import time
async def block(x):
    while execute('EXISTS', 'gate'): time.sleep(0.01)
async def answer(x):
    return 'fine'
GB('CommandReader').map(block).register(trigger='block', mode='async_local')
GB('CommandReader').map(answer).register(trigger='answer', mode='async_local')
";
    untyped(&server, &["SET", "gate", "closed"]);
    untyped(&server, &["RG.PYEXECUTE", script, "ID", "s"]);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "answer"]), "fine");
    std::thread::scope(|scope| {
        scope.spawn(|| untyped(&server, &["RG.TRIGGER", "block"]));
        eventually("the loop is taken", || {
            untyped(&server, &["INFO", "rg_engine"]).contains("rg_slow_event_loops:1")
        });
        let upgraded = format!("{script}#");
        untyped(&server, &["RG.PYEXECUTE", &upgraded, "ID", "s", "UPGRADE"]);
        assert_eq!(untyped(&server, &["RG.TRIGGER", "answer"]), "fine");
        untyped(&server, &["DEL", "gate"]);
    });
    eventually("no loop is taken", || {
        untyped(&server, &["INFO", "rg_engine"]).contains("rg_slow_event_loops:0")
    });
}
