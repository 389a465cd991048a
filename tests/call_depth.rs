//! Gears that call each other: how deep they may, and what the first client reads when they call each other deeper.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::is_redis_6;
use common::{empty, eventually, untyped};
use redgrease_embedded::Server;

fn run(server: &Server, script: &str) {
    let answer = untyped(server, &["RG.PYEXECUTE", script, "ID", "s", "UPGRADE"]);
    assert_eq!(answer, "OK", "{script}");
}

fn too_deep(limit: usize, chain: &str) -> String {
    format!(
        "gears call each other more than MaxCallDepth, {limit}, deep: {chain}: end the recursion, or raise MaxCallDepth"
    )
}

/// Ways to call the trigger `t` again, as the function `f` of all gears.
const CALLS: [&str; 5] = [
    "execute('RG.TRIGGER', 't')",
    "execute('RG.TRIGGERONKEY', 't', 'k')",
    "redgrease.cmd.execute_command('RG.TRIGGER', 't')",
    "[execute('RG.TRIGGER', 't') for _ in range(3)]",
    "execute('RG.TRIGGER', 'T' if False else 't')[0]",
];

#[test]
fn a_recursion_is_an_error_that_names_the_chain() {
    let (server, _con) = empty();
    // On a slow machine the time would end before the depth.
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "60000"]);
    for call in CALLS {
        let script = format!(
            "
import redgrease
def f(x): return {call}
GB('CommandReader').map(f).register(trigger='t', mode='sync')
GB('CommandReader').map(f).register(trigger='u', mode='async_local')
GB('CommandReader').map(f).register(trigger='v', mode='async')
GB('CommandReader').map(f).register(trigger='w', mode='sync')
GB('CommandReader').map(f).filter(lambda x: True).count().register(trigger='z', mode='sync')
GB('CommandReader').map(f).register(hook='get', mode='sync')"
        );
        run(&server, &script);
        for trigger in ["t", "u", "v", "w", "z"] {
            let chain = if trigger == "t" {
                "t -> t -> ..".to_owned()
            } else {
                format!("{trigger} -> t -> t -> ..")
            };
            let answer = untyped(&server, &["RG.TRIGGER", trigger]);
            assert_eq!(answer, format!("ERR {}", too_deep(16, &chain)), "{call}");
        }
        let answer = untyped(&server, &["GET", "k"]);
        let chain = "get(hook) -> t -> t -> ..";
        assert_eq!(answer, format!("ERR {}", too_deep(16, chain)), "{call}");
        assert_eq!(untyped(&server, &["PING"]), "PONG");
    }
}

#[test]
fn gears_of_every_kind_count() {
    let (server, _con) = empty();
    run(
        &server,
        "
def again(x): return execute('RG.TRIGGER', 'again')
def by_hook(x):
    execute('SET', 'a', 1)
    return execute('RG.TRIGGER', 'again')
def by_event(x):
    execute('SET', 'app:1', 1)
def by_script(x): return execute('EVAL', 'return redis.call(\"RG.TRIGGER\", \"again\")', 0)
GB('CommandReader').map(again).register(trigger='again', mode='sync')
GB('CommandReader').map(by_hook).register(trigger='by_hook', mode='sync')
GB('CommandReader').map(again).register(hook='set', keyprefix='a', mode='sync')
GB('CommandReader').map(by_script).register(trigger='by_script', mode='sync')
GB('CommandReader').map(by_script).register(trigger='later_by_script', mode='async')",
    );
    let chains = [
        ("by_hook", "by_hook -> set(hook) -> again -> again -> .."),
        ("by_script", "by_script -> again -> again -> .."),
        ("later_by_script", "later_by_script -> again -> again -> .."),
    ];
    // Lua adds the place in the script, behind the error or, in Redis 6.2, before it.
    let is_6 = is_redis_6(&server);
    let says = |answer: &str, error: &str| {
        answer.starts_with(&format!("ERR {error}")) || (is_6 && answer.contains(error))
    };
    for (trigger, chain) in chains {
        if trigger == "by_script" && is_6 {
            // A sync gear runs no script there.
            continue;
        }
        let answer = untyped(&server, &["RG.TRIGGER", trigger]);
        assert!(says(&answer, &too_deep(16, chain)), "{trigger}: {answer}");
    }
    let answer = untyped(
        &server,
        &["EVAL", "return redis.call('RG.TRIGGER', 'again')", "0"],
    );
    let expected = too_deep(16, "again -> again -> ..");
    assert!(says(&answer, &expected), "{answer}");
    let run = "GB('ShardsIDReader').map(lambda x: execute('RG.TRIGGER', 'again')).run()";
    let answer = untyped(&server, &["RG.PYEXECUTE", run, "ID", "batch"]);
    let expected = too_deep(16, "batch(run) -> again -> again -> ..");
    assert!(answer.contains(&expected), "{answer}");
}

/// The last errors of all registrations.
fn last_errors(server: &Server) -> String {
    let rows = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let lines: Vec<&str> = rows.lines().collect();
    let errors = lines.windows(2).filter(|pair| pair[0] == "lastError");
    errors.map(|pair| pair[1]).collect::<Vec<_>>().join("\n")
}

#[test]
fn handlers_of_events_messages_and_timers_count() {
    let (server, _con) = empty();
    let handler = "lambda r: execute('RG.TRIGGER', 'again')";
    run(
        &server,
        &format!(
            "
def again(x): return execute('RG.TRIGGER', 'again')
GB('CommandReader').map(again).register(trigger='again', mode='sync')
GB('KeysReader').foreach({handler}).register('now:*', mode='sync', eventTypes=['set'])
GB('KeysReader').foreach({handler}).register('later:*', mode='async', eventTypes=['set'])
GB('StreamReader').foreach({handler}).register('messages:*', mode='async', onFailedPolicy='continue')
GB('StreamReader').foreach({handler}).register('at_once:*', mode='sync', onFailedPolicy='continue')
GB('CommandReader').foreach(lambda x: execute('SET', 'now:1', 1)).map(lambda x: 'set').register(trigger='sets', mode='sync')"
        ),
    );
    let steps: [(&[&str], &str); 5] = [
        (&["SET", "now:1", "v"], "now:*(key event)"),
        (&["SET", "later:1", "v"], "later:*(key event)"),
        (&["XADD", "messages:1", "*", "f", "v"], "messages:*(stream)"),
        (&["XADD", "at_once:1", "*", "f", "v"], "at_once:*(stream)"),
        (&["RG.TRIGGER", "sets"], "sets -> now:*(key event)"),
    ];
    for (words, chain) in steps {
        untyped(&server, words);
        let expected = too_deep(16, &format!("{chain} -> again -> again -> .."));
        eventually(chain, || last_errors(&server).contains(&expected));
    }
}

#[test]
fn the_setting_is_the_number_of_gears_inside_of_each_other() {
    let (server, _con) = empty();
    run(
        &server,
        "
def down(x):
    left = int(x[1])
    return 1 if left == 1 else 1 + int(execute('RG.TRIGGER', 'down', left - 1)[0])
GB('CommandReader').map(down).register(trigger='down', mode='sync')
GB('CommandReader').map(down).register(trigger='async_down', mode='async')
def caught(x):
    try: return execute('RG.TRIGGER', 'down', x[1])[0]
    except Exception as e: return 'caught: ' + str(e)
GB('CommandReader').map(caught).register(trigger='caught', mode='sync')",
    );
    let down = |trigger: &str, depth: usize| {
        untyped(&server, &["RG.TRIGGER", trigger, &depth.to_string()])
    };
    for limit in [16, 1, 2, 100] {
        let set = untyped(
            &server,
            &["RG.CONFIGSET", "MaxCallDepth", &limit.to_string()],
        );
        assert!(set.contains("OK"), "{set}");
        for trigger in ["down", "async_down"] {
            assert_eq!(down(trigger, limit), limit.to_string(), "{trigger}");
            let error = down(trigger, limit + 1);
            assert!(error.starts_with("ERR gears call each other"), "{error}");
        }
        let caught = down("caught", limit);
        assert!(caught.starts_with("caught: ERR gears call"), "{caught}");
    }
    for refused in ["0", "101", "-1", "x"] {
        let answer = untyped(&server, &["RG.CONFIGSET", "MaxCallDepth", refused]);
        assert!(answer.contains("Failed setting"), "{refused}: {answer}");
    }
    // An ordinary error keeps its traceback.
    let answer = untyped(&server, &["RG.TRIGGER", "down", "x"]);
    assert!(answer.contains("Traceback") && answer.contains("ValueError"));
}

#[test]
fn a_refused_call_counts_as_a_failure_of_the_gear_that_was_called() {
    let (server, _con) = empty();
    run(
        &server,
        "
GB('CommandReader').map(lambda x: execute('RG.TRIGGER', 'inner')).register(trigger='outer', mode='sync')
GB('CommandReader').map(lambda x: 1).register(trigger='inner', mode='sync')",
    );
    untyped(&server, &["RG.CONFIGSET", "MaxCallDepth", "1"]);
    let answer = untyped(&server, &["RG.TRIGGER", "outer"]);
    assert_eq!(answer, format!("ERR {}", too_deep(1, "outer -> inner")));
    assert_eq!(last_errors(&server).matches("gears call").count(), 2);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "inner"]), "1");
}

/// A handler that causes its own events, twice for each, and a fast one of another session.
const LOOP: &str = "
def again(r):
    execute('SET', 'loop:1', 1)
    execute('SET', 'loop:2', 1)
GB('KeysReader').foreach(again).register('loop:*', mode='async', eventTypes=['set'])";

const MESSAGES: &str = "
GB('StreamReader').foreach(lambda r: execute('XADD', 'loop:s', '*', 'f', 'v')).register('loop:s', mode='async')";

const OTHERS: &str = "
GB('CommandReader').map(lambda x: 'fine').register(trigger='others', mode='async')
GB('CommandReader').map(lambda x: 'fine').register(trigger='others_at_once', mode='sync')
GB('KeysReader').foreach(lambda r: execute('INCR', 'others')).register('others:*', mode='async', eventTypes=['set'])";

#[test]
fn a_loop_of_async_handlers_lets_others_run_and_ends_with_its_registration() {
    for looped in [LOOP, MESSAGES] {
        let (server, _con) = empty();
        let others = untyped(&server, &["RG.PYEXECUTE", OTHERS, "ID", "others"]);
        assert_eq!(others, "OK");
        run(&server, looped);
        untyped(&server, &["SET", "loop:1", "v"]);
        untyped(&server, &["XADD", "loop:s", "*", "f", "v"]);
        let triggered = || {
            let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
            let lines: Vec<&str> = rows.lines().collect();
            let loops = lines.iter().position(|line| line.starts_with("loop:"));
            let row = &lines[..loops.unwrap()];
            let at = row.iter().rposition(|line| *line == "numTriggered");
            row[at.unwrap() + 1].parse::<u64>().unwrap()
        };
        eventually("the loop runs", || triggered() > 100);
        for number in 0..20 {
            assert_eq!(untyped(&server, &["RG.TRIGGER", "others"]), "fine");
            assert_eq!(untyped(&server, &["RG.TRIGGER", "others_at_once"]), "fine");
            untyped(&server, &["SET", &format!("others:{number}"), "v"]);
        }
        eventually("the events of others are handled", || {
            untyped(&server, &["GET", "others"]) == "20"
        });
        let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        let lines: Vec<&str> = rows.lines().collect();
        let at = lines
            .iter()
            .position(|line| line.starts_with("loop:"))
            .unwrap();
        let id = lines[..at].iter().rposition(|line| *line == "id").unwrap();
        let ended = untyped(&server, &["RG.UNREGISTER", lines[id + 1], "ABORTPENDING"]);
        assert_eq!(ended, "OK");
        eventually("nothing of the loop runs", || {
            let info = untyped(&server, &["INFO", "rg_engine"]);
            let is = |line: &str| info.lines().any(|one| one.trim() == line);
            is("rg_waiting_executions:0") && is("rg_running_executions:0")
        });
    }
}

/// Ways to hand work on that calls the trigger `t`, which hands on the next.
const HANDED_ON: [&str; 3] = [
    "
def t(x):
    threading.Thread(target=call).start()",
    "
def t(x):
    ThreadPoolExecutor(1).submit(call)",
    "
async def later():
    call()
def t(x):
    runCoroutine(later())",
];

#[test]
fn work_that_a_gear_hands_on_is_inside_of_the_gear() {
    let (server, _con) = empty();
    for handed_on in HANDED_ON {
        untyped(&server, &["FLUSHALL"]);
        let script = format!(
            "
import threading
from concurrent.futures import ThreadPoolExecutor
def call():
    try: execute('RG.TRIGGER', 't')
    except Exception as e: execute('SET', 'error', str(e))
    execute('INCR', 'calls')
{handed_on}
GB('CommandReader').map(t).register(trigger='t', mode='sync')"
        );
        run(&server, &script);
        untyped(&server, &["RG.TRIGGER", "t"]);
        let expected = too_deep(16, "t -> t -> ..");
        eventually(handed_on, || {
            untyped(&server, &["GET", "error"]).contains(&expected)
        });
        eventually("all have ended", || {
            untyped(&server, &["GET", "calls"]) == "16"
        });
    }
}
