//! Each form of handed-on work in each way by which a gear runs.

use super::{ask, assert_all, connected, script, untyped, with_users};
use redgrease_embedded::Server;

const LIM: &str = "lim NOPERM 7";
const DEV: &str = "dev NOPERM 7";
const DEFAULT: &str = "default 42 7";

#[test]
fn triggers_hand_on_the_rights_of_their_caller() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    let text = "
for mode in ('sync', 'async_local'):
    GB('CommandReader').foreach(lambda r: all_forms(r[1])).map(lambda r: 'ok').register(trigger=mode, mode=mode)
async def coroutine(r):
    await asyncio.sleep(0)
    await all_forms_in_coroutine(r[1])
    return 'ok'
for mode in ('sync', 'async_local'):
    GB('CommandReader').map(coroutine).register(trigger='coroutine ' + mode, mode=mode)
GB('CommandReader').foreach(lambda r: all_forms(r[1])).map(lambda r: 'ok').register(hook='TOUCH', mode='sync')
GB('CommandReader').foreach(lambda r: all_forms(r[1])).map(lambda r: 'ok').register(hook='EXISTS', mode='async_local')
";
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", &script("a", text)]),
        "OK"
    );
    let ways: [&[&str]; 7] = [
        &["RG.TRIGGER", "sync"],
        &["RG.TRIGGER", "async_local"],
        &["RG.TRIGGER", "coroutine sync"],
        &["RG.TRIGGER", "coroutine async_local"],
        &["TOUCH"],
        &["EXISTS"],
        &[
            "EVAL",
            "return redis.call('RG.TRIGGER', 'sync', KEYS[1])",
            "1",
        ],
    ];
    let mut con = connected(&server, "lim");
    for way in ways {
        let name = way.join(" ");
        // The key of a hooked command is one that `lim` may read, and the tag.
        let tag = format!("app:{name}");
        let words = [way, &[&tag]].concat();
        let answer = ask(&mut con, &words);
        assert!(answer.contains("ok"), "{name}: {answer}");
        assert_all(&server, "a", &tag, LIM);
        let tag = format!("app:default {name}");
        let words = [way, &[&tag]].concat();
        untyped(&server, &words);
        assert_all(&server, "a", &tag, DEFAULT);
    }
}

#[test]
fn handlers_and_scripts_hand_on_the_rights_of_who_registered_them() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    let text = "
for mode in ('sync', 'async_local'):
    GB('KeysReader').foreach(lambda r: all_forms(r['key'])).register('app:key:' + mode, mode=mode)
    GB('StreamReader').foreach(lambda r: all_forms(r['key'])).register('app:stream:' + mode, mode=mode)
def once():
    if 'timer' not in sys.shared:
        all_forms('timer')
registerTE(1, once)
all_forms('body')
";
    let mut dev = connected(&server, "dev");
    let answer = ask(&mut dev, &["RG.PYEXECUTE", &script("b", text)]);
    assert!(
        answer.contains("ok") || answer.contains("OK") || answer.contains("kay"),
        "{answer}"
    );
    assert_all(&server, "b", "body", DEV);
    for mode in ["sync", "async_local"] {
        let key = format!("app:key:{mode}");
        untyped(&server, &["SET", &key, "1"]);
        assert_all(&server, "b", &key, DEV);
        let stream = format!("app:stream:{mode}");
        untyped(&server, &["XADD", &stream, "*", "field", "1"]);
        assert_all(&server, "b", &stream, DEV);
    }
    assert_all(&server, "b", "timer", DEV);
}

#[test]
fn with_execute_as_owner_work_has_the_rights_of_the_owner() {
    let server = Server::builder()
        .module_arg("ExecuteAsOwner", "1")
        .start()
        .unwrap();
    if !with_users(&server) {
        return;
    }
    let text = "
for mode in ('sync', 'async_local'):
    GB('CommandReader').foreach(lambda r: all_forms(r[1])).map(lambda r: 'ok').register(trigger=mode, mode=mode)
";
    let mut dev = connected(&server, "dev");
    ask(&mut dev, &["RG.PYEXECUTE", &script("c", text)]);
    for mode in ["sync", "async_local"] {
        for user in ["lim", "default"] {
            let tag = format!("{user} {mode}");
            ask(&mut connected(&server, user), &["RG.TRIGGER", mode, &tag]);
            assert_all(&server, "c", &tag, DEV);
        }
    }
}

/// The text of an exception is made when the steps of the gear have ended.
#[test]
fn the_text_of_an_exception_has_the_rights_of_its_gear() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    let text = "
class Failure(Exception):
    def __str__(self):
        return 'was asked: ' + attempt()
def fail(r):
    raise Failure
async def fail_later(r):
    await asyncio.sleep(0)
    raise Failure
for mode in ('sync', 'async_local'):
    GB('CommandReader').map(fail).register(trigger=mode, mode=mode)
    GB('CommandReader').map(fail_later).register(trigger='coroutine ' + mode, mode=mode)
";
    let text = script("m", text);
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &text]), "OK");
    for mode in [
        "sync",
        "async_local",
        "coroutine sync",
        "coroutine async_local",
    ] {
        for (user, expected) in [("lim", LIM), ("default", DEFAULT)] {
            let answer = ask(&mut connected(&server, user), &["RG.TRIGGER", mode]);
            let expected = format!("asked: {expected}");
            assert!(answer.contains(&expected), "{user} {mode}: {answer}");
        }
    }
}
