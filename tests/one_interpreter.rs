//! The tables of `book/src/one-interpreter.md`: what a session does to the interpreter that it shares with all others.
//!
//! Each row has a code, what changes for others, and what the engine does. The test runs the code and compares.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, plain_connection, unregister_all, untyped};
use redgrease_embedded::Server;
use std::fmt::Write;
use std::sync::Mutex;
use std::thread;

const PAGE: &str = include_str!("../book/src/one-interpreter.md");

/// A row of the page.
#[derive(Debug, PartialEq)]
struct Row {
    code: String,
    /// An expression that has another value afterwards. `None` if nothing changes.
    changed: Option<String>,
    is_refused: bool,
}

/// The rows below a headline.
fn rows(headline: &str) -> Vec<Row> {
    let (_, section) = PAGE.split_once(&format!("### {headline}\n")).unwrap();
    let section = section.split("\n#").next().unwrap();
    let cells = |line: &str| -> Vec<String> {
        let inner = line
            .trim()
            .strip_prefix('|')
            .unwrap()
            .strip_suffix('|')
            .unwrap();
        inner
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let is_row = |line: &&str| line.starts_with("| `");
    let lines: Vec<_> = section.lines().filter(is_row).map(cells).collect();
    lines.into_iter().map(|cells| row(&cells)).collect()
}

fn row(cells: &[String]) -> Row {
    let [code, changed, engine] = cells else {
        panic!("a row has three cells: {cells:?}");
    };
    Row {
        code: code.trim_matches('`').replace("`<br>`", "\n"),
        changed: (changed != "nothing").then(|| changed.trim_matches('`').to_owned()),
        is_refused: engine.starts_with("an error"),
    }
}

/// Gears of another session: everything that they do must go on.
fn others(name: &str) -> String {
    format!(
        "
import asyncio, contextlib, io, json, threading
{LOOK}
def everything(x):
    import decimal, email.message, redgrease, redisgears, rg
    class Own(GearsBuilder): pass
    execute('SET', 'probe', 'x')
    kept = io.StringIO()
    with contextlib.redirect_stdout(kept):
        print('kept')
    print('printed', flush=True)
    sys.stderr.write('written\\n')
    thread = threading.Thread(target=lambda: ran.append(1))
    ran = []
    thread.start()
    thread.join()
    with atomic():
        pass
    seen = [execute('GET', 'probe'), redisgears.executeCommand('GET', 'probe'), redgrease.cmd.get('probe'), rg.log is log,
        kept.getvalue(), ran, json.loads(json.dumps([1])), sorted([2, 1]), len('ab'), str(decimal.Decimal('0.10') * 3),
        Own('KeysReader').map(lambda r: r).reader, redgrease.KeysReader().map(lambda r: r) is None, sys.stdout is None,
        isinstance(email.message.Message, type), __import__('ftplib').FTP.__name__]
    return repr(seen)
async def waits(x):
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    made = [loop.create_task(asyncio.sleep(0, n)) for n in range(2)]
    return repr([await asyncio.gather(*made), await loop.run_in_executor(None, len, 'ab')])
GB('CommandReader').map(everything).register(trigger='{name}_sync', mode='sync')
GB('CommandReader').map(everything).register(trigger='{name}_async', mode='async_local')
GB('CommandReader').map(waits).register(trigger='{name}_coroutine', mode='async_local')
GB('CommandReader').map(look).register(trigger='{name}_look', mode='sync')
GB('CommandReader').map(look).register(trigger='{name}_look_async', mode='async_local')
"
    )
}

/// The value of an expression, with all modules that the page names.
const LOOK: &str = "
import asyncio, builtins, copyreg, decimal, dis, gc, importlib, inspect, io, json, logging, marshal, os, pickle, random, socket, \
sys, threading, time, traceback, types, unittest.mock, warnings
def look(x):
    return repr(eval(x[1], globals()))";

/// What the gears of `others` answer.
fn work_of_others(server: &Server, name: &str) -> String {
    let mut all = String::new();
    for gear in ["sync", "async", "coroutine"] {
        let answer = untyped(server, &["RG.TRIGGER", &format!("{name}_{gear}")]);
        writeln!(all, "{answer}").unwrap();
    }
    all
}

fn look(server: &Server, name: &str, expression: &str) -> String {
    let look = |gear: &str| {
        untyped(
            server,
            &["RG.TRIGGER", &format!("{name}_{gear}"), expression],
        )
    };
    format!("{} {}", look("look"), look("look_async"))
}

fn send(server: &Server, id: &str, script: &str) -> String {
    untyped(server, &["RG.PYEXECUTE", script, "ID", id, "UPGRADE"])
}

/// The engine itself must go on, whatever a gear does.
fn engine_works(server: &Server, code: &str) {
    let run = "GB('ShardsIDReader').map(lambda x: 'fine').run()";
    assert_eq!(
        untyped(server, &["RG.PYEXECUTE", run]).trim(),
        "fine",
        "{code}"
    );
    let failing = "GB('ShardsIDReader').map(lambda x: 1 / 0).run()";
    let answer = untyped(server, &["RG.PYEXECUTE", failing]);
    assert!(answer.contains("ZeroDivisionError"), "{code}: {answer}");
    let coroutine = "
async def f(x): return 'awaited'
GB('ShardsIDReader').map(f).run()";
    assert_eq!(
        untyped(server, &["RG.PYEXECUTE", coroutine]).trim(),
        "awaited",
        "{code}"
    );
    let registers = "
one = 1
def f(x): return [one, x[1]]
GB('CommandReader').map(f).register(trigger='registered', mode='sync')";
    assert_eq!(send(server, "registered", registers), "OK", "{code}");
    let answer = untyped(server, &["RG.TRIGGER", "registered", "a"]);
    assert_eq!(answer, "[1, 'a']", "{code}");
}

/// The script of a session that runs the code as its body, in an async and in a sync gear.
fn culprit(code: &str, with_body: bool) -> String {
    let indented = code.replace('\n', "\n    ");
    let body = if with_body { code } else { "" };
    if code.contains("async def f(x)") {
        // The loop of the session must go on for the other coroutines of the session.
        return format!(
            "{code}
async def own(x):
    import asyncio
    await asyncio.sleep(0)
    return await asyncio.get_running_loop().run_in_executor(None, len, 'ab')
GB('CommandReader').map(f).register(trigger='culprit_async', mode='async_local')
GB('CommandReader').map(own).register(trigger='culprit_own', mode='async_local')"
        );
    }
    format!(
        "def f(x):
    {indented}
    return 'done'
GB('CommandReader').map(f).register(trigger='culprit_async', mode='async_local')
GB('CommandReader').map(f).register(trigger='culprit_sync', mode='sync')
{body}"
    )
}

/// Runs a row. Returns what differs from the page.
fn check(row: &Row) -> Result<(), String> {
    // Redis 6.2 has no such setting, and allows DEBUG.
    let server = Server::builder()
        .server_arg("enable-debug-command", "yes")
        .start()
        .or_else(|_| Server::start())
        .unwrap();
    let mut con = redgrease::connect(server.url()).unwrap();
    let code = &row.code;
    // A busy machine is slow. No row is about time.
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "60000"]);
    assert_eq!(send(&server, "before", &others("before")), "OK", "{code}");
    let expected = work_of_others(&server, "before");
    assert!(
        expected.contains("'kept\\n'") && expected.contains("[[0, 1], 2]"),
        "{expected}"
    );
    let expression = row.changed.as_deref().unwrap_or("1");
    let value = look(&server, "before", expression);
    let is_same = |when: &str| {
        // What a gear has changed is put back when another script begins.
        untyped(&server, &["RG.PYEXECUTE", "pass"]);
        for name in ["before", "after"] {
            if name == "after" && row.changed.is_none() {
                let answer = send(&server, "after", &others("after"));
                if answer != "OK" {
                    return Err(format!("{when}: others cannot be registered: {answer}"));
                }
            } else if name == "after" {
                continue;
            }
            let work = work_of_others(&server, name);
            if row.changed.is_none() && work != expected {
                return Err(format!(
                    "{when}: others ({name}) answer {work} instead of {expected}"
                ));
            }
        }
        engine_works(&server, code);
        Ok(())
    };
    let succeeds = if code.contains("async def f(x)") {
        ["OK", "None"]
    } else {
        ["OK", "done"]
    };
    let has_failed = |answer: &str| !succeeds.contains(&answer.trim());
    let is_as_stated = |when: &str, answer: &str| {
        if has_failed(answer) == row.is_refused {
            Ok(())
        } else {
            Err(format!("{when}: the answer is {answer:?}"))
        }
    };
    let is_coroutine = code.contains("async def f(x)");
    let answer = send(&server, "culprit", &culprit(code, true));
    if is_coroutine {
        assert_eq!(answer, "OK", "{code}");
    } else {
        is_as_stated("body", &answer)?;
    }
    let mut differs = look(&server, "before", expression) != value;
    is_same("body")?;
    if row.is_refused {
        assert_eq!(
            send(&server, "culprit", &culprit(code, false)),
            "OK",
            "{code}"
        );
    }
    for gear in ["async", "sync"] {
        if is_coroutine && gear == "sync" {
            continue;
        }
        let answer = untyped(&server, &["RG.TRIGGER", &format!("culprit_{gear}")]);
        is_as_stated(gear, &answer)?;
        differs |= look(&server, "before", expression) != value;
        is_same(gear)?;
        if is_coroutine {
            let answer = untyped(&server, &["RG.TRIGGER", "culprit_own"]);
            if answer != "2" {
                return Err(format!("another coroutine of the session answers {answer}"));
            }
        }
    }
    if differs != row.changed.is_some() {
        return Err(format!(
            "{expression} is {value} before and {} afterwards",
            look(&server, "before", expression)
        ));
    }
    // The server runs all scripts again.
    let reloaded = untyped(&server, &["DEBUG", "RELOAD"]);
    assert_eq!(reloaded, "OK", "{code}");
    eventually("all sessions are restored", || {
        untyped(&server, &["INFO", "everything"]).contains("rg_unrestored_sessions:0")
    });
    is_same("restored")?;
    unregister_all(&mut con);
    engine_works(&server, code);
    untyped(&server, &["FLUSHALL"]);
    drop(plain_connection(&server));
    Ok(())
}

/// Compares all rows below a headline with what happens.
fn check_all(headline: &str) {
    let rows = Mutex::new(rows(headline));
    let wrong = Mutex::new(Vec::new());
    assert!(!rows.lock().unwrap().is_empty());
    let work = || loop {
        let Some(row) = rows.lock().unwrap().pop() else {
            return;
        };
        let checked = std::panic::catch_unwind(|| check(&row));
        let checked = checked.unwrap_or_else(|_| Err("see the panic above".to_owned()));
        if let Err(why) = checked {
            wrong
                .lock()
                .unwrap()
                .push(format!("{}\n    {why}", row.code));
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "the page is wrong:\n{}", wrong.join("\n"));
}

#[test]
fn names() {
    check_all("Names");
}

#[test]
fn names_of_the_engine() {
    check_all("The names of the engine");
}

#[test]
fn modules_and_imports() {
    check_all("Modules and imports");
}

#[test]
fn streams_and_hooks() {
    check_all("Streams and hooks");
}

#[test]
fn the_standard_library() {
    check_all("The standard library");
}

#[test]
fn event_loops() {
    check_all("Event loops");
}

#[test]
fn the_process() {
    check_all("The process");
}

#[test]
fn child_processes() {
    check_all("Child processes");
}

#[test]
fn the_page_has_no_other_tables() {
    let rows_of_page = PAGE.lines().filter(|line| line.starts_with("| `")).count();
    let headlines = PAGE.lines().filter_map(|line| line.strip_prefix("### "));
    let tested: usize = headlines.map(|headline| rows(headline).len()).sum();
    assert_eq!(tested, rows_of_page);
    assert!(tested > 100, "{tested}");
}
