//! Taking and releasing the interpreter's lock.

use crate::python::{attached, attached_for_a_call, detached};
use crate::testing::{eval, with_python};
use pyo3::prelude::*;
use std::sync::mpsc;
use std::thread;

#[test]
fn the_lock_may_be_taken_again_by_the_thread_that_holds_it() {
    with_python(|outer| {
        let inner = attached(|inner| eval(inner, "6 * 7").unbind());
        let called = attached_for_a_call(|inner| eval(inner, "6 * 7").unbind());
        assert_eq!(inner.to_string(), "42");
        assert!(inner.bind(outer).eq(called.bind(outer)).unwrap());
    });
}

#[test]
fn other_threads_run_python_while_one_is_detached() {
    with_python(|py| {
        let number = detached(py, || {
            let other = thread::spawn(|| attached(|py| eval(py, "1 + 1").to_string()));
            other.join().unwrap()
        });
        assert_eq!(number, "2");
        assert_eq!(eval(py, "2 + 2").to_string(), "4");
    });
}

#[test]
fn a_detached_thread_may_take_the_lock_inside() {
    with_python(|py| {
        let number = detached(py, || attached(|py| eval(py, "3").to_string()));
        assert_eq!(number, "3");
    });
}

#[test]
fn the_lock_is_held_again_after_a_panic() {
    with_python(|py| {
        let panicked = std::panic::catch_unwind(|| detached(py, || panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(eval(py, "4").to_string(), "4");
    });
}

#[test]
fn only_one_thread_at_a_time_holds_the_lock() {
    let (entered, has_entered) = mpsc::channel();
    let other = with_python(|_| {
        let other = thread::spawn(move || attached(|_| entered.send(()).unwrap()));
        // The other thread has no chance to enter before this one leaves.
        assert_eq!(has_entered.try_recv(), Err(mpsc::TryRecvError::Empty));
        other
    });
    other.join().unwrap();
    assert_eq!(has_entered.try_recv(), Ok(()));
}
