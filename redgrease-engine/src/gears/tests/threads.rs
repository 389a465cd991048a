//! Threads that gears start: they act for no session, or for one that they are given.

use super::super::activate::activate_silently;
use super::{exception, run_session, session};
use crate::execution::pool;
use crate::redis::locked;
use crate::registration::streams::Begin;
use crate::scope::SessionInfo;
use crate::testing::{repr, run, with_python};
use std::sync::{Arc, OnceLock};

/// Makes the session `id` the value of the name `session_<id>` for all Python, as a gear would hand it to its thread.
fn hand_out(id: &str) -> Arc<SessionInfo> {
    let text = format!("import builtins\nbuiltins.session_{id} = getGearsSession()");
    let session = session(id, &text);
    run_session(&session, None).unwrap();
    session
}

/// The `repr` of the list `seen` after some statements have run on a thread of their own.
fn seen_by_thread(statements: &str) -> String {
    let lines: Vec<&str> = statements.lines().collect();
    let program = format!(
        "
import threading
def act(seen):
    try:
        {}
    except BaseException as e:
        seen.append(str(e))
seen = []
thread = threading.Thread(target=act, args=(seen,))
thread.start()
thread.join()
",
        lines.join("\n        ")
    );
    with_python(|py| repr(&run(py, &program, "seen")))
}

#[test]
fn a_thread_belongs_to_no_session() {
    assert_eq!(seen_by_thread("seen.append(getGearsSession())"), "[None]");
    let refused = "only scripts and gears can run and register something";
    let not_built = "Can not create a gearsCtx on a python created thread";
    for statement in [
        "GB('CommandReader').register(trigger='of a thread')",
        "GB('ShardsIDReader').run()",
    ] {
        let seen = seen_by_thread(statement);
        assert!(seen.contains(not_built), "{statement}: {seen}");
        // A registered thread can build chains, but has no session either.
        let seen = seen_by_thread(&format!("registerGearsThread(); {statement}"));
        assert!(seen.contains(refused), "{statement}: {seen}");
    }
    let seen = seen_by_thread("registerTE(5, lambda: None)");
    assert!(seen.contains(refused), "{seen}");
    let seen = seen_by_thread("registerTE(5, lambda: None, 'key')");
    assert!(
        seen.contains("only scripts and gears can register a time event"),
        "{seen}"
    );
}

#[test]
fn a_thread_acts_for_the_session_that_it_is_given() {
    let _session = hand_out("given");
    let seen = seen_by_thread(
        "setGearsSession(session_given)
seen.append(getGearsSession().id)
setGearsSession(None)
seen.append(getGearsSession())",
    );
    assert_eq!(seen, "['given', None]");
}

#[test]
fn a_block_gives_a_thread_a_session_for_a_while() {
    let _outer = hand_out("outer");
    let _inner = hand_out("inner");
    let seen = seen_by_thread(
        "with GearsSession(session_outer) as session:
    seen.append(session.id)
    with GearsSession(session_inner):
        seen.append(getGearsSession().id)
    seen.append(getGearsSession().id)
seen.append(getGearsSession())",
    );
    assert_eq!(seen, "['outer', 'inner', 'outer', None]");
}

#[test]
fn a_thread_takes_sessions_only() {
    let expected = "setGearsSession takes what getGearsSession gave, or None";
    for value in ["5", "'given'", "object()"] {
        assert_eq!(exception(&format!("setGearsSession({value})")), expected);
    }
}

/// Starts worker threads, once.
fn with_workers() {
    static STARTED: OnceLock<()> = OnceLock::new();
    with_python(|_| ());
    STARTED.get_or_init(|| pool().start(2).unwrap());
}

#[test]
fn a_thread_with_a_session_runs_at_once() {
    with_workers();
    let _session = hand_out("running");
    let seen = seen_by_thread(
        "setGearsSession(session_running)
def take(results, errors):
    seen.append((sorted(results), errors))
    done.set()
done = threading.Event()
when_done = runCoroutine.__globals__['_native'].when_done
future = GB('PythonReader').map(lambda n: n * 2).run(lambda: (n for n in [1, 2, 3]))
when_done(future.executionId, take)
seen.append(done.wait(10))
done.clear()
when_done(future.executionId, take)
seen.append(done.wait(10))",
    );
    let outcome = "(['2', '4', '6'], [])";
    assert_eq!(seen, format!("[{outcome}, True, {outcome}, True]"));
}

#[test]
fn a_run_can_be_awaited() {
    with_workers();
    let _session = hand_out("awaiting");
    let seen = seen_by_thread(
        "setGearsSession(session_awaiting)
done = threading.Event()
when_done = runCoroutine.__globals__['_native'].when_done
future = GB('PythonReader').map(lambda n: 1 / n).run(lambda: (n for n in [1, 0]))
async def take():
    results, errors = await future
    seen.append((results, len(errors), 'ZeroDivisionError' in errors[0], repr(future)))
    done.set()
runCoroutine(take())
seen.append(done.wait(10))",
    );
    assert_eq!(seen, "[(['1.0'], 1, True, '<GearsFuture finished>'), True]");
}

/// Activates the script of a session, which registers something.
fn activate(session: &Arc<SessionInfo>) {
    let collected = run_session(session, None).unwrap();
    locked(|context| activate_silently(context, session, collected, None, Begin::New));
}

#[test]
fn a_thread_of_a_replaced_session_registers_nothing() {
    let _replaced = hand_out("replaced");
    let script = "GB('CommandReader').register(trigger='of the replacement')";
    activate(&session("replaced", script));
    let seen = seen_by_thread(
        "setGearsSession(session_replaced)
GB('CommandReader').register(trigger='of the replaced session')",
    );
    assert!(seen.contains("the session of this gear is gone"), "{seen}");
}

#[test]
fn a_thread_takes_no_trigger_from_another_session() {
    let _own = hand_out("robber");
    activate(&session(
        "robbed",
        "GB('CommandReader').register(trigger='robbed')",
    ));
    let seen = seen_by_thread(
        "setGearsSession(session_robber)
GB('CommandReader').register(trigger='robbed')",
    );
    assert_eq!(seen, "['trigger already registered']");
}
