//! Aborting executions in every state.

use super::super::abort::{ABORTED, OnStuckThread};
use super::super::{Status, abort};
use super::{FakeCause, GATE, How, PATIENCE, Run, Script, TAKE, command, pool, values, waiter};
use crate::plan::Source;
use crate::python::attached;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Waits until more threads than `before` were replaced.
fn wait_for_a_new_thread(before: usize) {
    let deadline = Instant::now() + PATIENCE;
    while pool().replaced_threads() <= before {
        assert!(Instant::now() < deadline, "no thread was replaced");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn one_that_has_not_begun_ends_at_once_and_never_runs() {
    let script = Script::new("calls = []\ndef step(record):\n    calls.append(record)");
    let run = Run::new(FakeCause::default(), vec![script.map("step")], command("x"));
    run.abort();
    assert_eq!(run.execution.status(), Status::Aborted);
    let end = run.end();
    assert_eq!(
        (end.how, end.error, end.aborted),
        (How::Stopped, None, true)
    );
    pool().push(Arc::clone(&run.execution));
    run.wait_until_it_is_free();
    assert_eq!(script.repr("calls"), "[]");
    assert_eq!(run.cause.calls().ended.len(), 1);
}

#[test]
fn a_python_loop_is_interrupted() {
    let script = Script::new(&format!(
        "{TAKE}{GATE}\ndef endless(record):\n    begun.set()\n    while True:\n        pass"
    ));
    let run = Run::new(
        FakeCause::default(),
        vec![script.map("endless")],
        command("x"),
    );
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    run.launch();
    script.wait_for("begun");
    run.abort();
    let end = run.end();
    assert_eq!(
        (end.how, end.error, end.aborted),
        (How::Stopped, None, true)
    );
    assert_eq!(run.execution.status(), Status::Aborted);
    // On a busy machine the thread may be given up before the exception arrives: then there is no traceback.
    assert_eq!(
        script.repr(&format!(
            "[(results, [error[:{}] for error in errors]) for results, errors in taken]",
            ABORTED.len()
        )),
        format!("[([], ['{ABORTED}'])]")
    );
}

#[test]
fn a_gear_that_swallows_the_interruption_is_given_up_and_interrupted_again() {
    let script = Script::new(&format!(
        "{GATE}\nswallowed = []\ndef stubborn(record):\n    begun.set()\n    while len(swallowed) < 3:\n        try:\n            while True:\n                pass\n        except BaseException as raised:\n            swallowed.append(type(raised).__name__)"
    ));
    let run = Run::new(
        FakeCause::default(),
        vec![script.map("stubborn")],
        command("x"),
    );
    let replaced = pool().replaced_threads();
    run.launch();
    script.wait_for("begun");
    run.abort();
    let end = run.end();
    assert_eq!((end.how, end.aborted), (How::Stopped, true));
    assert_eq!(run.execution.status(), Status::Aborted);
    wait_for_a_new_thread(replaced);
    assert!(run.execution.has_lost_its_thread());
    assert_eq!(
        script.repr("swallowed"),
        "['forcestopped', 'forcestopped', 'forcestopped']"
    );
}

/// A step that is inside of a C function, which cannot be interrupted, until `lock` is released.
const STUCK: &str = "
import threading
begun, lock = threading.Event(), threading.Lock()
lock.acquire()
def step(record):
    begun.set()
    lock.acquire()
    return record
";

#[test]
fn one_that_is_inside_of_c_is_given_up_and_its_thread_replaced() {
    let script = Script::new(&format!("{STUCK}{TAKE}"));
    let run = Run::new(FakeCause::default(), vec![script.map("step")], command("x"));
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    let replaced = pool().replaced_threads();
    run.launch();
    script.wait_for("begun");
    run.abort();
    drop(run.cause.wait_until(|calls| !calls.settled.is_empty()));
    assert_eq!(run.execution.status(), Status::Aborted);
    wait_for_a_new_thread(replaced);
    assert!(run.execution.has_lost_its_thread());
    assert_eq!(script.repr("taken"), format!("[([], ['{ABORTED}'])]"));
    script.repr("lock.release()");
    let end = run.end();
    assert_eq!(
        (end.how, end.error, end.aborted),
        (How::Stopped, None, true)
    );
}

#[test]
fn stuck_threads_do_not_use_up_the_pool() {
    let script = Script::new(
        "import threading\nbegun, locks = threading.Event(), []\ndef step(record):\n    lock = threading.Lock()\n    lock.acquire()\n    locks.append(lock)\n    begun.set()\n    lock.acquire()",
    );
    let runs: Vec<Run> = (0..6)
        .map(|_| {
            script.repr("begun.clear()");
            let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
            script.wait_for("begun");
            run.abort();
            drop(run.cause.wait_until(|calls| !calls.settled.is_empty()));
            run
        })
        .collect();
    let other = Run::launched(FakeCause::default(), Vec::new(), command("x"));
    assert_eq!(other.end().how, How::Completed);
    script.repr("[lock.release() for lock in locks]");
    for run in runs {
        assert!(run.end().aborted);
    }
}

#[test]
fn a_reader_stops_and_the_results_are_not_taken_for_all() {
    let script = Script::new(
        "import threading\nbegun, gate = threading.Event(), threading.Event()\ndef read():\n    yield 1\n    begun.set()\n    gate.wait()\n    try:\n        yield 2\n        yield 3\n    finally:\n        pass",
    );
    let run = Run::launched(
        FakeCause::default(),
        Vec::new(),
        Source::Python(script.function("read")),
    );
    script.wait_for("begun");
    // As an abort, but without an interruption.
    run.execution
        .aborting
        .store(true, std::sync::atomic::Ordering::Relaxed);
    script.repr("gate.set()");
    let end = run.end();
    assert_eq!(
        (end.how, end.error, end.aborted),
        (How::Stopped, None, true)
    );
    assert_eq!(run.outcome(), ("[]".to_owned(), vec![ABORTED.to_owned()]));
}

#[test]
fn an_abort_after_the_last_record_was_read_is_an_abort_of_complete_work() {
    let script = Script::new(GATE);
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    script.wait_for("begun");
    run.execution
        .aborting
        .store(true, std::sync::atomic::Ordering::Relaxed);
    script.repr("gate.set()");
    let end = run.end();
    assert_eq!(
        (end.how, end.error, end.aborted),
        (How::Stopped, None, false)
    );
    assert_eq!(run.execution.status(), Status::Aborted);
    assert_eq!(run.outcome(), ("[]".to_owned(), vec![ABORTED.to_owned()]));
}

#[test]
fn a_gear_that_swallows_the_interruption_and_returns_is_aborted() {
    let script = Script::new(
        "import threading\nbegun = threading.Event()\ndef step(record):\n    begun.set()\n    try:\n        while True:\n            pass\n    except Exception:\n        return 'fine'",
    );
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    script.wait_for("begun");
    run.abort();
    let end = run.end();
    assert_eq!((end.how, end.error), (How::Stopped, None));
    assert_eq!(run.execution.status(), Status::Aborted);
    assert_eq!(run.outcome(), ("[]".to_owned(), vec![ABORTED.to_owned()]));
}

#[test]
fn one_that_awaits_a_coroutine_ends_at_once() {
    let script = Script::new(
        "import threading\nfutures, parked = [], threading.Event()\nseen = []\nasync def step(record):\n    futures.append(createFuture())\n    parked.set()\n    try:\n        return await futures[0]\n    except BaseException as raised:\n        seen.append(type(raised).__name__)\n        raise",
    );
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    script.wait_for("parked");
    run.wait_until_it_is_parked();
    run.abort();
    assert_eq!(run.execution.status(), Status::Aborted);
    // The coroutine is stopped when its future has a result.
    script.repr("setFutureResults(futures[0], 1)");
    let end = run.end();
    assert_eq!(
        (end.how, end.error, end.aborted),
        (How::Stopped, None, true)
    );
    assert_eq!(script.repr("seen"), "['forcestopped']");
}

#[test]
fn two_aborts_end_it_once() {
    let script = Script::new(STUCK);
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    script.wait_for("begun");
    let aborts: Vec<_> = (0..4)
        .map(|_| {
            let execution = Arc::clone(&run.execution);
            thread::spawn(move || abort(execution, None))
        })
        .collect();
    for one in aborts {
        one.join().unwrap();
    }
    drop(run.cause.wait_until(|calls| !calls.settled.is_empty()));
    script.repr("lock.release()");
    assert!(run.end().aborted);
}

/// Runs an execution on a new thread as a worker does. Gives back whether the worker goes on.
fn on_a_worker(run: &Run) -> thread::JoinHandle<bool> {
    let execution = Arc::clone(&run.execution);
    thread::spawn(move || attached(|py| execution.run(py)))
}

#[test]
fn a_worker_whose_place_was_not_taken_goes_on() {
    let script = Script::new(GATE);
    let run = Run::new(FakeCause::default(), vec![script.map("step")], command("x"));
    let worker = on_a_worker(&run);
    script.wait_for("begun");
    // As an abort that found the execution parked just before it went on.
    assert!(run.execution.give_up(Status::Running, OnStuckThread::Keep));
    script.repr("gate.set()");
    assert!(worker.join().unwrap());
    assert!(run.end().aborted);
}

#[test]
fn a_worker_whose_place_was_taken_ends() {
    let script = Script::new(STUCK);
    let run = Run::new(FakeCause::default(), vec![script.map("step")], command("x"));
    let worker = on_a_worker(&run);
    script.wait_for("begun");
    run.abort();
    drop(run.cause.wait_until(|calls| !calls.settled.is_empty()));
    script.repr("lock.release()");
    assert!(!worker.join().unwrap());
    run.end();
}

#[test]
fn a_worker_goes_on_after_an_execution_that_has_ended() {
    let run = Run::new(
        FakeCause::default(),
        Vec::new(),
        values("(n for n in (1,))"),
    );
    assert!(on_a_worker(&run).join().unwrap());
    assert_eq!(run.end().how, How::Completed);
    assert!(on_a_worker(&run).join().unwrap());
}

#[test]
fn no_thread_is_replaced_for_an_execution_that_began_to_wait() {
    let script = Script::new(
        "futures = []\ndef step(record):\n    futures.append(gearsFuture())\n    return futures[0]",
    );
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    run.wait_until_it_is_parked();
    // As an abort that found the execution running just before it was parked.
    run.execution.stop_running();
    assert_eq!(run.execution.status(), Status::Aborted);
    assert!(!run.execution.has_lost_its_thread());
    script.repr("futures.clear()");
    assert!(run.end().aborted);
}

#[test]
fn an_abort_at_the_moment_of_the_begin_stops_the_execution_too() {
    let script = Script::new("def step(record):\n    while True:\n        pass");
    for _ in 0..20 {
        let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
        run.abort();
        assert!(run.end().aborted);
    }
}
