//! The paths by which a gear runs. The user `lim` has registered all gears, and calls them.

use super::common::{eventually, untyped};
use super::{REFUSED, send};
use redgrease_embedded::Server;
use std::fmt::Write as _;

/// Each gear runs the commands and keeps the words of the errors in the list `app:PATH`.
const GEARS: &str = r"
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
def words_of(*command):
    try:
        execute(*command)
        return 'ran'
    except Exception as e:
        return str(e).strip()
def run(path):
    out = [words_of(*command) for command in COMMANDS]
    execute('DEL', 'app:' + path)
    execute('RPUSH', 'app:' + path, *out)
def on(path):
    return lambda r: run(path)
async def later(r):
    await asyncio.sleep(0.01)
    run('coroutine')
def in_block(r):
    with atomic():
        run('atomic')
def by_future(r):
    future = gearsFuture()
    def work():
        run('future')
        future.continueRun('done')
    threading.Thread(target=work).start()
    return future
def thread(r):
    one = threading.Thread(target=run, args=('thread',))
    one.start()
    one.join()
def executor(r):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(run, 'executor').result()
async def task(r):
    async def work():
        run('task')
    await asyncio.create_task(work())
async def to_thread(r):
    await asyncio.get_running_loop().run_in_executor(None, run, 'to_thread')
def hooked(path):
    def hook(r):
        run(path)
        return call_next(*r[1:])
    return hook
def add(trigger, function, mode):
    GB('CommandReader').map(function).register(trigger=trigger, mode=mode)
add('sync', on('sync'), 'sync')
add('async', on('async'), 'async')
add('async_local', on('async_local'), 'async_local')
add('coroutine', later, 'async_local')
add('atomic', in_block, 'async_local')
add('future', by_future, 'async_local')
for function in [thread, executor, task, to_thread]:
    add(function.__name__, function, 'async_local')
add('nested', lambda r: execute('RG.TRIGGER', 'sync'), 'async_local')
GB('CommandReader').map(hooked('hook')).register(hook='STRLEN', mode='sync')
GB('CommandReader').map(hooked('hook_async')).register(hook='HLEN', mode='async_local')
for path, mode in [('event', 'sync'), ('event_async', 'async_local')]:
    GB('KeysReader').foreach(on(path)).register('app:k:' + path, mode=mode, eventTypes=['set'])
    GB('StreamReader').foreach(on('stream_' + path)).register('app:s:' + path, mode=mode)
GB('KeysReader').foreach(on('expired')).register('app:k:expired', mode='sync', eventTypes=['expired'])
for path, mode in [('commands', 'sync'), ('commands_async', 'async_local')]:
    GB('KeysReader').foreach(on(path)).register('app:c:' + path, mode=mode, eventTypes=['set'], commands=['set'])
";

/// A path: its name, and the commands of `lim` that take it.
pub(super) type Path = (&'static str, &'static [&'static [&'static str]]);

pub(super) const PATHS: &[Path] = &[
    ("sync", &[&["RG.TRIGGER", "sync"]]),
    ("async", &[&["RG.TRIGGER", "async"]]),
    ("async_local", &[&["RG.TRIGGER", "async_local"]]),
    ("coroutine", &[&["RG.TRIGGER", "coroutine"]]),
    ("atomic", &[&["RG.TRIGGER", "atomic"]]),
    ("future", &[&["RG.TRIGGER", "future"]]),
    ("thread", &[&["RG.TRIGGER", "thread"]]),
    ("executor", &[&["RG.TRIGGER", "executor"]]),
    ("task", &[&["RG.TRIGGER", "task"]]),
    ("to_thread", &[&["RG.TRIGGER", "to_thread"]]),
    ("sync", &[&["RG.TRIGGER", "nested"]]),
    ("sync", &[&["MULTI"], &["RG.TRIGGER", "sync"], &["EXEC"]]),
    (
        "sync",
        &[&["EVAL", "return redis.call('RG.TRIGGER', 'sync')", "0"]],
    ),
    ("hook", &[&["STRLEN", "app:1"]]),
    (
        "hook",
        &[&["EVAL", "return redis.call('STRLEN', 'app:1')", "0"]],
    ),
    ("hook_async", &[&["HLEN", "app:1"]]),
    ("event", &[&["SET", "app:k:event", "v"]]),
    ("event_async", &[&["SET", "app:k:event_async", "v"]]),
    ("expired", &[&["SET", "app:k:expired", "v", "PX", "1"]]),
    ("stream_event", &[&["XADD", "app:s:event", "*", "a", "b"]]),
    (
        "stream_event_async",
        &[&["XADD", "app:s:event_async", "*", "a", "b"]],
    ),
    ("commands", &[&["SET", "app:c:commands", "v"]]),
    ("commands_async", &[&["SET", "app:c:commands_async", "v"]]),
    ("body", &[&["RG.PYEXECUTE", "BODY"]]),
    ("run", &[&["RG.PYEXECUTE", "RUN"]]),
    ("timer", &[&["RG.PYEXECUTE", "TIMER"]]),
];

/// `true` if a script takes the path.
pub(super) fn is_in_script((_, commands): Path) -> bool {
    commands.iter().any(|words| words[0] == "EVAL")
}

fn list(words: &[&[&str]]) -> String {
    let mut out = "COMMANDS = [".to_owned();
    for command in words {
        // The debug form of Rust is a form of Python, except for letters beyond ASCII.
        let command: Vec<String> = command.iter().map(|word| python(word)).collect();
        let _ = write!(out, "({},), ", command.join(", "));
    }
    out + "]\n"
}

fn python(word: &str) -> String {
    let escaped = word.chars().fold(String::new(), |mut out, one| {
        let _ = write!(out, "\\U{:08x}", u32::from(one));
        out
    });
    format!("'{escaped}'")
}

fn script() -> String {
    list(REFUSED) + GEARS
}

pub(super) fn register(con: &mut redis::Connection) {
    send(con, &["RG.PYEXECUTE", &script()]).unwrap();
}

/// Takes a path, and returns the words of the commands that the gear ran.
#[track_caller]
pub(super) fn walk(
    server: &Server,
    con: &mut redis::Connection,
    (name, commands): Path,
) -> Vec<String> {
    let key = format!("app:{name}");
    untyped(server, &["DEL", &key]);
    let functions = GEARS.split("def add").next().unwrap_or_default();
    for words in commands {
        let text = match words.get(1) {
            Some(&"BODY") => "run('body')",
            Some(&"RUN") => "GB('PythonReader').map(on('run')).run(lambda: iter([1]))",
            // Only the first tick, so that later ones disturb nobody.
            Some(&"TIMER") => {
                "ticks = []\nregisterTE(1, lambda: ticks or (ticks.append(1), run('timer')))"
            }
            _ => {
                let answer = send(con, words);
                assert!(answer.is_ok(), "{words:?}: {answer:?}");
                continue;
            }
        };
        let script = list(REFUSED) + functions + text;
        send(con, &["RG.PYEXECUTE", &script]).unwrap();
    }
    eventually(name, || untyped(server, &["EXISTS", &key]) == "1");
    let mut words: Vec<String> = Vec::new();
    eventually(name, || {
        words = redis::cmd("LRANGE")
            .arg(&key)
            .arg(0)
            .arg(-1)
            .query(con)
            .unwrap();
        words.len() == REFUSED.len()
    });
    words
}
