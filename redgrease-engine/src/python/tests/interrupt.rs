//! Interrupting Python on another thread.

use super::error_text;
use crate::python::{Force, RunningThread, detached, interrupt};
use crate::testing::{eval, function, with_python};
use std::sync::mpsc;
use std::thread;

#[test]
fn a_thread_that_runs_nothing_is_not_interrupted() {
    with_python(|_| ());
    let running = RunningThread::default();
    assert!(!interrupt(&running, Force::Once));
    with_python(|py| {
        running.enter(py);
        running.leave(py);
    });
    assert!(!interrupt(&running, Force::Once));
}

#[test]
fn an_endless_loop_is_interrupted() {
    let running = RunningThread::default();
    let (entered, has_entered) = mpsc::channel();
    thread::scope(|scope| {
        let looping = scope.spawn(|| {
            with_python(|py| {
                let forever = function(py, "lambda: [None for _ in iter(int, 1)]");
                running.enter(py);
                entered.send(()).unwrap();
                let raised = forever.call0(py).unwrap_err();
                running.leave(py);
                error_text(py, &raised)
            })
        });
        has_entered.recv().unwrap();
        assert!(interrupt(&running, Force::Once));
        assert_eq!(looping.join().unwrap(), "forcestopped: ");
    });
    assert!(!interrupt(&running, Force::Once));
}

#[test]
fn code_that_catches_everything_is_interrupted_again() {
    let running = RunningThread::default();
    let (entered, has_entered) = mpsc::channel();
    thread::scope(|scope| {
        let looping = scope.spawn(|| {
            with_python(|py| {
                let source = "
def stubborn():
    caught = 0
    while caught < 3:
        try:
            while True:
                pass
        except BaseException:
            caught += 1
    return caught
";
                let stubborn = crate::testing::run(py, source, "stubborn");
                let stubborn = crate::python::Callback::new(&stubborn);
                running.enter(py);
                entered.send(()).unwrap();
                let caught = stubborn.call0(py).map(|caught| caught.to_string());
                running.leave(py);
                caught.map_err(|raised| error_text(py, &raised))
            })
        });
        has_entered.recv().unwrap();
        while !looping.is_finished() {
            interrupt(&running, Force::Once);
            thread::yield_now();
        }
        // An interruption may also hit the function between its loops.
        let ended = looping.join().unwrap();
        assert!(
            [Ok("3".to_owned()), Err("forcestopped: ".to_owned())].contains(&ended),
            "{ended:?}"
        );
    });
}

/// The interruption arrives while the thread runs no Python. It must not hit the code that runs afterwards.
#[test]
fn a_late_interruption_does_not_hit_the_code_behind_it() {
    let running = RunningThread::default();
    let (entered, has_entered) = mpsc::channel();
    let (interrupted, was_interrupted) = mpsc::channel();
    thread::scope(|scope| {
        let working = scope.spawn(|| {
            let was_interrupted = was_interrupted;
            with_python(|py| {
                running.enter(py);
                detached(py, move || {
                    entered.send(()).unwrap();
                    was_interrupted.recv().unwrap();
                });
                running.leave(py);
                eval(py, "sum(x for x in range(10000))").to_string()
            })
        });
        has_entered.recv().unwrap();
        assert!(interrupt(&running, Force::Once));
        interrupted.send(()).unwrap();
        assert_eq!(working.join().unwrap(), "49995000");
    });
}

#[test]
fn an_interruption_hits_its_own_thread_only() {
    let running = RunningThread::default();
    let other = RunningThread::default();
    let (entered, has_entered) = mpsc::channel();
    let entered = &entered;
    thread::scope(|scope| {
        let interrupted = scope.spawn(|| {
            with_python(|py| {
                let forever = function(py, "lambda: [None for _ in iter(int, 1)]");
                running.enter(py);
                entered.send(()).unwrap();
                let ended = forever.call0(py).is_err();
                running.leave(py);
                ended
            })
        });
        let left_alone = scope.spawn(|| {
            with_python(|py| {
                other.enter(py);
                entered.send(()).unwrap();
                let sum = eval(py, "sum(x for x in range(300000))").to_string();
                other.leave(py);
                sum
            })
        });
        has_entered.recv().unwrap();
        has_entered.recv().unwrap();
        assert!(interrupt(&running, Force::Once));
        assert!(interrupted.join().unwrap());
        assert_eq!(left_alone.join().unwrap(), "44999850000");
    });
}
