//! Sessions as clients see them: `RG.PYDUMPSESSIONS` lists current and dead ones.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, field, plain_connection, untyped};
use redgrease::GearsCommands;
use redgrease_embedded::Server;

const WAITS: &str = "
import time
def wait(x):
    execute('INCR', 'begun')
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
";

fn gated() -> Server {
    let (server, _con) = empty();
    untyped(&server, &["SET", "gate", "1"]);
    server
}

fn sessions(server: &Server, options: &[&str]) -> Vec<String> {
    let text = untyped(server, &[&["RG.PYDUMPSESSIONS"], options].concat());
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_run_has_a_session_until_it_ends() {
    let server = gated();
    let script = format!("{WAITS}GB('ShardsIDReader').map(wait).run()");
    let run = ["RG.PYEXECUTE", &script, "UNBLOCKING", "ID", "runs"];
    untyped(&server, &run);
    let rows = sessions(&server, &[]);
    assert_eq!(field(&rows, "ID"), "runs");
    assert_eq!(field(&rows, "refCount"), "1");
    let other = [&run[..], &["DESCRIPTION", "another"]].concat();
    assert!(untyped(&server, &other).contains("Session runs already exists"));
    untyped(&server, &["DEL", "gate"]);
    eventually("the session ends", || sessions(&server, &[]).is_empty());
    assert!(!untyped(&server, &run).contains("already exists"));
}

#[test]
fn a_replaced_session_is_dead_until_its_executions_end() {
    let server = gated();
    let script = format!(
        "{WAITS}GB('CommandReader').map(wait).register(trigger='wait', mode='async_local')"
    );
    let register = ["RG.PYEXECUTE", &script, "ID", "app", "UPGRADE"];
    assert_eq!(untyped(&server, &register), "OK");
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| untyped(&server, &["RG.TRIGGER", "wait"]));
        eventually("it runs", || untyped(&server, &["GET", "begun"]) == "1");
        let id = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        assert_eq!(
            untyped(&server, &["RG.UNREGISTER", id.lines().nth(1).unwrap()]),
            "OK"
        );
        assert!(sessions(&server, &[]).is_empty());
        let dead = sessions(&server, &["DEAD"]);
        assert_eq!(field(&dead, "ID"), "app");
        assert_eq!(field(&dead, "dead"), "true");
        assert_eq!(field(&dead, "linked"), "None");
        // The dead session does not occupy the name.
        assert_eq!(untyped(&server, &register[..4]), "OK");
        assert_eq!(field(&sessions(&server, &[]), "dead"), "false");
        untyped(&server, &["DEL", "gate"]);
        caller.join().unwrap();
    });
    eventually("it is forgotten", || {
        sessions(&server, &["DEAD"]).is_empty()
    });
}

/// A server on which DEBUG works.
fn debuggable() -> Server {
    let program = redgrease_embedded::find_server().unwrap();
    let told = std::process::Command::new(program)
        .arg("--version")
        .output();
    let told = String::from_utf8_lossy(&told.unwrap().stdout).into_owned();
    let builder = Server::builder();
    // Redis 6.2 always allows DEBUG, and does not know this setting.
    if told.contains("v=6.") {
        builder.start().unwrap()
    } else {
        let builder = builder.server_arg("enable-debug-command", "yes");
        builder.start().unwrap()
    }
}

#[test]
fn the_python_of_a_session_begins_anew_after_a_reload() {
    let server = debuggable();
    let script = "
n = 0
seen = []
def count(x):
    global n
    n += 1
    seen.append(n)
    return str([n, len(seen)])
GB('CommandReader').map(count).register(trigger='count', mode='sync')
GB('CommandReader').map(count).register(trigger='count_too', mode='async_local')
";
    let words = ["RG.PYEXECUTE", script, "ID", "app"];
    assert_eq!(untyped(&server, &words), "OK");
    let dump = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    for _ in 0..3 {
        assert_eq!(untyped(&server, &["RG.TRIGGER", "count"]), "[1, 1]");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "count_too"]), "[2, 2]");
        assert_eq!(untyped(&server, &["DEBUG", "RELOAD"]), "OK");
        assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), dump);
    }
}

/// The server refuses the commands of the engine as it refuses others.
#[test]
fn commands_say_that_the_server_is_loading() {
    let server = debuggable();
    let script = "
GB('CommandReader').map(lambda x: 'works').register(trigger='t', mode='sync')
GB('CommandReader').map(lambda x: 'works').register(trigger='later', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let dump = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    let fill = "for n in range(20000): execute('SET', 'key%d' % n, 'x' * 100)";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", fill]), "OK");
    // The server waits after each key that it loads, and answers commands meanwhile.
    for (setting, value) in [
        ("loading-process-events-interval-bytes", "1024"),
        ("key-load-delay", "300"),
    ] {
        untyped(&server, &["CONFIG", "SET", setting, value]);
    }
    let mut reloading = plain_connection(&server);
    let reload = std::thread::spawn(move || {
        let mut reload = redis::cmd("DEBUG");
        reload.arg("RELOAD").query::<redis::Value>(&mut reloading)
    });
    let is_loading = || untyped(&server, &["GET", "key1"]).contains("LOADING");
    eventually("the server loads", is_loading);
    for command in [
        &["RG.PYEXECUTE", "GB().count().run()"][..],
        &["RG.PYEXECUTE", script, "ID", "other"],
        &["RG.TRIGGER", "t"],
        &["RG.TRIGGER", "later"],
        &["RG.TRIGGERONKEY", "t", "k"],
        &["RG.DUMPREGISTRATIONS"],
        &["RG.PYDUMPSESSIONS"],
        &["RG.PYDUMPREQS"],
        &["RG.UNREGISTER", "x"],
        &["RG.REFRESHCLUSTER"],
        &["RG.CONFIGSET", "MaxExecutions", "5"],
    ] {
        let said = untyped(&server, command);
        assert!(said.contains("LOADING"), "{command:?}: {said}");
    }
    assert!(
        is_loading(),
        "all of them came while the server was loading"
    );
    reload.join().unwrap().unwrap();
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "works");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "later"]), "works");
    assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), dump);
}

/// The number of objects of the class `Mark` in the interpreter: one for each script that was not freed.
fn marks(server: &Server) -> usize {
    let count = "import gc
gc.collect()
n = sum(type(one).__name__ == 'Mark' for one in gc.get_objects())
GB('PythonReader').run(lambda: iter([n]))";
    let answer = untyped(server, &["RG.PYEXECUTE", count]);
    answer.trim_end().parse().unwrap()
}

/// What a script keeps in its variables must not keep the script. Objects of the engine that know a function of the script are
/// part of a circle, and Python's garbage collector has to see that.
#[test]
fn a_session_that_has_ended_is_freed_whatever_it_has_kept() {
    for kept in [
        "chain = GearsBuilder('PythonReader')
chain.map(lambda x: chain)
chain.run(lambda: iter([1]))",
        "def step(r):
    kept.append(GB('KeysReader').map(step))",
        "def step(r):
    kept.append(getGearsSession())",
        "import threading
def step(r):
    kept.append(threading.Thread(target=lambda: kept))",
        "def step(r):
    kept.append(gearsFuture())
    return kept[-1]",
        "async def step(r):
    kept.append(createFuture())
    return await kept[-1]",
        "import asyncio
async def step(r):
    kept.append(asyncio.current_task())
    await asyncio.sleep(60)",
    ] {
        let (server, mut con) = empty();
        let mut script = format!("class Mark: pass\nkept = [Mark()]\n{kept}\n");
        if kept.contains("step") {
            script += "GB('KeysReader').map(step).register(eventTypes=['set'], mode='async_local')";
        }
        for _ in 0..5 {
            let answer = untyped(&server, &["RG.PYEXECUTE", &script]);
            assert!(!answer.contains("Traceback"), "{answer}");
            untyped(&server, &["SET", "key", "value"]);
            for registration in con.dump_registrations().unwrap() {
                con.unregister(&registration.id).unwrap();
            }
            for execution in con.dump_executions().unwrap() {
                // It may have ended meanwhile.
                let _ = con.abort_execution(&execution.id);
                let _ = con.drop_execution(&execution.id);
            }
        }
        eventually("all but the last are freed", || marks(&server) <= 1);
    }
}

/// The next tick of a time event may be a day away.
#[test]
fn a_session_that_was_replaced_is_freed_before_the_tick_of_its_timer() {
    for timer in [
        "registerTE(86400, lambda: kept)",
        "registerTE(86400, lambda: kept, 'named')",
    ] {
        let (server, _con) = empty();
        let script = format!("class Mark: pass\nkept = [Mark()]\n{timer}");
        for _ in 0..5 {
            let words = ["RG.PYEXECUTE", &script, "ID", "one", "UPGRADE"];
            assert_eq!(untyped(&server, &words), "OK");
        }
        eventually("those before the last are freed", || marks(&server) <= 2);
    }
}
