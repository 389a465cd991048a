//! Memory without an end.

use super::case::{Case, End};
use super::common::{empty, untyped};
use super::watched;

const RUN: &str = "run";
const LESS: &[(&str, &str)] = &[
    ("ExecutionMaxMemory", "100000000"),
    // Where a machine is slow, memory is to be the limit.
    ("LockMaxTime", "60000"),
];

const fn of_run(code: &'static str, call: &'static [&'static [&'static str]]) -> Case {
    Case::new(code, RUN, "ExecutionMaxMemory", "")
        .with(LESS)
        .called(call)
        .ends(End::Answer("ExecutionMaxMemory, 100000000 bytes"))
}

macro_rules! run {
    ($function:literal) => {
        &[&[
            "RG.PYEXECUTE",
            concat!($function, "\nGB('ShardsIDReader').map(f).run()"),
        ]]
    };
}

pub(crate) const CASES: [Case; 13] = [
    of_run(
        "list that grows",
        run!(
            "
def f(x):
    kept = []
    while True: kept.append([x])"
        ),
    ),
    of_run(
        "text that grows",
        run!(
            "
def f(x):
    text = 'x'
    while True: text += text"
        ),
    ),
    of_run(
        "dictionary that grows",
        run!(
            "
import itertools
def f(x):
    kept = {}
    for n in itertools.count(): kept[n] = str(n)"
        ),
    ),
    of_run(
        "list that grows and catches `MemoryError`",
        run!(
            "
def f(x):
    kept = []
    while True:
        try: kept.append(bytearray(10**7))
        except MemoryError: pass"
        ),
    ),
    of_run(
        "data that commands add to the server",
        run!(
            "
def f(x):
    while True: execute('RPUSH', 'list', 'x' * 10**6)"
        ),
    ),
    of_run(
        "number of results",
        &[&[
            "RG.PYEXECUTE",
            "
import itertools
GB('PythonReader').run(lambda: itertools.repeat('x'))",
        ]],
    ),
    Case::new("`mmap` of memory", RUN, "ExecutionMaxMemory", "")
        .with(LESS)
        .called(run!(
            "
import mmap
def f(x): return len(mmap.mmap(-1, 10**10))"
        ))
        .ends(End::Answer("ExecutionMaxMemory, 100000000 bytes")),
    of_run(
        "coroutines that wait",
        &[&[
            "RG.PYEXECUTE",
            "
async def work():
    await asyncio.sleep(1000)
async def f(x):
    kept = []
    while True:
        kept.append(asyncio.create_task(work()))
GB('ShardsIDReader').map(f).run()",
        ]],
    ),
    Case::new(
        "reply that repeats a value",
        "sync trigger",
        "ExecutionMaxMemory",
        "C().map(lambda x: ['x' * 10**6] * 10**4).register(trigger='t', mode='sync', convertToStr=False)",
    )
    .ends(End::Answer(
        "the reply has more bytes than ExecutionMaxMemory",
    )),
    Case::new("reply that repeats a value", RUN, "ExecutionMaxMemory", "")
        .with(LESS)
        .called(&[&[
            "RG.PYEXECUTE",
            "GB('ShardsIDReader').flatmap(lambda x: ['x' * 10**6] * 10**4).run()",
        ]])
        .ends(End::Answer(
            "the reply has more bytes than ExecutionMaxMemory",
        )),
    Case::new(
        "list that grows",
        "sync trigger",
        "ExecutionMaxMemory",
        "
def f(x):
    kept = []
    while True: kept.append(bytearray(10000))
C().map(f).register(trigger='t', mode='sync')",
    )
    .with(LESS)
    .ends(End::Answer("ExecutionMaxMemory, 100000000 bytes")),
    Case::new(
        "list that grows",
        "body of a script",
        "ExecutionMaxMemory",
        "",
    )
    .with(LESS)
    .called(&[&[
        "RG.PYEXECUTE",
        "
kept = []
while True: kept.append(bytearray(10000))",
    ]])
    .ends(End::Answer("ExecutionMaxMemory, 100000000 bytes")),
    Case::new(
        "list that grows",
        "thread that a gear starts",
        "ExecutionMaxMemory",
        "
def grow():
    kept = []
    while True: kept.append(bytearray(10000))
def f(x): threading.Thread(target=grow, daemon=True).start()
C().map(f).register(trigger='t', mode='async_local')",
    )
    .with(LESS)
    .ends(End::Log("ExecutionMaxMemory, 100000000 bytes")),
];

#[test]
fn memory_is_limited() {
    let (server, _con) = empty();
    for (setting, default) in [
        ("ExecutionMaxMemory", "1073741824"),
        ("ScriptMaxTime", "60000"),
        ("LockMaxTime", "1000"),
        ("ExecutionMaxTime", "0"),
    ] {
        assert_eq!(untyped(&server, &["RG.CONFIGGET", setting]), default);
    }
    watched::run(&CASES);
}
