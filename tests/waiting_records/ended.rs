//! Errors, aborts and limits while records wait, and futures that are continued twice or too late.

use crate::common::{empty, eventually, field, untyped};
use crate::{HOLD, call, holding, outcome, run, script, trigger, until_held};

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
import gc
def left(x):
    gc.collect()
    return len([one for one in gc.get_objects() if asyncio.iscoroutine(one) and getattr(one, '__name__', '') == 'forever'])
GB('CommandReader').map(left).register(trigger='left')
",
    );
    eventually("the coroutines have ended", || {
        trigger(&server, &["left"]).unwrap() == ["0"]
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
