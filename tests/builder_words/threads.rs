//! Threads and coroutines that gears start.

use super::common::{eventually, untyped};
use super::run;
use redgrease_embedded::Server;

#[test]
fn a_thread_of_python_builds_chains_when_it_has_a_session() {
    let server = Server::start().unwrap();
    let script = "
def attempt(name):
    try:
        GB('CommandReader').map(lambda r: name).register(trigger=name)
        execute('HSET', 'outcome', name, 'done')
    except redisgears.GearsError as e:
        execute('HSET', 'outcome', name, str(e))
def registered(name):
    registerGearsThread()
    GB()
    attempt(name)
def with_session(name, session):
    setGearsSession(session)
    attempt(name)
def begin(r):
    session = getGearsSession()
    for target, args in [(attempt, ('plain',)), (registered, ('registered',)), (with_session, ('session', session))]:
        Thread(target=target, args=args).start()
GB('CommandReader').map(begin).register(trigger='begin')
";
    assert_eq!(run(&server, script), "OK");
    untyped(&server, &["RG.TRIGGER", "begin"]);
    eventually("the threads end", || {
        untyped(&server, &["HLEN", "outcome"]) == "3"
    });
    let outcome = |name: &str| untyped(&server, &["HGET", "outcome", name]);
    assert!(outcome("plain").starts_with("Can not create a gearsCtx on a python created thread"));
    assert!(outcome("registered").contains("setGearsSession"));
    assert_eq!(outcome("session"), "done");
}

#[test]
fn a_background_coroutine_belongs_to_a_session() {
    let server = Server::start().unwrap();
    let script = "
async def work(name):
    await asyncio.sleep(0)
    session = getGearsSession()
    GB('CommandReader').map(lambda r: name).register(trigger=name)
    execute('HSET', 'sessions', name, session.id if session else 'none')
    return name
def begin(r):
    session = getGearsSession()
    runCoroutine(work('default'))
    runCoroutine(cr=work('named'), f=None, delay=0.01, s=session)
    future = gearsFuture()
    runCoroutine(work('future'), f=future, delay=0.05)
    return future
GB('CommandReader').map(begin).register(trigger='begin')
async def settle(r):
    first, second = createFuture(), createFuture()
    setFutureResults(f=first, res='a')
    setFutureResults(second, 'b')
    return [await first, await second]
GB('CommandReader').map(settle).register(trigger='settle', convertToStr=False)
";
    let registered = untyped(&server, &["RG.PYEXECUTE", script, "ID", "app"]);
    assert_eq!(registered, "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "begin"]), "future");
    eventually("the coroutines end", || {
        untyped(&server, &["HLEN", "sessions"]) == "3"
    });
    for name in ["default", "named", "future"] {
        assert_eq!(untyped(&server, &["HGET", "sessions", name]), "app");
        assert_eq!(untyped(&server, &["RG.TRIGGER", name]), name);
    }
    assert_eq!(untyped(&server, &["RG.TRIGGER", "settle"]), "a\nb");
}
