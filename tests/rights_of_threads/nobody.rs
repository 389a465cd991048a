//! Threads that no gear has started, and threads that work for others than those who started them.

use super::{ask, connected, script, told, untyped, with_users};
use crate::common::eventually;
use redgrease_embedded::Server;

const OF_NOBODY: &str = "this code belongs to no gear";

/// The outcome of `form` under `tag`, once there is one.
fn outcome(server: &Server, name: &str, tag: &str, form: &str) -> String {
    let mut found = None;
    eventually(&format!("{tag} {form}"), || {
        found = told(server, name, tag).remove(form);
        found.is_some()
    });
    found.unwrap()
}

/// Threads that belong to nobody: those of pools. Their work is no task of a gear here.
const OF_NOBODY_ALONE: &str = "
def store(tag, name, outcome):
    sys.shared.setdefault(tag, {})[name] = outcome
class Work:
    # A value whose end runs on the thread of the pool, when the task has ended.
    def __init__(self, tag, session):
        self.tag, self.session = tag, session
    def __del__(self):
        if self.session is not None:
            setGearsSession(self.session)
        store(self.tag, 'user', answer('ACL', 'WHOAMI') + ' ' + answer('GET', 'secret'))
        setGearsSession(None)
def begin(r):
    # The worker of a pool frees the task, with its arguments, after the task has ended.
    work = Work(r[1], getGearsSession() if r[2] == 'session' else None)
    concurrent.futures.ThreadPoolExecutor(1).submit(lambda work: time.sleep(0.05), work)
GB('CommandReader').foreach(begin).map(lambda r: 'ok').register(trigger='begin', mode='async_local')
";

#[test]
fn a_thread_of_nobody_has_no_rights_without_a_session() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    let text = script("e", OF_NOBODY_ALONE);
    let mut dev = connected(&server, "dev");
    assert_eq!(ask(&mut dev, &["RG.PYEXECUTE", &text]), "ok");
    for user in ["lim", "default"] {
        let mut con = connected(&server, user);
        ask(&mut con, &["RG.TRIGGER", "begin", user, "none"]);
        let without = outcome(&server, "e", user, "user");
        assert!(without.contains(OF_NOBODY), "{user}: {without}");
        assert!(without.contains("setGearsSession"), "{user}: {without}");
        let tag = format!("{user} with");
        ask(&mut con, &["RG.TRIGGER", "begin", &tag, "session"]);
        // The owner of the session is `dev`.
        assert_eq!(outcome(&server, "e", &tag, "user"), "dev NOPERM");
    }
}

/// A thread that takes functions from a queue, which the first call starts.
const QUEUE: &str = "
import queue
def worker():
    todo = sys.shared['queue']
    while True:
        todo.get()()
def begin(r):
    if 'queue' not in sys.shared:
        sys.shared['queue'] = queue.SimpleQueue()
        threading.Thread(target=worker, daemon=True).start()
    work = storing(r[1], begin)
    sys.shared['queue'].put(work)
async def in_context(r):
    # The context of a coroutine has its gear.
    context = contextvars.copy_context()
    work = storing(r[1], in_context)
    sys.shared['queue'].put(lambda: context.run(work))
    return 'ok'
GB('CommandReader').foreach(begin).map(lambda r: 'ok').register(trigger='begin', mode='sync')
GB('CommandReader').map(in_context).register(trigger='in context', mode='async_local')
";

#[test]
fn a_thread_keeps_the_rights_of_the_gear_that_started_it_unless_work_brings_its_context() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", &script("f", QUEUE)]),
        "OK"
    );
    let mut lim = connected(&server, "lim");
    ask(&mut lim, &["RG.TRIGGER", "begin", "first"]);
    assert_eq!(outcome(&server, "f", "first", "begin"), "lim NOPERM 7");
    // The queue says nothing of who has put the function into it.
    untyped(&server, &["RG.TRIGGER", "begin", "second"]);
    assert_eq!(outcome(&server, "f", "second", "begin"), "lim NOPERM 7");
    untyped(&server, &["RG.TRIGGER", "in context", "third"]);
    assert_eq!(outcome(&server, "f", "third", "in_context"), "default 42 7");
}

/// A thread that goes on: it asks whenever the test wants it.
const GOES_ON: &str = "
def worker(tag):
    number = 0
    while True:
        number += 1
        sys.shared.setdefault(tag, {})[str(number)] = answer('GET', 'app:x') + ' ' + answer('GET', 'app:y')
        time.sleep(0.01)
def begin(r):
    threading.Thread(target=worker, args=(r[1],), daemon=True).start()
GB('CommandReader').foreach(begin).map(lambda r: 'ok').register(trigger='begin', mode='async_local')
GB('CommandReader').map(lambda r: list(sys.shared[r[1]].values())[-1]).register(trigger='last', mode='sync')
";

#[test]
fn a_thread_sees_what_happens_to_its_user() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    untyped(&server, &["SET", "app:y", "8"]);
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", &script("g", GOES_ON)]),
        "OK"
    );
    ask(
        &mut connected(&server, "lim"),
        &["RG.TRIGGER", "begin", "lim"],
    );
    let last = || untyped(&server, &["RG.TRIGGER", "last", "lim"]);
    eventually("the thread reads", || last() == "7 8");
    untyped(&server, &["ACL", "SETUSER", "lim", "resetkeys", "~app:x"]);
    eventually("a key is taken away", || last() == "7 NOPERM");
    untyped(&server, &["ACL", "DELUSER", "lim"]);
    eventually("the user is gone", || {
        let last = last();
        !last.contains('7') && !last.contains('8')
    });
    // A user of the same name is the same user.
    untyped(&server, &["ACL", "SETUSER", "lim", "on", "~app:y", "+@all"]);
    eventually("the user is back", || last() == "NOPERM 8");
}
