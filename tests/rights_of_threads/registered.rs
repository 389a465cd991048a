//! Runs and registrations of handed-on work.

use super::{ask, connected, script, told, untyped, with_users};
use crate::common::eventually;
use redgrease_embedded::Server;

/// Each way makes something in the session of the gear, which `dev` registered, and stores what it may do.
const GEARS: &str = "
def noting(tag, name):
    return lambda *_: sys.shared.setdefault(tag, {}).setdefault(name, attempt())
def make(tag):
    GB('ShardsIDReader').foreach(noting(tag, 'run')).run()
    GB('KeysReader').foreach(noting(tag, 'key')).register('app:key:' + tag, mode='async_local')
    GB('KeysReader').foreach(noting(tag, 'sync key')).register('app:key:' + tag, mode='sync')
    GB('StreamReader').foreach(noting(tag, 'stream')).register('app:stream:' + tag, mode='async_local')
    GB('CommandReader').map(noting(tag, 'trigger')).register(trigger='made ' + tag, mode='async_local')
    registerTE(1, noting(tag, 'timer'))
    registerTE(1, noting(tag, 'timer of a key'), 'app:timer:' + tag)
    sys.shared[tag]['made'] = 'yes'
def with_session(session, tag):
    setGearsSession(session)
    make(tag)
def as_gear(r):
    sys.shared[r[1]] = {}
    make(r[1])
def as_thread(r):
    sys.shared[r[1]] = {}
    threading.Thread(target=with_session, args=(getGearsSession(), r[1])).start()
def as_task(r):
    sys.shared[r[1]] = {}
    shared_executor().submit(with_session, getGearsSession(), r[1])
async def as_coroutine(r):
    sys.shared[r[1]] = {}
    async def work():
        make(r[1])
    runCoroutine(work())
    return 'ok'
def as_session(r):
    sys.shared[r[1]] = {}
    with GearsSession(getGearsSession()):
        make(r[1])
for gear in (as_gear, as_thread, as_task, as_session):
    for mode in ('sync', 'async_local'):
        name = gear.__name__ + ' ' + mode
        GB('CommandReader').foreach(gear).map(lambda r: 'ok').register(trigger=name, mode=mode)
GB('CommandReader').map(as_coroutine).register(trigger='as_coroutine', mode='async_local')
";

#[test]
fn what_a_gear_makes_has_the_rights_of_its_user_and_never_more() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    let text = script("h", GEARS);
    // The owner of the session may do everything, and so could its registrations.
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &text]), "OK");
    let mut ways = vec!["as_coroutine".to_owned()];
    for gear in ["as_gear", "as_thread", "as_task", "as_session"] {
        ways.extend(["sync", "async_local"].map(|mode| format!("{gear} {mode}")));
    }
    let mut lim = connected(&server, "lim");
    for way in ways {
        let tag = way.replace(' ', ":");
        let answer = ask(&mut lim, &["RG.TRIGGER", &way, &tag]);
        assert!(answer.contains("ok"), "{way}: {answer}");
        eventually(&format!("{way}: made"), || {
            told(&server, "h", &tag).contains_key("made")
        });
        untyped(&server, &["SET", &format!("app:key:{tag}"), "1"]);
        untyped(
            &server,
            &["XADD", &format!("app:stream:{tag}"), "*", "f", "1"],
        );
        ask(&mut lim, &["RG.TRIGGER", &format!("made {tag}")]);
        eventually(&format!("{way}: all ran"), || {
            told(&server, "h", &tag).len() == 8
        });
        for (name, outcome) in told(&server, "h", &tag) {
            let expected = if name == "made" {
                "yes"
            } else {
                "lim NOPERM 7"
            };
            assert_eq!(outcome, expected, "{way}: {name}");
        }
    }
}
