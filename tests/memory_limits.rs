//! No script takes more memory than `ExecutionMaxMemory`, wherever it runs and whatever way it takes the memory.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, untyped};
use redgrease_embedded::Server;

const LIMIT: usize = 100_000_000;
const TOO_MUCH: &str = "more memory than ExecutionMaxMemory, 100000000 bytes";

/// What a runaway may take beyond the limit before it is stopped, in bytes: on a busy machine it takes a while to stop it.
const MARGIN: usize = 400_000_000;

/// A line of the status of a server's process, in bytes.
fn memory(server: &Server, line: &str) -> usize {
    let status = std::fs::read_to_string(format!("{}/status", process(server))).unwrap();
    let value = status.lines().find_map(|one| one.strip_prefix(line));
    let kilobytes = value.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<usize>().unwrap() * 1024
}

fn process(server: &Server) -> String {
    let info = untyped(server, &["INFO", "server"]);
    let pid = info
        .lines()
        .find_map(|line| line.strip_prefix("process_id:"));
    format!("/proc/{}", pid.unwrap().trim())
}

/// The resident memory that the server takes at most while `body` runs, in bytes, beyond what it has before.
fn peak(server: &Server, body: impl FnOnce()) -> usize {
    // Begins the measurement of the peak anew.
    std::fs::write(format!("{}/clear_refs", process(server)), "5").unwrap();
    let before = memory(server, "VmRSS:");
    body();
    memory(server, "VmHWM:").saturating_sub(before)
}

fn small() -> Server {
    let (server, _con) = empty();
    untyped(
        &server,
        &["RG.CONFIGSET", "ExecutionMaxMemory", &LIMIT.to_string()],
    );
    server
}

fn log(server: &Server) -> String {
    std::fs::read_to_string(server.log_path()).unwrap()
}

fn still_works(server: &Server) {
    assert_eq!(untyped(server, &["PING"]), "PONG");
    for run in [
        "GB('ShardsIDReader').map(lambda x: 'fine').run()",
        "async def f(x): return 'fine'\nGB('ShardsIDReader').map(f).run()",
    ] {
        assert_eq!(untyped(server, &["RG.PYEXECUTE", run]).trim(), "fine");
    }
}

/// Small blocks, blocks of medium size, and one large block.
const GROWING: [&str; 3] = [
    "def grow():\n  kept = []\n  while True: kept.append(bytearray(2000))\n",
    "def grow():\n  kept = []\n  while True: kept.append(bytearray(10**6))\n",
    "import io\ndef grow():\n  kept = io.BytesIO()\n  while True: kept.write(b'x' * 100000)\n",
];

/// Work that an execution waits for, on another thread or in another coroutine.
const ELSEWHERE: [&str; 7] = [
    "import threading\ndef f(x):\n  all = [threading.Thread(target=grow) for _ in range(3)]\n  [one.start() for one in all]\n  [one.join() for one in all]",
    "import _thread\ndef f(x):\n  done = _thread.allocate_lock()\n  done.acquire()\n  def g():\n    try: grow()\n    finally: done.release()\n  _thread.start_new_thread(g, ())\n  done.acquire()",
    "from concurrent.futures import ThreadPoolExecutor\ndef f(x):\n  with ThreadPoolExecutor(2) as pool: return str(list(pool.map(lambda x: grow(), [1, 2])))",
    "from multiprocessing.pool import ThreadPool\ndef f(x):\n  with ThreadPool(2) as pool: return str(pool.map(lambda x: grow(), [1, 2]))",
    "import asyncio\nasync def f(x): return str(await asyncio.to_thread(grow))",
    "import asyncio\nasync def g(): grow()\nasync def f(x): return str(await asyncio.gather(g(), g()))",
    "import asyncio\nasync def g(): grow()\nasync def f(x):\n  task = asyncio.create_task(g())\n  return str(await task)",
];

#[test]
fn threads_and_tasks_pay_with_the_budget_of_their_execution() {
    let server = small();
    for growing in GROWING {
        for elsewhere in ELSEWHERE {
            let run = format!("{growing}{elsewhere}\nGB('ShardsIDReader').map(f).run()");
            let taken = peak(&server, || {
                let answer = untyped(&server, &["RG.PYEXECUTE", &run]);
                assert!(answer.contains(TOO_MUCH), "{run}: {answer}");
            });
            assert!(taken < LIMIT + MARGIN, "{run}: {taken}");
        }
    }
    still_works(&server);
}

/// Work that goes on when the script or call that has started it has ended.
const LEFT: [&str; 3] = [
    "import threading\nthreading.Thread(target=end).start()",
    "async def f(): end()\nrunCoroutine(f())",
    "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(2).submit(end)",
];

#[test]
fn work_that_is_left_behind_is_stopped() {
    for left in LEFT {
        for place in [
            left.to_owned(),
            format!(
                "def f(x):\n  {}\nGB('ShardsIDReader').foreach(f).run()",
                left.replace('\n', "\n  ")
            ),
        ] {
            let server = small();
            // Also work that catches the exception.
            let end = "def end():\n  while True:\n    try: grow()\n    except Exception: pass\n";
            let script = format!("{}{end}{place}", GROWING[0]);
            let taken = peak(&server, || {
                let answer = untyped(&server, &["RG.PYEXECUTE", &script]);
                assert!(!answer.contains(TOO_MUCH), "{script}: {answer}");
                eventually("the work is stopped", || log(&server).contains(TOO_MUCH));
                still_works(&server);
            });
            assert!(taken < LIMIT + MARGIN, "{script}: {taken}");
        }
    }
}

#[test]
fn a_pool_that_served_a_runaway_serves_others() {
    let server = small();
    let script = "
import sys, types
from concurrent.futures import ThreadPoolExecutor
shared = types.ModuleType('shared')
shared.pool = ThreadPoolExecutor(1)
sys.modules['shared'] = shared
def grow():
    kept = []
    while True: kept.append(bytearray(10**6))
def in_pool(function):
    import shared
    return shared.pool.submit(function).result()
GB('CommandReader').map(lambda x: in_pool(grow)).register(trigger='grow', mode='async_local')
GB('CommandReader').map(lambda x: in_pool(lambda: 'fine')).register(trigger='fine', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    for _ in 0..3 {
        let answer = untyped(&server, &["RG.TRIGGER", "grow"]);
        assert!(answer.contains(TOO_MUCH), "{answer}");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "fine"]), "fine");
    }
}

#[test]
fn an_execution_over_its_limit_starts_no_thread() {
    let server = small();
    let run = "
import threading
def grow():
    kept = []
    while True: kept.append(bytearray(10**6))
def f(x):
    while True:
        try:
            one = threading.Thread(target=grow)
            one.start()
            one.join()
        except Exception:
            pass
GB('ShardsIDReader').map(f).run()
";
    let answer = untyped(&server, &["RG.PYEXECUTE", run]);
    assert!(answer.contains(TOO_MUCH), "{answer}");
    still_works(&server);
}

/// Ways to take memory past the allocators of Python.
const PAST_PYTHON: [&str; 5] = [
    "import mmap\ndef grow():\n  one = mmap.mmap(-1, 5 << 30)\n  for i in range(0, 5 << 30, 4096): one[i] = 1\n",
    "import mmap\ndef grow():\n  kept = []\n  for _ in range(500):\n    one = mmap.mmap(-1, 1 << 22)\n    one.write(b'x' * (1 << 22))\n    kept.append(one)\n",
    "import mmap\ndef grow():\n  kept = []\n  for _ in range(500):\n    one = mmap.mmap(-1, 1 << 22, flags=mmap.MAP_PRIVATE)\n    one.write(b'x' * (1 << 22))\n    kept.append(one)\n",
    "import ctypes\ndef grow():\n  c = ctypes.CDLL(None)\n  c.malloc.restype = ctypes.c_void_p\n  c.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]\n  for _ in range(500): c.memset(c.malloc(1 << 22), 1, 1 << 22)\n",
    "import sqlite3\ndef grow():\n  base = sqlite3.connect(':memory:')\n  base.execute('create table t(x)')\n  for _ in range(20000): base.execute('insert into t values(?)', ('x' * 100000,))\n",
];

/// Where the memory is taken: runs, which answer with the error, and the calls of the trigger `t`.
const RUNS: [&str; 5] = [
    "GB('ShardsIDReader').map(lambda x: grow()).run()",
    "async def f(x): grow()\nGB('ShardsIDReader').map(f).run()",
    "import threading\ndef f(x):\n  all = [threading.Thread(target=grow) for _ in range(2)]\n  [one.start() for one in all]\n  [one.join() for one in all]\nGB('ShardsIDReader').map(f).run()",
    "def f(x):\n  with atomic(): grow()\nGB('ShardsIDReader').map(f).run()",
    "grow()",
];
const TRIGGERS: [&str; 2] = ["sync", "async_local"];

#[test]
fn memory_that_python_does_not_count_is_limited() {
    for growing in PAST_PYTHON {
        let server = small();
        untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "0"]);
        for run in RUNS {
            let run = format!("{growing}{run}");
            // The runs before may not have given back what they took.
            let taken = peak(&server, || {
                let answer = untyped(&server, &["RG.PYEXECUTE", &run]);
                assert!(answer.contains(TOO_MUCH), "{run}: {answer}");
            });
            // The process is looked at ten times a second, and fast code takes gigabytes in a second. All of it would be 2 to 5 GB.
            assert!(taken < LIMIT + 3 * MARGIN, "{run}: {taken}");
        }
        for mode in TRIGGERS {
            let script = format!(
                "{growing}GB('CommandReader').map(lambda x: grow()).register(trigger='{mode}', mode='{mode}')"
            );
            assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
            let answer = untyped(&server, &["RG.TRIGGER", mode]);
            assert!(answer.contains(TOO_MUCH), "{script}: {answer}");
        }
        still_works(&server);
    }
}

#[test]
fn the_growth_of_the_server_stops_no_gear() {
    let server = small();
    let run = "
import time
def f(x):
    kept = []
    while execute('EXISTS', 'gate'):
        # Its own memory comes and goes, too.
        kept = [bytearray(10**6) for _ in range(40)]
        time.sleep(0.001)
    return 'fine'
GB('ShardsIDReader').map(f).run()
";
    let value = "x".repeat(10_000_000);
    untyped(&server, &["SET", "gate", "1"]);
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| untyped(&server, &["RG.PYEXECUTE", run]));
        for _ in 0..3 {
            for n in 0..30 {
                untyped(&server, &["SET", &format!("value:{n}"), &value]);
            }
            for n in 0..30 {
                untyped(&server, &["DEL", &format!("value:{n}")]);
            }
        }
        untyped(&server, &["DEL", "gate"]);
        assert_eq!(caller.join().unwrap().trim(), "fine");
    });
}

#[test]
fn the_arrays_of_numpy_are_limited() {
    let server = small();
    let import = "GB('ShardsIDReader').map(lambda x: __import__('numpy').__name__).run()";
    if untyped(&server, &["RG.PYEXECUTE", import]).trim() != "numpy" {
        // The Python of this machine has no NumPy.
        return;
    }
    for expression in [
        "len(numpy.ones(10**9))",
        "len(numpy.zeros(10**9))",
        "len(numpy.arange(10**9))",
        "len([numpy.ones(10**5) for _ in range(10000)])",
        "len(numpy.random.default_rng().random(10**9))",
    ] {
        let run = format!("import numpy\nGB('ShardsIDReader').map(lambda x: {expression}).run()");
        let taken = peak(&server, || {
            let answer = untyped(&server, &["RG.PYEXECUTE", &run]);
            assert!(answer.contains(TOO_MUCH), "{run}: {answer}");
        });
        assert!(taken < LIMIT + MARGIN, "{run}: {taken}");
    }
    let run = "import numpy\nGB('ShardsIDReader').map(lambda x: int(sum(numpy.ones(10**6).sum() for _ in range(200)))).run()";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", run]).trim(), "200000000");
    still_works(&server);
}

/// A gear that keeps one megabyte a call in a module, and frees it all when it is called with `free`.
fn keeping(trigger: &str, mode: &str) -> String {
    format!(
        "
import sys, types
sys.modules['kept_by_{trigger}'] = types.ModuleType('kept_by_{trigger}')
sys.modules['kept_by_{trigger}'].all = []
def keep(x):
    import kept_by_{trigger} as kept
    kept.all.append(('x' * 10**6).upper())
    return len(kept.all)
GB('CommandReader').map(keep).register(trigger='{trigger}', mode='{mode}')
"
    )
}

#[test]
fn a_session_that_keeps_too_much_from_call_to_call_is_refused() {
    let server = small();
    for mode in ["sync", "async_local"] {
        let script = keeping(mode, mode);
        let register = || {
            let words = ["RG.PYEXECUTE", &script, "ID", mode, "UPGRADE"];
            assert_eq!(untyped(&server, &words), "OK");
        };
        let call = || untyped(&server, &["RG.TRIGGER", mode]);
        register();
        let refused = (0..200).map(|_| call()).find(|one| one.contains("ERR"));
        let refused = refused.unwrap();
        let expected = format!("session {mode} keeps");
        assert!(refused.contains(&expected), "{refused}");
        assert!(refused.contains("ExecutionMaxMemory"), "{refused}");
        assert!(call().contains(&expected));
        assert_eq!(log(&server).matches(&expected).count(), 1);
        // Others are served.
        still_works(&server);
        // What is freed can be taken again.
        let free = format!(
            "import kept_by_{mode}\nGB('ShardsIDReader').foreach(lambda x: __import__('kept_by_{mode}').all.clear()).count().run()"
        );
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &free]).trim(), "1");
        assert_eq!(call().trim(), "1");
        // A new version of the session begins with nothing.
        while !call().contains("ERR") {}
        register();
        assert_eq!(call().trim(), "1");
    }
}

#[test]
fn a_session_with_a_cache_is_not_refused() {
    let server = small();
    let script = "
import sys, types, collections
sys.modules['cached'] = types.ModuleType('cached')
sys.modules['cached'].all = collections.OrderedDict()
def cache(x):
    import cached
    for n in range(10):
        cached.all[len(cached.all), x[1], n] = ('x' * 10**6).upper()
        while len(cached.all) > 50: cached.all.popitem(last=False)
    return len(cached.all)
GB('CommandReader').map(cache).register(trigger='cache', mode='sync')
GB('CommandReader').map(cache).register(trigger='later', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    for n in 0..100 {
        for trigger in ["cache", "later"] {
            let answer = untyped(&server, &["RG.TRIGGER", trigger, &n.to_string()]);
            assert!(!answer.contains("ERR"), "{answer}");
        }
    }
}

#[test]
fn results_that_nobody_fetches_are_forgotten() {
    let server = small();
    let run = "GB('ShardsIDReader').map(lambda x: ('x' * 30000000).upper()).run()";
    let mut last = String::new();
    for _ in 0..8 {
        last = untyped(&server, &["RG.PYEXECUTE", run, "UNBLOCKING"]);
        eventually("it has ended", || {
            untyped(&server, &["RG.DUMPEXECUTIONS"])
                .matches("done")
                .count()
                == untyped(&server, &["RG.DUMPEXECUTIONS"])
                    .matches("executionId")
                    .count()
        });
    }
    let listed = untyped(&server, &["RG.DUMPEXECUTIONS"]);
    let count = listed.matches("executionId").count();
    assert!((1..=3).contains(&count), "{listed}");
    let results = untyped(&server, &["RG.GETRESULTS", &last]);
    assert_eq!(results.trim().len(), 30_000_000);
}

/// The server builds a reply before the gear gets it, so a reply that is too large is refused before.
#[test]
fn commands_that_would_read_too_much_are_refused() {
    let server = small();
    let fill = "
for i in range(60):
    execute('RPUSH', 'l', *['x' * 10000] * 100)
    execute('SADD', 's', *['%d:%d' % (i, j) + 'x' * 10000 for j in range(100)])
    execute('HSET', 'h', *[word for j in range(100) for word in ('%d:%d' % (i, j), 'x' * 10000)])
    execute('ZADD', 'z', *[word for j in range(100) for word in ('1', '%d:%d' % (i, j) + 'x' * 10000)])
    execute('APPEND', 't', 'x' * 200000)
    execute('XADD', 'x', '*', *[word for j in range(100) for word in ('f', 'x' * 10000)])";
    untyped(&server, &["RG.CONFIGSET", "ExecutionMaxMemory", "0"]);
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", fill]), "OK");
    untyped(
        &server,
        &["RG.CONFIGSET", "ExecutionMaxMemory", &LIMIT.to_string()],
    );
    let script = "
def run(x):
    command = x[1:]
    try: return 'read %d' % len(execute(*command))
    except Exception as e: return str(e)
GB('CommandReader').map(run).register(trigger='async', mode='async_local')
GB('CommandReader').map(run).register(trigger='sync', mode='sync')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "60000"]);
    let refused: [&[&str]; 15] = [
        &["LRANGE", "l", "0", "-1"],
        &["lrange", "l", "-6000", "5999"],
        &["SMEMBERS", "s"],
        &["SUNION", "nosuch", "s"],
        &["HGETALL", "h"],
        &["HVALS", "h"],
        &["ZRANGE", "z", "0", "-1", "WITHSCORES"],
        &["ZREVRANGE", "z", "0", "-1"],
        &["ZRANGEBYSCORE", "z", "-inf", "+inf"],
        &["ZRANGEBYLEX", "z", "-", "+"],
        &["XRANGE", "x", "-", "+"],
        &["XREVRANGE", "x", "+", "-"],
        &["SORT", "l", "ALPHA"],
        &["DUMP", "l"],
        &["MGET", "t", "t", "t", "t", "t", "t"],
    ];
    let read: [(&[&str], &str); 6] = [
        (&["LRANGE", "l", "0", "9"], "read 10"),
        (&["LRANGE", "l", "-10", "-1"], "read 10"),
        (&["ZRANGE", "z", "5", "14"], "read 10"),
        (&["XRANGE", "x", "-", "+", "COUNT", "1"], "read 1"),
        (&["SMEMBERS", "nosuch"], "read 0"),
        (&["MGET", "nosuch", "l"], "read 2"),
    ];
    for trigger in ["async", "sync"] {
        let call = |words: &[&str]| untyped(&server, &[&["RG.TRIGGER", trigger], words].concat());
        for words in refused {
            let answer = call(words);
            assert!(
                answer.contains("ExecutionMaxMemory leaves"),
                "{words:?}: {answer}"
            );
        }
        for (words, expected) in read {
            assert_eq!(call(words), expected, "{words:?}");
        }
    }
    still_works(&server);
}
