//! Records that wait for coroutines or futures, while the other records of their execution go on.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, field, plain_connection, untyped};
use redgrease_embedded::Server;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Results and errors of a run.
type Outcome = (Vec<String>, Vec<String>);

/// A step that holds its record: `free` continues one with its name, `free_all` all of them.
const HOLD: &str = "
held = {}
def hold(x, *more):
    f = gearsFuture()
    held[str(x) + ''.join(str(one) for one in more)] = (f, x)
    execute('RPUSH', 'held', str(x))
    return f
";

/// Triggers that continue held records. The futures of a session are those of its script alone.
const FREE: &str = "
def free(words):
    f, x = held.pop(words[1])
    f.continueRun(x)
    return 'freed'
GB('CommandReader').map(free).register(trigger='free', mode='sync')
def fail(words):
    f, x = held.pop(words[1])
    f.continueFailed('no ' + str(x))
    return 'failed'
GB('CommandReader').map(fail).register(trigger='fail', mode='sync')
def free_all(words):
    names = list(held)
    for name in names:
        f, x = held.pop(name)
        f.continueRun(x)
    return len(names)
GB('CommandReader').map(free_all).register(trigger='free_all', mode='sync')
";

fn script(server: &Server, text: &str) {
    assert_eq!(untyped(server, &["RG.PYEXECUTE", text]), "OK");
}

/// Runs a script on a connection of its own. The thread ends with its outcome.
fn run(server: &Server, text: &str) -> JoinHandle<redis::RedisResult<Outcome>> {
    let mut con = plain_connection(server);
    con.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let text = text.to_owned();
    std::thread::spawn(move || redis::cmd("RG.PYEXECUTE").arg(text).query(&mut con))
}

/// The outcome of a script that needs nobody else.
fn outcome(server: &Server, text: &str) -> Outcome {
    run(server, text).join().unwrap().unwrap()
}

fn trigger(server: &Server, words: &[&str]) -> redis::RedisResult<Vec<String>> {
    let mut con = plain_connection(server);
    con.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    redis::cmd("RG.TRIGGER").arg(words).query(&mut con)
}

/// Calls a trigger on a connection of its own. The thread ends with the reply.
fn call(
    server: &Server,
    words: &'static [&'static str],
) -> JoinHandle<redis::RedisResult<Vec<String>>> {
    let mut con = plain_connection(server);
    con.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    std::thread::spawn(move || redis::cmd("RG.TRIGGER").arg(words).query(&mut con))
}

fn held(server: &Server) -> usize {
    untyped(server, &["LLEN", "held"]).parse().unwrap()
}

fn until_held(server: &Server, count: usize) {
    eventually("the records are held", || held(server) == count);
}

/// A chain as a trigger of a session with the triggers that continue records.
fn holding(server: &Server, chain: &str, options: &str) {
    script(
        server,
        &format!("{HOLD}{FREE}GB('CommandReader'){chain}.register(trigger='go'{options})"),
    );
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn all_records_of_a_run_wait_at_the_same_time() {
    for mode in ["async", "async_local", "sync"] {
        for (step, expected) in [
            (".map(hold)", "20"),
            (".foreach(hold)", "20"),
            (".flatmap(hold)", "20"),
            // The record 0 is false.
            (".filter(hold)", "19"),
        ] {
            let (server, _con) = empty();
            holding(
                &server,
                &format!(".flatmap(lambda x: list(range(20))){step}.count()"),
                &format!(", mode='{mode}'"),
            );
            let running = call(&server, &["go"]);
            until_held(&server, 20);
            assert_eq!(trigger(&server, &["free_all"]).unwrap(), ["20"]);
            let counted = running.join().unwrap().unwrap();
            assert_eq!(counted, [expected], "{mode} {step}");
        }
    }
}

#[test]
fn coroutines_of_a_run_wait_together() {
    let (server, _con) = empty();
    let began = Instant::now();
    let (results, errors) = outcome(
        &server,
        "
async def late(x):
    await asyncio.sleep(0.5)
    return x
GB('PythonReader').map(late).run(lambda: (yield from range(10)))
",
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results.len(), 10);
    // One after the other takes five seconds. The machine may be slow.
    let took = began.elapsed();
    assert!(took < Duration::from_millis(4500), "{took:?}");
}

#[test]
fn results_have_the_order_of_the_records() {
    let (server, _con) = empty();
    holding(
        &server,
        ".flatmap(lambda x: list(range(4))).map(hold).flatmap(lambda x: [x + 10, x + 20])",
        "",
    );
    let running = call(&server, &["go"]);
    until_held(&server, 4);
    for name in ["2", "0", "3", "1"] {
        trigger(&server, &["free", name]).unwrap();
    }
    let expected = texts(&["23", "13", "22", "12", "21", "11", "20", "10"]);
    assert_eq!(running.join().unwrap().unwrap(), expected);
}

#[test]
fn a_record_goes_on_before_those_that_still_wait() {
    let (server, _con) = empty();
    holding(
        &server,
        ".flatmap(lambda x: list(range(3))).map(hold).foreach(lambda x: execute('RPUSH', 'passed', str(x)))",
        "",
    );
    let running = call(&server, &["go"]);
    until_held(&server, 3);
    trigger(&server, &["free", "1"]).unwrap();
    eventually("the record has passed", || {
        untyped(&server, &["LRANGE", "passed", "0", "-1"]) == "1"
    });
    trigger(&server, &["free_all"]).unwrap();
    assert_eq!(running.join().unwrap().unwrap(), ["2", "1", "0"]);
}

#[test]
fn folds_take_every_record_that_waited() {
    let (server, _con) = empty();
    for (fold, expected) in [
        (".count()", "[24]"),
        (".accumulate(lambda a, x: (a or 0) + x)", "[276]"),
        (".distinct().count()", "[24]"),
        (".avg()", "[11.5]"),
        (".sort()", "list(range(24))"),
        (
            ".groupby(lambda x: x % 2, lambda k, a, x: (a or 0) + x).map(lambda x: x['value']).sort()",
            "[132, 144]",
        ),
        (
            ".batchgroupby(lambda x: x % 2, lambda k, r: len(r)).map(lambda x: x['value'])",
            "[12, 12]",
        ),
        (
            ".countby(lambda x: x % 2).map(lambda x: x['value'])",
            "[12, 12]",
        ),
        (
            ".repartition(lambda x: x).map(later).aggregate(0, lambda a, x: a + x, lambda a, x: a + x)",
            "[276]",
        ),
        (".accumulate(add)", "[276]"),
        (".groupby(lambda x: x % 3, addto).count()", "[3]"),
    ] {
        let (results, errors) = outcome(
            &server,
            &format!(
                "
import random
async def later(x):
    await asyncio.sleep(random.random() / 50)
    return x
async def add(a, x):
    await asyncio.sleep(0)
    return (a or 0) + x
async def addto(k, a, x):
    await asyncio.sleep(random.random() / 100)
    return (a or 0) + x
GB('PythonReader').map(later){fold}.run(lambda: (yield from range(24)))
"
            ),
        );
        assert!(errors.is_empty(), "{fold}: {errors:?}");
        let shown = format!("[{}]", results.join(", "));
        let expected = if expected == "list(range(24))" {
            format!("{:?}", (0..24).collect::<Vec<_>>())
        } else {
            expected.to_owned()
        };
        assert_eq!(shown, expected, "{fold}");
    }
}

#[test]
fn a_limit_lets_no_more_records_wait_than_it_takes() {
    let (server, _con) = empty();
    let endless = "
import itertools
async def later(x):
    execute('INCR', 'begun')
    await asyncio.sleep(0.02 * x)
    return x
GB('PythonReader').map(later).limit(5, 2).run(lambda: (yield from itertools.count()))
";
    let (results, errors) = outcome(&server, endless);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results, texts(&["2", "3", "4", "5", "6"]));
    assert_eq!(untyped(&server, &["GET", "begun"]), "7");
}

#[test]
fn no_more_records_wait_than_the_setting_says() {
    let (server, _con) = empty();
    assert_eq!(
        untyped(&server, &["RG.CONFIGGET", "MaxRecordsInFlight"]),
        "1000"
    );
    untyped(&server, &["RG.CONFIGSET", "MaxRecordsInFlight", "3"]);
    let (results, errors) = outcome(
        &server,
        "
waiting, most = [0], [0]
async def later(x):
    waiting[0] += 1
    most[0] = max(most[0], waiting[0])
    await asyncio.sleep(0.002)
    waiting[0] -= 1
    return x
GB('PythonReader').map(later).count().map(lambda n: [n, most[0]]).run(lambda: (yield from range(50)))
",
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results, ["[50, 3]"]);
    for refused in ["0", "-1", "x"] {
        let answer = untyped(&server, &["RG.CONFIGSET", "MaxRecordsInFlight", refused]);
        assert!(
            answer.contains("rror") || answer.contains("ERR"),
            "{answer}"
        );
    }
}

#[test]
fn an_error_of_one_record_leaves_the_others() {
    let (server, _con) = empty();
    holding(&server, ".flatmap(lambda x: list(range(3))).map(hold)", "");
    let running = call(&server, &["go"]);
    until_held(&server, 3);
    trigger(&server, &["fail", "1"]).unwrap();
    trigger(&server, &["free_all"]).unwrap();
    let error = running.join().unwrap().unwrap_err();
    assert_eq!((error.code(), error.detail()), (Some("no"), Some("1")));

    let (results, errors) = outcome(
        &server,
        "
async def f(x):
    await asyncio.sleep(0.01 * x)
    return 6 // x
GB('PythonReader').flatmap(lambda x: x).map(f).run(lambda: (yield [3, 0, 2]))
",
    );
    assert_eq!(results, ["3", "2"]);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].contains("division"), "{errors:?}");
}

#[test]
fn an_abort_gives_all_waiting_records_up() {
    let (server, _con) = empty();
    let text = format!(
        "{HOLD}
async def forever(x):
    hold_none = await asyncio.sleep(3600)
def step(x):
    if x % 2:
        return hold(x)
    execute('RPUSH', 'held', str(x))
    return forever(x)
GB('PythonReader').map(step).run(lambda: (yield from range(100)))"
    );
    let running = run(&server, &text);
    until_held(&server, 100);
    let rows = untyped(&server, &["RG.DUMPEXECUTIONS"]);
    let rows: Vec<String> = rows.lines().map(str::to_owned).collect();
    assert_eq!(field(&rows, "status"), "running");
    let id = field(&rows, "executionId").to_owned();
    let details = untyped(&server, &["RG.GETEXECUTION", &id]);
    assert!(
        details.contains("running") && details.contains("-1"),
        "{details}"
    );
    assert!(untyped(&server, &["RG.GETRESULTS", &id]).contains("running"));
    let dropped = untyped(&server, &["RG.DROPEXECUTION", &id]);
    assert!(
        dropped.contains("can not drop a not yet finished"),
        "{dropped}"
    );
    assert_eq!(untyped(&server, &["RG.ABORTEXECUTION", &id]), "OK");
    drop(running.join().unwrap());
    // Their coroutines are stopped, whatever they wait for.
    script(
        &server,
        "
async def tasks(x):
    return len(asyncio.all_tasks())
GB('CommandReader').map(tasks).register(trigger='tasks')
",
    );
    eventually("the coroutines have ended", || {
        trigger(&server, &["tasks"]).unwrap() == ["1"]
    });
    // The server still runs others.
    assert_eq!(
        outcome(&server, "GB('PythonReader').run(lambda: (yield 5))").0,
        ["5"]
    );
}

#[test]
fn a_limit_of_records_ends_a_run_whose_records_wait() {
    let (server, _con) = empty();
    for (setting, value) in [("ExecutionMaxRecords", "5"), ("ExecutionMaxTime", "300")] {
        untyped(&server, &["RG.CONFIGSET", setting, value]);
        let (results, errors) = outcome(
            &server,
            &format!("{HOLD}GB('PythonReader').map(hold).run(lambda: (yield from range(10)))"),
        );
        untyped(&server, &["RG.CONFIGSET", setting, "0"]);
        assert!(results.is_empty());
        assert!(errors[0].contains(setting), "{errors:?}");
        untyped(&server, &["DEL", "held"]);
    }
}

#[test]
fn a_record_that_nobody_can_continue_fails_alone() {
    let (server, _con) = empty();
    let (results, errors) = outcome(
        &server,
        "
def step(x):
    return gearsFuture() if x == 1 else x
GB('PythonReader').flatmap(lambda x: x).map(step).run(lambda: (yield [2, 1, 0]))
",
    );
    assert_eq!(results, ["0", "2"]);
    assert_eq!(errors, ["Async record did not called continue"]);
}

#[test]
fn a_future_continues_its_record_once() {
    let (server, _con) = empty();
    script(
        &server,
        "
held, seen = [], []
def hold(x):
    f = gearsFuture()
    held.append(f)
    execute('RPUSH', 'held', 'x')
    return f
GB('CommandReader').map(hold).register(trigger='go')
def twice(x):
    for value in ('first', 'second'):
        try:
            held[0].continueRun(value)
            seen.append('ok')
        except Exception as e:
            seen.append(str(e))
    try:
        held[0].continueFailed('third')
    except Exception as e:
        seen.append(str(e))
    return seen
GB('CommandReader').map(twice).register(trigger='twice', mode='sync', convertToStr=False)
GB('CommandReader').map(lambda x: held[0]).register(trigger='again')
",
    );
    let running = call(&server, &["go"]);
    until_held(&server, 1);
    // Another execution cannot take the future.
    let taken = trigger(&server, &["again"]).unwrap_err();
    assert!(
        taken
            .to_string()
            .contains("Can not create async record twice on the same step"),
        "{taken}"
    );
    let seen = untyped(&server, &["RG.TRIGGER", "twice"]);
    assert_eq!(
        seen,
        "ok\nthe future was continued already\nthe future was continued already"
    );
    assert_eq!(running.join().unwrap().unwrap(), ["first"]);
}

#[test]
fn a_future_that_is_continued_after_an_abort_changes_nothing() {
    let (server, _con) = empty();
    holding(&server, ".flatmap(lambda x: list(range(3))).map(hold)", "");
    let running = call(&server, &["go"]);
    until_held(&server, 3);
    trigger(&server, &["free", "1"]).unwrap();
    let rows = untyped(&server, &["RG.DUMPEXECUTIONS"]);
    let rows: Vec<String> = rows.lines().map(str::to_owned).collect();
    untyped(&server, &["RG.ABORTEXECUTION", field(&rows, "executionId")]);
    assert!(running.join().unwrap().is_err());
    assert_eq!(trigger(&server, &["free_all"]).unwrap(), ["2"]);
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

#[test]
fn the_keys_of_a_run_wait_together() {
    let (server, _con) = empty();
    for number in 0..2500 {
        untyped_many(&server, number);
    }
    untyped(&server, &["RG.CONFIGSET", "ProfileExecutions", "1"]);
    for setting in ["1000", "7"] {
        untyped(&server, &["RG.CONFIGSET", "MaxRecordsInFlight", setting]);
        let (results, errors) = outcome(
            &server,
            "
async def value(r):
    await asyncio.sleep(0.0001)
    return int(r['value'])
GB('KeysReader').map(value).accumulate(lambda a, x: (a or 0) + x).run('k:*')
",
        );
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(results, ["3123750"]);
    }
}

fn untyped_many(server: &Server, number: u32) {
    thread_local! {
        static CON: std::cell::RefCell<Option<redis::Connection>> = const { std::cell::RefCell::new(None) };
    }
    CON.with(|con| {
        let mut con = con.borrow_mut();
        let con = con.get_or_insert_with(|| plain_connection(server));
        redis::cmd("SET")
            .arg(format!("k:{number}"))
            .arg(number)
            .exec(con)
            .unwrap();
    });
}

/// Six messages in batches of three.
fn stream_of_six(server: &Server, chain: &str) {
    script(
        server,
        &format!(
            "{HOLD}{FREE}
GB('StreamReader').map(lambda r: int(r['value']['n'])).map(hold){chain}.foreach(lambda x: execute('RPUSH', 'passed', x)).register(prefix='s', batch=3)"
        ),
    );
    for number in ["0", "1", "2", "3", "4", "5"] {
        untyped(server, &["XADD", "s", "*", "n", number]);
    }
}

#[test]
fn messages_of_a_stream_keep_their_order_while_they_wait() {
    let (server, _con) = empty();
    stream_of_six(&server, "");
    for number in 0..6 {
        until_held(&server, number + 1);
        let left = (6 - number).to_string();
        eventually("those before it are acknowledged", || {
            untyped(&server, &["XLEN", "s"]) == left
        });
        assert_eq!(trigger(&server, &["free_all"]).unwrap(), ["1"]);
    }
    eventually("all have passed", || {
        untyped(&server, &["LRANGE", "passed", "0", "-1"]) == "0\n1\n2\n3\n4\n5"
    });
}

#[test]
fn messages_of_a_batch_that_is_handled_as_a_whole_wait_together() {
    let (server, _con) = empty();
    stream_of_six(&server, ".accumulate(lambda a, x: (a or 0) + x)");
    until_held(&server, 3);
    for number in ["2", "0"] {
        trigger(&server, &["free", number]).unwrap();
    }
    assert_eq!(untyped(&server, &["LLEN", "passed"]), "0");
    assert_eq!(held(&server), 3);
    trigger(&server, &["free", "1"]).unwrap();
    until_held(&server, 6);
    assert_eq!(untyped(&server, &["LRANGE", "passed", "0", "-1"]), "3");
    trigger(&server, &["free_all"]).unwrap();
    eventually("all have passed and are acknowledged", || {
        untyped(&server, &["LRANGE", "passed", "0", "-1"]) == "3\n12"
            && untyped(&server, &["XLEN", "s"]) == "0"
    });
}

#[test]
fn an_event_behind_one_that_waits_is_handled_and_can_free_it() {
    for mode in ["async", "async_local"] {
        let (server, _con) = empty();
        script(
            &server,
            &format!(
                "
held = {{}}
def handle(r):
    if r['key'] == 'k:wait':
        held['f'] = gearsFuture()
        execute('SET', 'waits', 1)
        return held['f']
    held.pop('f').continueRun('freed')
    return 'freeing'
GB('KeysReader').map(handle).foreach(lambda x: execute('RPUSH', 'done', x)).register('k:*', mode='{mode}', readValue=False)
"
            ),
        );
        untyped(&server, &["SET", "k:wait", "x"]);
        eventually("the first event waits", || {
            untyped(&server, &["EXISTS", "waits"]) == "1"
        });
        untyped(&server, &["SET", "k:free", "x"]);
        eventually("both events are handled", || {
            untyped(&server, &["LLEN", "done"]) == "2"
        });
        eventually("both are counted", || {
            let dump = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
            let rows: Vec<String> = dump.lines().map(str::to_owned).collect();
            field(&rows, "numSuccess") == "2"
        });
    }
}

#[test]
fn events_that_wait_go_on_one_at_a_time() {
    let (server, _con) = empty();
    // The sum is wrong if two handlers run between reading and writing it.
    script(
        &server,
        "
import time
inside = [0]
async def later(r):
    await asyncio.sleep(0.01)
    return r['key']
def add(key):
    inside[0] += 1
    time.sleep(0.002)
    execute('INCR', 'n' if inside[0] == 1 else 'overlaps')
    inside[0] -= 1
GB('KeysReader').map(later).foreach(add).register('k:*', mode='async_local', readValue=False)
",
    );
    for number in 0..40 {
        untyped(&server, &["SET", &format!("k:{number}"), "x"]);
    }
    eventually("all events are handled", || {
        untyped(&server, &["GET", "n"]) == "40"
    });
    assert_eq!(untyped(&server, &["EXISTS", "overlaps"]), "0");
}

#[test]
fn calls_of_an_inorder_trigger_wait_for_the_one_that_waits() {
    for mode in ["async", "async_local", "sync"] {
        let (server, _con) = empty();
        holding(
            &server,
            ".flatmap(lambda x: [x[1] + '1', x[1] + '2']).map(hold)",
            &format!(", mode='{mode}', inorder=True"),
        );
        let first = call(&server, &["go", "a"]);
        until_held(&server, 2);
        let second = call(&server, &["go", "b"]);
        eventually("the second is listed", || {
            untyped(&server, &["RG.DUMPEXECUTIONS"]).lines().count() == 12
        });
        trigger(&server, &["free", "a1"]).unwrap();
        if mode != "sync" {
            assert_eq!(held(&server), 2);
        }
        trigger(&server, &["free", "a2"]).unwrap();
        assert_eq!(first.join().unwrap().unwrap(), ["a2", "a1"]);
        eventually("the second has begun", || {
            untyped(&server, &["LRANGE", "held", "0", "-1"]).contains("b1")
        });
        trigger(&server, &["free_all"]).unwrap();
        assert_eq!(second.join().unwrap().unwrap(), ["b2", "b1"]);
    }
}

#[test]
fn a_registration_that_goes_gives_its_waiting_events_up() {
    let (server, _con) = empty();
    script(
        &server,
        &format!(
            "{HOLD}GB('KeysReader').map(lambda r: r['key']).map(hold).register('k:*', mode='async_local')"
        ),
    );
    for number in 0..5 {
        untyped(&server, &["SET", &format!("k:{number}"), "x"]);
    }
    until_held(&server, 5);
    let dump = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let rows: Vec<String> = dump.lines().map(str::to_owned).collect();
    let id = field(&rows, "id");
    assert_eq!(
        untyped(&server, &["RG.UNREGISTER", id, "abortpending"]),
        "OK"
    );
    let left = || untyped(&server, &["RG.DUMPEXECUTIONS"]);
    for id in left().lines().skip(1).step_by(6) {
        untyped(&server, &["RG.ABORTEXECUTION", id]);
    }
    eventually("no execution is left", || left().is_empty());
}

#[test]
fn a_hook_that_is_not_sync_has_its_command_alone_in_a_script_too() {
    let (server, _con) = empty();
    let hook = |mode: &str| format!("GB('CommandReader').register(hook='get', mode='{mode}')\n");
    for first in ["async", "async_local"] {
        for second in ["async", "async_local", "sync"] {
            let text = hook(first) + &hook(second);
            let refused = untyped(&server, &["RG.PYEXECUTE", &text]);
            assert!(
                refused.contains("Can not override a none sync registration"),
                "{first}, {second}: {refused}"
            );
            assert_eq!(untyped(&server, &["RG.DUMPREGISTRATIONS"]), "");
        }
    }
    // On top of sync ones, and beside hooks of other commands, it is allowed.
    let other = "GB('CommandReader').register(hook='set', mode='async')\n";
    script(&server, &(hook("sync") + &hook("async") + other));
}

/// The answers of `isAsyncAllow()` and `gearsFuture()` where a gear runs.
const ASKS: &str = "
def allowed(x):
    return isAsyncAllow()
GB('CommandReader').map(allowed).register(trigger='sync', mode='sync')
GB('CommandReader').filter(lambda x: True).map(allowed).register(trigger='long', mode='sync')
GB('CommandReader').map(allowed).register(trigger='async')
GB('CommandReader').map(allowed).register(trigger='local', mode='async_local')
def atomically(x):
    with atomic():
        return isAsyncAllow()
GB('CommandReader').map(atomically).register(trigger='atomic')
async def inside(x):
    before = isAsyncAllow()
    await asyncio.sleep(0)
    return [before, isAsyncAllow()]
GB('CommandReader').map(inside).register(trigger='coroutine', mode='sync')
GB('CommandReader').map(lambda x: execute('RG.TRIGGER', 'sync')[0]).register(trigger='nested', mode='sync')
GB('CommandReader').groupby(lambda x: isAsyncAllow(), lambda k, a, r: k).map(lambda x: x['value']).register(trigger='extractor', mode='sync')
def future(x):
    gearsFuture()
GB('CommandReader').map(future).register(trigger='future', mode='sync')
GB('CommandReader').map(lambda x: isAsyncAllow()).register(hook='ping', mode='sync')
def set(x):
    execute('SET', 'seen', str(isAsyncAllow()))
GB('KeysReader').foreach(set).register('k', mode='sync')
execute('SET', 'body', str(isAsyncAllow()))
";

#[test]
fn gears_know_whether_they_may_wait() {
    let (server, _con) = empty();
    script(&server, ASKS);
    for (name, expected) in [
        ("sync", "True"),
        ("long", "True"),
        ("async", "True"),
        ("local", "True"),
        ("atomic", "False"),
        ("coroutine", "[False, False]"),
        ("nested", "False"),
        ("extractor", "False"),
    ] {
        assert_eq!(trigger(&server, &[name]).unwrap(), [expected], "{name}");
    }
    assert_eq!(untyped(&server, &["GET", "body"]), "False");
    assert_eq!(untyped(&server, &["PING"]), "True");
    // In transactions and scripts no client can wait.
    let mut con = plain_connection(&server);
    for name in ["sync", "long"] {
        let (inside,): (Vec<String>,) = redis::pipe()
            .atomic()
            .cmd("RG.TRIGGER")
            .arg(name)
            .query(&mut con)
            .unwrap();
        assert_eq!(inside, ["False"]);
        let inside: Vec<String> = redis::cmd("EVAL")
            .arg("return redis.call('RG.TRIGGER', ARGV[1])")
            .arg(0)
            .arg(name)
            .query(&mut con)
            .unwrap();
        assert_eq!(inside, ["False"]);
    }
    let refused = redis::pipe()
        .atomic()
        .cmd("RG.TRIGGER")
        .arg("future")
        .query::<redis::Value>(&mut con)
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("Creating async record is not allowed"),
        "{refused}"
    );
    untyped(&server, &["SET", "k", "x"]);
    eventually("the handler has run", || {
        untyped(&server, &["GET", "seen"]) == "True"
    });
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of chains")]
fn futures_and_coroutines_are_refused_where_nothing_awaits_them() {
    let (server, _con) = empty();
    let place = "Future object can only be created inside certain execution steps";
    let extractor = "coroutine are not allow on extractor";
    for (chain, expected) in [
        (".repartition(lambda x: gearsFuture())", place),
        (
            ".groupby(lambda x: gearsFuture(), lambda k, a, r: 1)",
            place,
        ),
        (
            ".localgroupby(lambda x: gearsFuture(), lambda k, a, r: 1)",
            place,
        ),
        (
            ".batchgroupby(lambda x: 'k', lambda k, r: gearsFuture())",
            place,
        ),
        (
            ".batchgroupby(lambda x: gearsFuture(), lambda k, r: 1)",
            place,
        ),
        (".countby(lambda x: gearsFuture())", place),
        (".map(inside)", place),
        (".map(in_thread)", place),
        (".repartition(later)", extractor),
        (".groupby(later, lambda k, a, r: 1)", extractor),
        (".countby(later)", extractor),
        (
            ".batchgroupby(lambda x: 'k', later2)",
            "coroutine are not allow on reduce",
        ),
        (
            ".map(twice)",
            "Can not create async record twice on the same step",
        ),
        (".map(early)", "Async record did not called continue"),
        (".map(early_failed)", "Async record did not called continue"),
        (".map(lambda x: gearsFuture(1))", "Future gets no arguments"),
        (
            ".map(lambda x: gearsFuture())",
            "Async record did not called continue",
        ),
    ] {
        let definitions = "
import threading
async def later(x):
    return x
async def later2(k, r):
    return k
async def inside(x):
    return gearsFuture()
def in_thread(x):
    seen = []
    def make():
        try:
            gearsFuture()
        except Exception as e:
            seen.append(str(e))
    t = threading.Thread(target=make)
    t.start()
    t.join()
    flat_error(seen[0])
def twice(x):
    first = gearsFuture()
    return gearsFuture()
def early(x):
    f = gearsFuture()
    f.continueRun(1)
    return f
def early_failed(x):
    f = gearsFuture()
    f.continueFailed('x')
    return f
";
        let (results, errors) = outcome(
            &server,
            &format!("{definitions}GB('PythonReader'){chain}.run(lambda: (yield 1))"),
        );
        assert!(results.is_empty(), "{chain}: {results:?}");
        assert!(errors[0].contains(expected), "{chain}: {errors:?}");
        for mode in ["sync", "async"] {
            script(
                &server,
                &format!(
                    "{definitions}GB('CommandReader'){chain}.register(trigger='t', mode='{mode}')"
                ),
            );
            let answer = untyped(&server, &["RG.TRIGGER", "t"]);
            assert!(answer.contains(expected), "{mode} {chain}: {answer}");
            let dump = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
            let rows: Vec<String> = dump.lines().map(str::to_owned).collect();
            untyped(&server, &["RG.UNREGISTER", field(&rows, "id")]);
        }
    }
    let body = untyped(&server, &["RG.PYEXECUTE", "gearsFuture()"]);
    assert!(body.contains(place), "{body}");
    for reader in ["lambda: (yield gearsFuture())", "lambda: gearsFuture()"] {
        let (_, errors) = outcome(
            &server,
            &format!("GB('PythonReader').limit(1).run({reader})"),
        );
        assert!(errors[0].contains(place), "{errors:?}");
    }
}

#[test]
fn a_thread_may_be_faster_than_the_step_that_made_the_future() {
    let (server, _con) = empty();
    let (results, errors) = outcome(
        &server,
        "
import threading
async def co():
    return 'from a coroutine'
def fast(x):
    f = gearsFuture()
    if x:
        runCoroutine(co(), f)
        return f
    t = threading.Thread(target=lambda: f.continueRun('from a thread'))
    t.start()
    t.join()
    return f
GB('PythonReader').map(fast).run(lambda: (yield from [0, 1]))
",
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results, ["from a thread", "from a coroutine"]);
}

#[test]
fn functions_of_the_package_may_wait_too() {
    let (server, _con) = empty();
    let (results, errors) = outcome(
        &server,
        "
from redgrease import PythonReader
import threading
async def later(x):
    await asyncio.sleep(0.001)
    return x
async def pair(x):
    return (x, x + 1)
def future(x):
    f = gearsFuture()
    threading.Thread(target=lambda: f.continueRun([x])).start()
    return f
async def add(a, x):
    return (a or 0) + x
PythonReader().map(later).flatmap(pair).flatmap(future).filter(later).accumulate(add).run(lambda: (yield from [1, 2, 3]))
",
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results, ["15"]);
    script(
        &server,
        "
from redgrease import CommandReader
async def both(x):
    return (x[1], x[2])
CommandReader().flatmap(both).register(trigger='both')
",
    );
    assert_eq!(trigger(&server, &["both", "a", "b"]).unwrap(), ["b", "a"]);
}
