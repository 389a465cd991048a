//! What a sync trigger can do instead of a loop.

use super::case::{Case, End};
use super::watched;

const SYNC: &str = "sync trigger";

macro_rules! sync {
    ($function:literal) => {
        concat!($function, "\nC().map(f).register(trigger='t', mode='sync')")
    };
}

pub(crate) const CASES: [Case; 34] = [
    Case::held("loop in `finally`", SYNC, sync!("
def f(x):
    try: 1 / 0
    finally:
        try: endless()
        finally: endless()")),
    Case::held("loop in `__exit__`", SYNC, sync!("
class Manager:
    def __enter__(self): return self
    def __exit__(self, *_): stubborn()
def f(x):
    with Manager(): 1 / 0")),
    Case::held("loop in `__del__` of fifty objects", SYNC, sync!("
class Value:
    def __del__(self): endless()
def f(x):
    values = [Value() for _ in range(50)]
    values.clear()"))
    // Python drops the exceptions of destructors.
    .ends(End::Answer("")),
    Case::held("`time.sleep`", SYNC, sync!("
def f(x): time.sleep(1000)")),
    Case::held("`time.sleep` that is called again after each exception", SYNC, sync!("
def f(x):
    while True:
        try: time.sleep(1000)
        except BaseException: pass")),
    Case::held("socket", SYNC, sync!("
import socket
def f(x):
    a, b = socket.socketpair()
    a.recv(1)")),
    Case::held("lock", SYNC, sync!("
def f(x):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()")),
    Case::held("queue", SYNC, sync!("
import queue
def f(x): queue.Queue().get()")),
    Case::held("file lock", SYNC, sync!("
import fcntl, tempfile
def f(x):
    with tempfile.NamedTemporaryFile() as one, open(one.name) as other:
        fcntl.flock(one, fcntl.LOCK_EX)
        fcntl.flock(other, fcntl.LOCK_EX)")),
    Case::held("named pipe", SYNC, sync!("
import os, tempfile
def f(x):
    with tempfile.TemporaryDirectory() as folder:
        os.mkfifo(folder + '/pipe')
        open(folder + '/pipe')")),
    Case::held("`subprocess.run`", SYNC, sync!("
import subprocess
def f(x): subprocess.run(['sleep', '60'])")),
    Case::held("`os.system`", SYNC, sync!("
import os
def f(x): os.system('sleep 60')")),
    Case::held("`os.popen`", SYNC, sync!("
import os
def f(x): os.popen('exec >&-; sleep 60').close()")),
    Case::held("`os.spawnlp` that waits", SYNC, sync!("
import os
def f(x): os.spawnlp(os.P_WAIT, 'sleep', 'sleep', '60')")),
    Case::held("`signal.pause`", SYNC, sync!("
import signal
def f(x): signal.pause()")),
    Case::held("`time.sleep` behind `signal.pthread_sigmask`", SYNC, sync!("
import signal
def f(x):
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    time.sleep(60)")),
    // A look-up that is as slow as the one of a name server that does not answer.
    Case::held("look-up of a name that is called again after each exception", SYNC, sync!("
import _socket, ctypes, socket
def f(x):
    _socket.getaddrinfo = lambda *args: ctypes.CDLL(None).system(b'sleep 20')
    while True:
        try: socket.create_connection(('nonexistent.example.invalid', 80))
        except BaseException: pass")),
    Case::held("future of a thread pool", SYNC, sync!("
from concurrent.futures import Future
def f(x): Future().result()")),
    Case::held("`asyncio.run`", SYNC, sync!("
async def work():
    while True: await asyncio.sleep(0)
def f(x): asyncio.run(work())")),
    Case::held("regular expression", SYNC, sync!("
import re
def f(x): re.match('(a+)+$', 'a' * 60 + 'b')")),
    Case::held("power of large numbers", SYNC, sync!("
def f(x): return len(str(3 ** 10**9))")),
    Case::held("sort with a key", SYNC, sync!("
def f(x): return sorted(range(10**6), key=lambda v: sum(range(1000)))[0]")),
    Case::held("`execute` in a loop", SYNC, sync!("
def f(x):
    while True: execute('PING')")),
    Case::held("`execute` in a loop that catches all", SYNC, sync!("
def f(x):
    while True:
        try: execute('PING')
        except BaseException: pass")),
    Case::held("`KEYS *` in a loop", SYNC, sync!("
for n in range(1000): execute('SET', 'key%d' % n, n)
def f(x):
    while True: execute('KEYS', '*')")),
    Case::held("`print` in a loop", SYNC, sync!("
def f(x):
    while True: print('x' * 100)")),
    Case::held("`log` in a loop", SYNC, sync!("
def f(x):
    while True: log('x' * 100)")),
    Case::held("recursion that catches its error", SYNC, sync!("
def f(x):
    try: return f(x)
    except RecursionError: return f(x)")),
    Case::held("trigger that calls an endless trigger again and again", SYNC, "
def f(x):
    while True:
        try: execute('RG.TRIGGER', 'endless')
        except BaseException: pass
C().map(endless).register(trigger='endless', mode='sync')
C().map(f).register(trigger='t', mode='sync')"),
    Case::held("`flatmap` that multiplies", SYNC, "
many = lambda x: [x] * 1000
C().flatmap(many).flatmap(many).flatmap(many).flatmap(many).count().register(trigger='t', mode='sync')"),
    Case::new("recursion", SYNC, "the limit of recursion", sync!("
def f(x): return f(x)"))
    .ends(End::Answer("RecursionError")),
    Case::new("sum in C", SYNC, "nothing", sync!("
def f(x): return sum(range(10**8))"))
    .ends(End::Silence)
    .sigterm_waits(),
    Case::held("`DEBUG SLEEP`", SYNC, sync!("
def f(x): return execute('DEBUG', 'SLEEP', '60')")),
    Case::new("loop in Lua", SYNC, "nothing", sync!("
def f(x): return execute('EVAL', 'while true do end', '0')"))
    .with(&[("busy-reply-threshold", "200")])
    .ends(End::Busy)
    .sigterm_waits(),
];

#[test]
fn sync_triggers_are_ended() {
    watched::run(&CASES);
}
