//! What a gear on a thread of its own can do instead of a loop. It keeps the thread; nothing stops it by default.

use super::case::{Case, End};
use super::watched;

const ASYNC: &str = "async trigger";

macro_rules! on_a_thread {
    ($function:literal) => {
        concat!(
            $function,
            "\nC().map(f).register(trigger='t', mode='async_local')"
        )
    };
}

pub(crate) const CASES: [Case; 12] = [
    Case::new(
        "`time.sleep`",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
def f(x): time.sleep(1000)"
        ),
    ),
    Case::new(
        "socket",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
import socket
def f(x):
    a, b = socket.socketpair()
    a.recv(1)"
        ),
    ),
    Case::new(
        "lock",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
def f(x):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()"
        ),
    ),
    Case::new(
        "`subprocess.run`",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
import subprocess
def f(x): subprocess.run(['sleep', '60'])"
        ),
    ),
    Case::new(
        "`execute` in a loop",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
def f(x):
    while True: execute('PING')"
        ),
    ),
    Case::new(
        "`KEYS *` in a loop",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
for n in range(1000): execute('SET', 'key%d' % n, n)
def f(x):
    while True: execute('KEYS', '*')"
        ),
    ),
    Case::new(
        "`atomic()` in a loop",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
def f(x):
    while True:
        with atomic(): time.sleep(0.1)"
        ),
    ),
    Case::new(
        "`print` in a loop",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
def f(x):
    for _ in range(20000): print('x' * 100)
    endless()"
        ),
    ),
    Case::new("endless generator", "reader of a run", "nothing", "").called(&[&[
        "RG.PYEXECUTE",
        "
def read():
    while True: yield 1
GB('PythonReader').count().run(read)",
    ]]),
    Case::new(
        "sum in C",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
def f(x): return sum(range(10**8))"
        ),
    )
    .ends(End::Silence),
    Case::new(
        "`DEBUG SLEEP`",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
def f(x): return execute('DEBUG', 'SLEEP', '2')"
        ),
    )
    .ends(End::Silence)
    .sigterm_waits(),
    Case::new(
        "loop in Lua",
        ASYNC,
        "nothing",
        on_a_thread!(
            "
def f(x): return execute('EVAL', 'while true do end', '0')"
        ),
    )
    .with(&[("busy-reply-threshold", "200")])
    .ends(End::Busy)
    .sigterm_waits(),
];

#[test]
fn threads_that_are_kept_leave_others_alone() {
    watched::run(&CASES);
}
