//! Executions for which there is no room in the queue.

use super::super::Status;
use super::{FakeCause, How, Order, Run, Script, TAKE, command, pool, waiter};
use crate::config;
use std::sync::Arc;

/// Fills an order: one execution has the turn and as many wait as the limit allows. `empty` takes them out.
fn filled() -> (Arc<Order>, impl FnOnce()) {
    let order = Arc::new(Order::default());
    let holder = Run::new(FakeCause::default(), Vec::new(), command("holder"));
    let filler = Run::new(FakeCause::default(), Vec::new(), command("filler"));
    assert_eq!(order.enter(&holder.execution, usize::MAX), Ok(true));
    for _ in 0..config::get().queue_size() {
        assert_eq!(order.enter(&filler.execution, usize::MAX), Ok(false));
    }
    let empty = {
        let order = Arc::clone(&order);
        move || {
            order.leave(filler.execution.id);
            order.leave(holder.execution.id);
        }
    };
    (order, empty)
}

#[test]
fn an_execution_for_which_there_is_no_room_is_refused() {
    let script = Script::new(TAKE);
    let (order, empty) = filled();
    // The list of executions keeps ended ones of this cause.
    let cause = FakeCause {
        stay: None,
        ..FakeCause::in_order(&order)
    };
    let run = Run::new(cause, Vec::new(), command("x"));
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    let refused = pool().refused();
    let error = super::super::launch(Arc::clone(&run.execution)).unwrap_err();
    assert_eq!(
        error,
        super::super::launch::queue_is_full(config::get().queue_size())
    );
    assert!(
        error.starts_with("ERR too many executions wait") && error.contains("ExecutionQueueSize")
    );
    assert!(pool().refused() > refused);
    assert!(!run.is_listed());
    assert_eq!(script.repr("taken"), format!("[([], ['{error}'])]"));
    let end = run.end();
    assert_eq!(
        (end.how, end.error, end.aborted),
        (How::Refused, Some(error), false)
    );
    assert_eq!(run.execution.status(), Status::Aborted);
    empty();
    let next = Run::launched(FakeCause::in_order(&order), Vec::new(), command("x"));
    assert_eq!(next.end().how, How::Completed);
}

#[test]
fn an_execution_that_is_not_bounded_is_never_refused() {
    let (order, empty) = filled();
    let cause = FakeCause {
        bounded: false,
        ..FakeCause::in_order(&order)
    };
    let run = Run::launched(cause, Vec::new(), command("x"));
    assert_eq!(run.execution.status(), Status::Created);
    empty();
    assert_eq!(run.end().how, How::Completed);
}

#[test]
fn an_ended_execution_cannot_be_refused() {
    let run = Run::launched(FakeCause::default(), Vec::new(), command("x"));
    let end = run.end();
    run.execution.refuse("ERR late");
    assert_eq!(run.end(), end);
}
