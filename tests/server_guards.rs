//! Gears are held to the guards of the server as its clients are: pauses, replicas, the limit of memory, replicas that are
//! missing. And they do not hang the server by waiting for its lock.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, plain_connection, untyped};
use redgrease_embedded::Server;
use std::thread;
use std::time::Duration;

fn run_script(server: &Server, script: &str) {
    assert_eq!(untyped(server, &["RG.PYEXECUTE", script]), "OK");
}

fn number(server: &Server, key: &str) -> u64 {
    untyped(server, &["GET", key]).parse().unwrap_or(0)
}

/// Sends a command that may wait, on a connection of its own.
fn in_background(server: &Server, words: &[&str]) -> thread::JoinHandle<String> {
    let mut con = plain_connection(server);
    con.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    thread::spawn(move || {
        let mut cmd = redis::cmd(&words[0]);
        cmd.arg(&words[1..]);
        match cmd.query::<redis::Value>(&mut con) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        }
    })
}

/// A server whose writes go to an AOF: it ends itself if something is written during a pause.
fn with_aof() -> Server {
    Server::builder()
        .server_arg("appendonly", "yes")
        .start()
        .unwrap()
}

/// Gears of every kind that write.
const WRITERS: &str = r"
import time
registerTE(1, lambda: execute('INCR', 'ticks'))
def loop(x):
    for _ in range(200):
        execute('INCR', 'loop')
        time.sleep(0.002)
    return 'done'
def blocks(x):
    for _ in range(200):
        with atomic():
            execute('INCR', 'one')
            execute('INCR', 'two')
        time.sleep(0.002)
    return 'done'
async def later(x):
    return loop(x)
def register(x):
    time.sleep(0.2)
    GB('CommandReader').map(lambda x: 1).register(trigger='new', mode='sync')
    return 'done'
for name, function in [('loop', loop), ('blocks', blocks), ('later', later), ('register', register)]:
    GB('CommandReader').map(function).register(trigger=name, mode='async_local')
GB('CommandReader').map(lambda x: execute('INCR', 'sync')).register(trigger='sync', mode='sync')
GB('CommandReader').map(lambda x: (execute('INCR', 'hooked'), call_next(*x[1:]))[1]).register(hook='getrange', mode='sync')
GB('StreamReader').foreach(lambda r: (time.sleep(0.01), execute('INCR', 'messages'))).register('as*', mode='async_local')
GB('StreamReader').foreach(lambda r: execute('INCR', 'sync_messages')).register('ss*', mode='sync')
GB('KeysReader').foreach(lambda r: (time.sleep(0.01), execute('INCR', 'events'))).register('k*', mode='async_local', eventTypes=['set'])
GB('KeysReader').foreach(lambda r: execute('INCR', 'sync_events')).register('k*', mode='sync', eventTypes=['set'])
";

#[test]
fn writes_of_gears_wait_while_clients_are_paused() {
    let server = with_aof();
    run_script(&server, WRITERS);
    let running: Vec<_> = ["loop", "blocks", "later", "register"]
        .iter()
        .map(|name| in_background(&server, &["RG.TRIGGER", name]))
        .collect();
    for n in 0..50 {
        untyped(&server, &["XADD", "as", "*", "a", "b"]);
        untyped(&server, &["XADD", "ss", "*", "a", "b"]);
        untyped(&server, &["SET", &format!("k{n}"), "v"]);
    }
    eventually("the gears run", || number(&server, "loop") > 20);
    assert_eq!(
        untyped(&server, &["CLIENT", "PAUSE", "1500", "WRITE"]),
        "OK"
    );
    let state = |server: &Server| {
        let keys = [
            "ticks",
            "loop",
            "one",
            "two",
            "messages",
            "sync_messages",
            "events",
            "sync_events",
        ];
        keys.map(|key| number(server, key))
    };
    let before = state(&server);
    let called = in_background(&server, &["RG.TRIGGER", "sync"]);
    let hooked = in_background(&server, &["GETRANGE", "loop", "0", "-1"]);
    let script = in_background(
        &server,
        &[
            "RG.PYEXECUTE",
            "GB('CommandReader').register(trigger='other')",
        ],
    );
    let aborted = in_background(&server, &["RG.UNREGISTER", "nothing"]);
    thread::sleep(Duration::from_millis(300));
    assert_eq!(state(&server), before, "nothing is written during a pause");
    assert!(!called.is_finished() && !hooked.is_finished() && !script.is_finished());
    for one in running {
        assert!(one.join().unwrap().contains("done"));
    }
    assert!(called.join().unwrap().contains('1'));
    hooked.join().unwrap();
    aborted.join().unwrap();
    assert!(script.join().unwrap().to_lowercase().contains("ok"));
    eventually("everything is handled after the pause", || {
        number(&server, "messages") == 50
            && number(&server, "sync_messages") == 50
            && number(&server, "events") == 50
            && number(&server, "sync_events") == 50
    });
    assert_eq!(number(&server, "loop"), 400, "the loop and its coroutine");
    assert_eq!((number(&server, "one"), number(&server, "two")), (200, 200));
    assert_eq!(untyped(&server, &["RG.TRIGGER", "new", "x"]), "1");
}

#[test]
fn reads_of_gears_go_on_during_a_pause() {
    let server = with_aof();
    run_script(
        &server,
        "
def read(x):
    execute('CLIENT', 'PAUSE', '60000', 'WRITE')
    out = [execute('GET', 'k'), execute('EXISTS', 'k'), execute('PING')]
    execute('CLIENT', 'UNPAUSE')
    return ' '.join(map(str, out))
GB('CommandReader').map(read).register(trigger='read', mode='async_local')
",
    );
    untyped(&server, &["SET", "k", "v"]);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "read"]), "v 1 PONG");
}

#[test]
fn a_gear_that_waits_during_a_pause_can_be_aborted() {
    let server = with_aof();
    run_script(
        &server,
        "
def write(x):
    execute('CLIENT', 'PAUSE', '60000', 'WRITE')
    execute('SET', 'written', '1')
GB('CommandReader').map(write).register(trigger='write', mode='async_local')
",
    );
    let waits = in_background(&server, &["RG.TRIGGER", "write"]);
    let id = std::cell::RefCell::new(String::new());
    eventually("the gear waits", || {
        let rows = untyped(&server, &["RG.DUMPEXECUTIONS"]);
        let words: Vec<&str> = rows.lines().collect();
        let at = words.iter().position(|word| *word == "executionId");
        at.is_some_and(|at| {
            *id.borrow_mut() = words[at + 1].to_owned();
            rows.contains("running")
        })
    });
    thread::sleep(Duration::from_millis(50));
    // The abort is a command that waits, too.
    let abort = in_background(&server, &["RG.ABORTEXECUTION", &id.borrow()]);
    assert_eq!(untyped(&server, &["CLIENT", "UNPAUSE"]), "OK");
    abort.join().unwrap();
    waits.join().unwrap();
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

/// Triggers that run one command each and answer with the name of the error.
const CHECKED: &str = r"
import redgrease
COMMANDS = [('SET', 'k', 'v'), ('XADD', 's', '*', 'a', 'b'), ('BRPOPLPUSH', 'a', 'b', '0'), ('DEL', 'nothing'), ('BLPOP', 'nothing', '0'), ('GET', 'k')]
def run(x):
    out = []
    for words in COMMANDS:
        try:
            execute(*words)
            out.append('ran')
        except Exception as e:
            out.append(str(e).split()[0])
    return ' '.join(out)
def in_block(x):
    with atomic():
        return run(x)
async def later(x):
    return run(x)
def by_cmd(x):
    try:
        redgrease.cmd.set('k', 'v')
        return 'ran'
    except Exception as e:
        return type(e).__name__
GB('CommandReader').map(run).register(trigger='sync', mode='sync')
GB('CommandReader').map(run).register(trigger='async', mode='async_local')
GB('CommandReader').map(in_block).register(trigger='atomic', mode='async_local')
GB('CommandReader').map(later).register(trigger='coroutine', mode='async_local')
GB('CommandReader').map(by_cmd).register(trigger='cmd', mode='sync')
def add(command, mode):
    GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook=command, mode=mode)
add('hset', 'sync')
add('sadd', 'async_local')
add('srem', 'sync')
add('append', 'sync')
";

fn checked() -> Server {
    // Without packages of other tests: an older redis-py lacks some of the errors.
    let server = Server::builder();
    let server = server.module_arg("PythonInstallationDir", "packages");
    let server = server.start().unwrap();
    run_script(&server, CHECKED);
    server
}

/// Every way to run the commands gives the same answers.
#[track_caller]
fn all_answer(server: &Server, wanted: [&str; 6]) {
    for way in ["sync", "async", "atomic", "coroutine"] {
        let answers = untyped(server, &["RG.TRIGGER", way]);
        assert_eq!(answers.split(' ').collect::<Vec<_>>(), wanted, "{way}");
    }
}

/// A client gets the same answer for a hooked command as for one without a hook.
#[track_caller]
fn hooks_answer(server: &Server, grows: Option<&str>, writes: Option<&str>) {
    let begins = |words: &[&str], wanted: Option<&str>| {
        let answer = untyped(server, words);
        match wanted {
            Some(wanted) => assert!(answer.starts_with(wanted), "{words:?}: {answer}"),
            None => assert!(answer.parse::<u64>().is_ok(), "{words:?}: {answer}"),
        }
    };
    begins(&["HSET", "h", "a", "b"], grows);
    begins(&["SADD", "set", "a"], grows);
    begins(&["APPEND", "text", "a"], grows);
    begins(&["SREM", "set", "a"], writes);
}

#[test]
fn gears_write_only_where_clients_may() {
    let server = checked();
    all_answer(&server, ["ran"; 6]);
    hooks_answer(&server, None, None);
}

#[test]
fn a_read_only_replica_takes_no_writes_of_gears() {
    let server = checked();
    untyped(&server, &["REPLICAOF", "127.0.0.1", "1"]);
    let refused = "READONLY";
    all_answer(
        &server,
        [refused, refused, refused, refused, refused, "ran"],
    );
    hooks_answer(&server, Some(refused), Some(refused));
    assert_eq!(untyped(&server, &["RG.TRIGGER", "cmd"]), "ReadOnlyError");
    untyped(&server, &["REPLICAOF", "NO", "ONE"]);
    all_answer(&server, ["ran"; 6]);
}

#[test]
fn too_few_replicas_refuse_writes_of_gears() {
    let server = checked();
    untyped(&server, &["CONFIG", "SET", "min-replicas-to-write", "1"]);
    let refused = "NOREPLICAS";
    thread::sleep(Duration::from_millis(20));
    all_answer(
        &server,
        [refused, refused, refused, refused, refused, "ran"],
    );
    hooks_answer(&server, Some(refused), Some(refused));
    assert_eq!(untyped(&server, &["RG.TRIGGER", "cmd"]), "NoReplicasError");
}

#[test]
fn a_disk_that_takes_no_data_refuses_writes_of_gears() {
    let server = checked();
    untyped(&server, &["SET", "k", "v"]);
    untyped(&server, &["CONFIG", "SET", "save", "3600 1"]);
    // A folder has the name of the file.
    let name = untyped(&server, &["CONFIG", "GET", "dbfilename"]);
    let folder = untyped(&server, &["CONFIG", "GET", "dir"]);
    let path = std::path::Path::new(folder.lines().nth(1).unwrap());
    std::fs::create_dir(path.join(name.lines().nth(1).unwrap())).unwrap();
    untyped(&server, &["BGSAVE"]);
    eventually("the save has failed", || {
        untyped(&server, &["INFO", "persistence"]).contains("rdb_last_bgsave_status:err")
    });
    thread::sleep(Duration::from_millis(20));
    let refused = "MISCONF";
    all_answer(
        &server,
        [refused, refused, refused, refused, refused, "ran"],
    );
    hooks_answer(&server, Some(refused), Some(refused));
}

#[test]
fn a_full_server_takes_no_writes_of_gears() {
    let server = checked();
    untyped(&server, &["CONFIG", "SET", "maxmemory", "1"]);
    let refused = "OOM";
    untyped(&server, &["SET", "k", "v"]);
    all_answer(&server, [refused, refused, refused, "ran", "ran", "ran"]);
    hooks_answer(&server, Some(refused), None);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "cmd"]), "OutOfMemoryError");
    untyped(&server, &["CONFIG", "SET", "maxmemory", "0"]);
    all_answer(&server, ["ran"; 6]);
}

fn used_memory(server: &Server) -> u64 {
    let info = untyped(server, &["INFO", "memory"]);
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    line.unwrap().trim().parse().unwrap()
}

const FILL: &str = r"
def fill(x):
    for n in range(int(x[1])):
        execute('SET', 'f:%d' % n, 'x' * 1000)
    return 'filled'
GB('CommandReader').map(fill).register(trigger='sync', mode='sync')
GB('CommandReader').map(fill).register(trigger='async', mode='async_local')
registerTE(3600, lambda: None)
";

#[test]
fn gears_stay_below_the_limit_of_memory() {
    let (server, _con) = empty();
    run_script(&server, FILL);
    for way in ["sync", "async"] {
        let limit = used_memory(&server) + (2 << 20);
        untyped(&server, &["CONFIG", "SET", "maxmemory", &limit.to_string()]);
        let answer = untyped(&server, &["RG.TRIGGER", way, "20000"]);
        assert!(answer.contains("OOM"), "{answer}");
        let used = used_memory(&server);
        assert!(used < limit + (2 << 20), "{way}: {used} of {limit}");
        untyped(&server, &["CONFIG", "SET", "maxmemory", "0"]);
        untyped(&server, &["FLUSHALL"]);
    }
}

#[test]
fn writes_of_gears_make_the_server_evict() {
    let (server, _con) = empty();
    run_script(&server, FILL);
    let limit = used_memory(&server) + (8 << 20);
    untyped(
        &server,
        &["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"],
    );
    untyped(&server, &["CONFIG", "SET", "maxmemory", &limit.to_string()]);
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "async", "20000"]),
        "filled"
    );
    let used = used_memory(&server);
    assert!(used < limit + (1 << 20), "{used} of {limit}");
    assert_eq!(
        untyped(&server, &["CONFIG", "GET", "maxmemory"]),
        format!("maxmemory\n{limit}")
    );
    // Nothing can be evicted: keys without an expiry.
    untyped(
        &server,
        &["CONFIG", "SET", "maxmemory-policy", "volatile-lru"],
    );
    let answer = untyped(&server, &["RG.TRIGGER", "async", "20000"]);
    assert!(answer.contains("OOM"), "{answer}");
}

/// Gears that hold the server's lock and wait for a thread that wants it, in the ways that Python offers.
const WAITERS: &str = r"
import queue, threading, time
from concurrent.futures import ThreadPoolExecutor
threading.test_pool = ThreadPoolExecutor(4)
def work():
    try:
        execute('INCR', 'n')
        return 'ran'
    except Exception as e:
        return str(e).strip()
def nested_block():
    try:
        with atomic():
            return 'ran'
    except Exception as e:
        return str(e).strip()
def join(x):
    out = []
    t = threading.Thread(target=lambda: out.append(work()))
    t.start()
    t.join()
    return out[0]
def result(x):
    return threading.test_pool.submit(work).result()
def block(x):
    return threading.test_pool.submit(nested_block).result()
def taken(x):
    q = queue.Queue()
    threading.test_pool.submit(lambda: q.put(work()))
    return q.get()
def event(x):
    e, out = threading.Event(), []
    threading.test_pool.submit(lambda: (out.append(work()), e.set()))
    e.wait()
    return out[0]
def lock(x):
    l, out = threading.Lock(), []
    l.acquire()
    threading.test_pool.submit(lambda: (out.append(work()), l.release()))
    l.acquire()
    return out[0]
def atomically(function):
    def run(x):
        with atomic():
            return function(x)
    return run
for name in ['join', 'result', 'block', 'taken', 'event', 'lock']:
    function = globals()[name]
    GB('CommandReader').map(function).register(trigger=name, mode='sync')
    GB('CommandReader').map(atomically(function)).register(trigger=name + '_atomic', mode='async_local')
def contend(x):
    jobs = [threading.test_pool.submit(lambda: [work() for _ in range(200)]) for _ in range(8)]
    return sum(answer == 'ran' for job in jobs for answer in job.result())
GB('CommandReader').map(contend).register(trigger='contend', mode='async_local')
GB('CommandReader').map(lambda x: time.sleep(1.5)).register(trigger='slow', mode='sync')
GB('CommandReader').map(lambda x: threading.Thread(target=work).start()).register(trigger='forget', mode='sync')
";

#[test]
fn a_thread_that_can_never_have_the_lock_gets_an_error() {
    let (server, _con) = empty();
    // By default the gear that waits is ended first.
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "20000"]);
    run_script(&server, WAITERS);
    for name in ["join", "result", "block", "taken", "event", "lock"] {
        for way in ["", "_atomic"] {
            let trigger = format!("{name}{way}");
            let answer = in_background(&server, &["RG.TRIGGER", &trigger])
                .join()
                .unwrap();
            assert!(
                answer.contains("the server's lock cannot be had"),
                "{trigger}: {answer}"
            );
            assert!(
                answer.contains("async_local"),
                "the error says what to do: {answer}"
            );
        }
    }
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

#[test]
fn threads_that_only_contend_for_the_lock_go_on() {
    let (server, _con) = empty();
    run_script(&server, WAITERS);
    let contends = in_background(&server, &["RG.TRIGGER", "contend"]);
    // A sync gear that sleeps waits for nobody.
    untyped(&server, &["RG.TRIGGER", "slow"]);
    assert!(contends.join().unwrap().contains("1600"));
    let before = number(&server, "n");
    untyped(&server, &["RG.TRIGGER", "forget"]);
    eventually("the thread runs when the gear has ended", || {
        number(&server, "n") == before + 1
    });
}
