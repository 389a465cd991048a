//! Where a gear may wait.

use crate::common::{empty, eventually, field, plain_connection, untyped};
use crate::{outcome, script, trigger};

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
