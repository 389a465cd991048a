//! A loop that has no end and catches all exceptions, at every place where a gear has code.

use super::case::{Case, End};
use super::watched;

const LOOP: &str = "loop that catches all";
const ATOMIC: End = End::Answer("LockMaxTime, 1000 ms");

const TEN: &str = "RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t";
const TEN_IN_MULTI: &str = "MULTI
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
RG.TRIGGER t
EXEC";

pub(crate) const CASES: [Case; 35] = [
    Case::body(LOOP, "body of a script", &[&["RG.PYEXECUTE", "stubborn()"]]),
    Case::body(
        LOOP,
        "module that a body imports",
        &[&[
            "RG.PYEXECUTE",
            "
import os, sys, tempfile
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, 'runaway_module.py'), 'w') as file:
        file.write('while True:\\n  try:\\n    while True: pass\\n  except BaseException: pass')
    sys.path.insert(0, folder)
    import runaway_module",
        ]],
    ),
    Case::body(
        LOOP,
        "`onRegistered` of a script",
        &[&[
            "RG.PYEXECUTE",
            "C().register(trigger='t', onRegistered=lambda: stubborn())",
        ]],
    ),
    Case::body(
        LOOP,
        "`__reduce__` of what a script registers",
        &[&[
            "RG.PYEXECUTE",
            "
class Value:
    def __reduce__(self): stubborn()
value = Value()
C().map(lambda x: value).register(trigger='t')",
        ]],
    ),
    Case::new(LOOP, "run", "nothing", "")
        .called(&[&["RG.PYEXECUTE", "GB('ShardsIDReader').map(stubborn).run()"]]),
    Case::new(
        LOOP,
        "async trigger",
        "nothing",
        "C().map(stubborn).register(trigger='t', mode='async_local')",
    ),
    Case::new(
        LOOP,
        "coroutine",
        "nothing",
        "
async def f(x): stubborn()
C().map(f).register(trigger='t', mode='async_local')",
    ),
    Case::new(
        LOOP,
        "task of `asyncio`",
        "nothing",
        "
async def work(): stubborn()
async def f(x): await asyncio.create_task(work())
C().map(f).register(trigger='t', mode='async_local')",
    ),
    Case::new(
        LOOP,
        "thread that a gear starts",
        "nothing",
        "
def f(x): threading.Thread(target=stubborn, daemon=True).start()
C().map(f).register(trigger='t', mode='async_local')",
    ),
    Case::new(
        LOOP,
        "async key handler",
        "nothing",
        "K().foreach(stubborn).register('k*', mode='async_local', eventTypes=['set'])",
    )
    .called(&[&["SET", "k1", "v"]]),
    Case::new(
        LOOP,
        "async stream handler",
        "nothing",
        "GB('StreamReader').foreach(stubborn).register('s', mode='async_local')",
    )
    .called(&[&["XADD", "s", "*", "a", "b"]]),
    Case::new(LOOP, "time event", "nothing", "registerTE(1, stubborn)").called(&[]),
    Case::new(
        LOOP,
        "async hook",
        "nothing",
        "C().map(stubborn).register(hook='hset', mode='async_local')",
    )
    .called(&[&["HSET", "h", "a", "b"]]),
    Case::new(
        LOOP,
        "`__str__` of a result of an async gear",
        "nothing",
        "
class Value:
    def __str__(self): stubborn()
C().map(lambda x: Value()).register(trigger='t', mode='async_local')",
    ),
    Case::new(
        LOOP,
        "`__reduce__` of what an async gear registers",
        "nothing",
        "
class Value:
    def __reduce__(self): stubborn()
def f(x):
    value = Value()
    C().map(lambda x: value).register(trigger='other')
C().map(f).register(trigger='t', mode='async_local')",
    ),
    Case::new(
        LOOP,
        "`__reduce__` of what an async gear gives to `registerTE` with a key",
        "nothing",
        "
class Value:
    def __reduce__(self): stubborn()
def f(x):
    value = Value()
    registerTE(1, lambda: value, 'key')
C().map(f).register(trigger='t', mode='async_local')",
    ),
    Case::held(
        LOOP,
        "sync trigger",
        "C().map(stubborn).register(trigger='t', mode='sync')",
    ),
    Case::held(
        LOOP,
        "sync hook",
        "C().map(stubborn).register(hook='hset', mode='sync')",
    )
    .called(&[&["HSET", "h", "a", "b"]]),
    Case::held(
        LOOP,
        "sync key handler",
        "K().foreach(stubborn).register('k*', mode='sync', eventTypes=['set'])",
    )
    .called(&[&["SET", "k1", "v"]])
    .ends(End::Log("LockMaxTime, 1000 ms")),
    Case::held(
        LOOP,
        "sync key handler with `commands=`",
        "K().foreach(stubborn).register('k*', mode='sync', commands=['set'])",
    )
    .called(&[&["SET", "k1", "v"]])
    .ends(End::Log("LockMaxTime, 1000 ms")),
    Case::held(
        LOOP,
        "twenty sync key handlers of one event",
        "for _ in range(20): K().foreach(stubborn).register('k*', mode='sync', eventTypes=['set'])",
    )
    .called(&[&["SET", "k1", "v"]])
    .ends(End::Log("LockMaxTime, 31 ms")),
    Case::held(
        LOOP,
        "twenty sync triggers of one script of the server",
        "C().map(stubborn).register(trigger='t', mode='sync')",
    )
    .called(&[&[
        "EVAL",
        "local last for i = 1, 20 do last = redis.pcall('RG.TRIGGER', 't') end return last",
        "0",
    ]])
    .ends(End::Answer("the gear did not run")),
    Case::held(
        LOOP,
        "ten sync triggers of one pipeline",
        "C().map(stubborn).register(trigger='t', mode='sync')",
    )
    .called(&[&[TEN]])
    .ends(End::Answer("the gear did not run")),
    Case::held(
        LOOP,
        "ten sync triggers of one transaction",
        "C().map(stubborn).register(trigger='t', mode='sync')",
    )
    .called(&[&[TEN_IN_MULTI]]),
    Case::held(
        LOOP,
        "sync stream handler",
        "GB('StreamReader').foreach(stubborn).register('s', mode='sync')",
    )
    .called(&[&["XADD", "s", "*", "a", "b"]])
    .ends(End::Log("LockMaxTime, 1000 ms")),
    Case::held(
        LOOP,
        "`atomic()` in an async trigger",
        "
def f(x):
    with atomic(): stubborn()
C().map(f).register(trigger='t', mode='async_local')",
    )
    .ends(ATOMIC),
    Case::held(
        LOOP,
        "`atomic()` in a coroutine",
        "
async def f(x):
    with atomic(): stubborn()
C().map(f).register(trigger='t', mode='async_local')",
    )
    .ends(ATOMIC),
    Case::held(
        LOOP,
        "`atomic()` in a time event",
        "
def f():
    with atomic(): stubborn()
registerTE(1, f)",
    )
    .called(&[])
    .ends(End::Log("LockMaxTime, 1000 ms")),
    Case::held(
        LOOP,
        "`atomic()` in a thread",
        "
def f():
    with atomic(): stubborn()
C().map(lambda x: threading.Thread(target=f, daemon=True).start()).register(trigger='t', mode='async_local')",
    )
    .ends(End::Log("LockMaxTime, 1000 ms")),
    Case::held(
        LOOP,
        "`onRegistered` of what a gear registers",
        "
def f(x): C().register(trigger='other', onRegistered=stubborn)
C().map(f).register(trigger='t', mode='async_local')",
    )
    .ends(End::Log("LockMaxTime, 1000 ms")),
    Case::new(
        LOOP,
        "`__setstate__` of the key of a time event that is copied",
        "nothing",
        "
class Value:
    def __getstate__(self): return 1
    def __setstate__(self, state):
        while True: pass
value = Value()
registerTE(1, lambda: value, 'key')
C().register(trigger='t')",
    )
    .called(&[&["COPY", "key", "copy"]]),
    Case::held(
        LOOP,
        "`__str__` of a result of a sync trigger",
        "
class Value:
    def __str__(self): stubborn()
C().map(lambda x: Value()).register(trigger='t', mode='sync')",
    ),
    Case::held(
        LOOP,
        "`__str__` of an exception of a sync trigger",
        "
class Failure(Exception):
    def __str__(self): stubborn()
def f(x): raise Failure()
C().map(f).register(trigger='t', mode='sync')",
    ),
    Case::held(
        LOOP,
        "extractor of `groupby` in a sync trigger",
        "C().groupby(stubborn, lambda k, a, r: 1).register(trigger='t', mode='sync')",
    ),
    Case::held(
        LOOP,
        "`__lt__` of records that a sync trigger sorts",
        "
class Value:
    def __lt__(self, other): stubborn()
C().flatmap(lambda x: [Value(), Value()]).sort().register(trigger='t', mode='sync')",
    ),
];

#[test]
fn a_loop_is_ended_or_keeps_one_thread() {
    watched::run(&CASES);
}
