//! Event loops that work for all gears: who gives a callback to them, and whose rights the callback has.

use super::{ask, connected, script, told, untyped, with_users};
use crate::common::eventually;
use redgrease_embedded::Server;
use std::collections::BTreeMap;

const FORMS: &str = include_str!("loops.py");

/// The body belongs to `default`, who may do everything. So does one of the loops, and the first call starts the other.
const GEARS: &str = "
import queue
sys.shared['todo'] = queue.SimpleQueue()
threading.Thread(target=take_from_queue, daemon=True).start()
sys.shared['context of body'] = contextvars.copy_context()
sys.shared['session'] = getGearsSession()
sys.shared['loop of body'] = started_loop()
def on_loop_of_body(r):
    give_all(r[1], sys.shared['loop of body'])
def on_loop_of_gear(r):
    give_all(r[1], shared_loop())
async def in_coroutine(r):
    give_all(r[1], sys.shared['loop of body'])
    return 'ok'
for gear in (on_loop_of_body, on_loop_of_gear):
    for mode in ('sync', 'async_local'):
        GB('CommandReader').foreach(gear).map(lambda r: 'ok').register(trigger=gear.__name__ + ' ' + mode, mode=mode)
GB('CommandReader').foreach(on_loop_of_body).map(lambda r: 'ok').register(hook='TOUCH')
GB('CommandReader').map(in_coroutine).register(trigger='in_coroutine')
";

/// The number of forms: `GIVEN`, `OF_FUTURES`, `OF_NOBODY`.
const COUNT: usize = 30;

fn outcomes(server: &Server, tag: &str) -> BTreeMap<String, String> {
    let mut outcomes = BTreeMap::new();
    eventually(&format!("{tag}: all callbacks have run"), || {
        outcomes = told(server, "n", tag);
        outcomes.len() >= COUNT
    });
    outcomes
}

#[test]
fn callbacks_have_the_rights_of_who_gives_them_to_a_loop_or_none() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    let text = script("n", &format!("{FORMS}{GEARS}"));
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &text]), "OK");
    let ways: [&[&str]; 6] = [
        &["RG.TRIGGER", "on_loop_of_body sync"],
        &["RG.TRIGGER", "on_loop_of_body async_local"],
        &["RG.TRIGGER", "on_loop_of_gear sync"],
        &["RG.TRIGGER", "on_loop_of_gear async_local"],
        &["RG.TRIGGER", "in_coroutine"],
        &["TOUCH"],
    ];
    for way in ways {
        let is_coroutine = way.contains(&"in_coroutine");
        for (user, own) in [("default", "default 42 7"), ("lim", "lim NOPERM 7")] {
            let tag = format!("app:{user} {}", way.join(" "));
            let words = [way, &[&tag]].concat();
            let answer = ask(&mut connected(&server, user), &words);
            assert!(answer.contains("ok"), "{tag}: {answer}");
            for (form, outcome) in outcomes(&server, &tag) {
                let of_nobody =
                    form.starts_with("nobody") || form.starts_with("callback") && !is_coroutine;
                if of_nobody {
                    let refused = outcome.matches("belongs to no gear").count();
                    assert_eq!(refused, 3, "{tag} {form}: {outcome}");
                } else {
                    assert_eq!(outcome, own, "{tag} {form}");
                }
            }
        }
    }
}

/// A loop that runs inside of the gear that calls it, with callbacks that another gear has given to it. `asyncio.run` copies its
/// context for each call, a `Runner` has one for all calls.
const OWN_LOOPS: &str = "
sys.shared['own loop'] = asyncio.new_event_loop()
def give(r):
    loop = sys.shared['own loop']
    loop.call_soon(storing(r[1], give))
    loop.call_soon(storing(r[1], nobody_now), context=contextvars.Context())
    sys.shared['given'] = asyncio.Task(working(storing(r[1], working)), loop=loop)
def run(r):
    sys.shared['own loop'].run_until_complete(working(storing(r[1], run)))
    sys.shared['own loop'].run_until_complete(asyncio.sleep(0.01))
def in_runner(r):
    work = storing(r[1], in_runner)
    if not hasattr(asyncio, 'Runner'):
        return asyncio.run(working(work))
    runner = shared('runner', asyncio.Runner)
    async def waiting():
        await asyncio.sleep(0.001)
        work()
    runner.run(waiting())
for gear in (give, run, in_runner):
    for mode in ('sync', 'async_local'):
        GB('CommandReader').foreach(gear).map(lambda r: 'ok').register(trigger=gear.__name__ + ' ' + mode, mode=mode)
";

#[test]
fn a_loop_inside_of_a_gear_gives_the_rights_of_that_gear_to_nobody() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    let text = script("n", &format!("{FORMS}{OWN_LOOPS}"));
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &text]), "OK");
    for mode in ["sync", "async_local"] {
        for (giver, runner) in [("lim", "default"), ("default", "lim")] {
            let own = |user| match user {
                "lim" => "lim NOPERM 7",
                _ => "default 42 7",
            };
            let tag = format!("{giver} {mode}");
            let call = |user, gear: &str| {
                let words = ["RG.TRIGGER", &format!("{gear} {mode}"), &tag];
                let answer = ask(&mut connected(&server, user), &words);
                assert!(answer.contains("ok"), "{gear} {tag}: {answer}");
            };
            call(giver, "give");
            call(runner, "run");
            call(runner, "in_runner");
            let found = told(&server, "n", &tag);
            assert_eq!(found["give"], own(giver), "{tag}");
            assert_eq!(found["working"], own(giver), "{tag}");
            assert_eq!(found["run"], own(runner), "{tag}");
            assert_eq!(found["in_runner"], own(runner), "{tag}");
            let of_nobody = &found["nobody_now"];
            assert!(of_nobody.contains("belongs to no gear"), "{of_nobody}");
            assert!(!of_nobody.contains("42"), "{of_nobody}");
        }
    }
}

/// The loops of the engine. A gear that is no coroutine must use `call_soon_threadsafe` there.
const ENGINE_LOOPS: &str = "
sys.shared['session'] = getGearsSession()
async def begin(r):
    sys.shared['engine'] = asyncio.get_running_loop()
    return 'ok'
def give(r):
    loop = sys.shared['engine']
    for form in (nobody_now, nobody_later, nobody_threadsafe, nobody_with_session, nobody_starts_thread_with_session,
                 callback_of_future, give_threadsafe, give_later, give_task, give_coroutine, give_executor):
        form(loop, storing(r[1], form))
GB('CommandReader').map(begin).register(trigger='begin')
for mode in ('sync', 'async_local'):
    GB('CommandReader').foreach(give).map(lambda r: 'ok').register(trigger='give ' + mode, mode=mode)
";

#[test]
fn callbacks_on_the_loops_of_the_engine_have_no_rights_by_a_session() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    let text = script("n", &format!("{FORMS}{ENGINE_LOOPS}"));
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &text]), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "begin"]), "ok");
    for mode in ["sync", "async_local"] {
        for (user, own) in [("default", "default 42 7"), ("lim", "lim NOPERM 7")] {
            let tag = format!("{user} {mode}");
            let words = ["RG.TRIGGER", &format!("give {mode}"), &tag];
            let answer = ask(&mut connected(&server, user), &words);
            assert!(answer.contains("ok"), "{tag}: {answer}");
            let mut found = BTreeMap::new();
            eventually(&format!("{tag}: all callbacks have run"), || {
                found = told(&server, "n", &tag);
                found.len() == 11
            });
            for (form, outcome) in found {
                if form.starts_with("give") {
                    assert_eq!(outcome, own, "{tag} {form}");
                } else {
                    let refused = outcome.matches("belongs to no gear").count();
                    assert_eq!(refused, 3, "{tag} {form}: {outcome}");
                }
            }
        }
    }
}

/// What a callback of nobody asks for runs with no rights of the session, either.
const ASKS: &str = "
sys.shared['session'] = getGearsSession()
sys.shared['own loop'] = started_loop()
def ask(r):
    session, tag = sys.shared['session'], r[1]
    def asks():
        setGearsSession(session)
        for name, form in (('run', lambda: GB('KeysReader').run('secret')),
                           ('register', lambda: GB('CommandReader').map(lambda r: 1).register(trigger='made')),
                           ('timer', lambda: registerTE(1, lambda: None))):
            try:
                form()
                outcome = 'done'
            except Exception as e:
                outcome = str(e)
            sys.shared.setdefault(tag, {})[name] = outcome
        setGearsSession(None)
    sys.shared['own loop'].call_soon_threadsafe(asks, context=contextvars.Context())
GB('CommandReader').foreach(ask).map(lambda r: 'ok').register(trigger='ask')
";

#[test]
fn callbacks_of_nobody_can_ask_for_nothing() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", &script("n", ASKS)]),
        "OK"
    );
    ask(
        &mut connected(&server, "lim"),
        &["RG.TRIGGER", "ask", "lim"],
    );
    let mut found = BTreeMap::new();
    eventually("all was asked for", || {
        found = told(&server, "n", "lim");
        found.len() == 3
    });
    for (name, outcome) in found {
        assert!(outcome.contains("belongs to no gear"), "{name}: {outcome}");
    }
}
