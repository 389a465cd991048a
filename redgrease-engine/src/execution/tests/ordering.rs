//! Executions of one order.

use super::super::{Status, abort};
use super::{
    FakeCause, GATE, How, Order, Run, Script, command, executions, interpreter_is_free, values,
};
use proptest::prelude::*;
use std::sync::Arc;

/// A step that takes a short while and records its begin and its end.
const LOGGED: &str = "
import time
log = []
def step(record):
    number = int(record[0])
    log.append((number, 'begin'))
    try:
        time.sleep(0.002)
    finally:
        log.append((number, 'end'))
    return number
";

/// Begin and end of the executions that began, as `LOGGED` recorded them.
fn log(script: &Script) -> Vec<(usize, bool)> {
    let text = script.repr("' '.join('%d:%s' % entry for entry in log)");
    text.trim_matches('\'')
        .split_whitespace()
        .map(|entry| {
            let (number, what) = entry.split_once(':').unwrap();
            (number.parse().unwrap(), what == "begin")
        })
        .collect()
}

fn logged(script: &Script, order: &Arc<Order>, number: usize) -> Run {
    let steps = vec![script.map("step")];
    Run::new(
        FakeCause::in_order(order),
        steps,
        command(&number.to_string()),
    )
}

/// Executions began in the order of their launch, and none began before the one ahead of it had ended. An execution that
/// was given up has ended although its Python goes on.
fn check_order(script: &Script, runs: &[Run]) {
    let mut inside: Vec<usize> = Vec::new();
    let mut last = None;
    for (number, begins) in log(script) {
        if !begins {
            inside.retain(|one| *one != number);
            continue;
        }
        assert!(last < Some(number), "{number} began behind {last:?}");
        last = Some(number);
        for other in &inside {
            let how = runs[*other].cause.calls().ended[0].how;
            assert_eq!(how, How::Stopped, "{number} began inside of {other}");
        }
        inside.push(number);
    }
}

#[test]
fn executions_of_one_order_run_one_after_the_other() {
    let script = Script::new(LOGGED);
    let order = Arc::new(Order::default());
    let runs: Vec<Run> = (0..20)
        .map(|number| logged(&script, &order, number))
        .collect();
    runs.iter().for_each(Run::launch);
    for (number, run) in runs.iter().enumerate() {
        assert_eq!(run.end().how, How::Completed);
        assert_eq!(run.outcome().0, format!("[{number}]"));
    }
    check_order(&script, &runs);
    assert_eq!(log(&script).len(), 40);
}

#[test]
fn executions_of_different_orders_run_at_the_same_time() {
    let script = Script::new(
        "import threading\nmeeting = threading.Barrier(2)\ndef step(record):\n    meeting.wait(60)\n    return 1",
    );
    let runs = [0, 1].map(|_| {
        let cause = FakeCause::in_order(&Arc::new(Order::default()));
        Run::launched(cause, vec![script.map("step")], command("x"))
    });
    for run in runs {
        assert_eq!(run.end().error, None);
    }
}

/// An execution that has the turn and runs until `gate` is set, and one that waits behind it.
fn one_waits() -> (Script, Arc<Order>, Run, Run) {
    let script = Script::new(GATE);
    let order = Arc::new(Order::default());
    let first = Run::launched(
        FakeCause::in_order(&order),
        vec![script.map("step")],
        command("1"),
    );
    script.wait_for("begun");
    let second = Run::launched(FakeCause::in_order(&order), Vec::new(), command("2"));
    (script, order, first, second)
}

#[test]
fn aborting_one_that_waits_lets_no_other_begin() {
    let (script, order, first, second) = one_waits();
    let third = Run::launched(FakeCause::in_order(&order), Vec::new(), command("3"));
    second.abort();
    assert_eq!(second.end().how, How::Stopped);
    // An execution without order goes past, and so would the third one if it could.
    Run::launched(FakeCause::default(), Vec::new(), command("x")).end();
    assert_eq!(third.execution.status(), Status::Created);
    assert_eq!(first.execution.status(), Status::Running);
    script.repr("gate.set()");
    assert_eq!(first.end().how, How::Completed);
    assert_eq!(third.end().how, How::Completed);
}

#[test]
fn aborting_the_one_that_has_the_turn_lets_the_next_begin() {
    let (script, _order, first, second) = one_waits();
    first.abort();
    assert_eq!(second.end().how, How::Completed);
    script.repr("gate.set()");
    assert!(first.end().aborted);
}

#[test]
fn one_that_is_aborted_before_its_launch_gives_the_turn_back() {
    let order = Arc::new(Order::default());
    let first = Run::new(FakeCause::in_order(&order), Vec::new(), command("1"));
    first.abort();
    first.launch();
    let second = Run::launched(FakeCause::in_order(&order), Vec::new(), command("2"));
    assert_eq!(second.end().how, How::Completed);
    assert_eq!(first.execution.status(), Status::Aborted);
    executions().remove(first.execution.id);
    assert_eq!(first.end().how, How::Stopped);
}

#[test]
fn one_that_awaits_a_coroutine_keeps_the_turn() {
    let script = Script::new(
        "import threading\nfutures, parked = [], threading.Event()\nasync def step(record):\n    future = createFuture()\n    futures.append(future)\n    parked.set()\n    return await future",
    );
    let order = Arc::new(Order::default());
    let first = Run::launched(
        FakeCause::in_order(&order),
        vec![script.map("step")],
        command("1"),
    );
    script.wait_for("parked");
    let second = Run::launched(FakeCause::in_order(&order), Vec::new(), command("2"));
    Run::launched(FakeCause::default(), Vec::new(), command("x")).end();
    assert_eq!(second.execution.status(), Status::Created);
    script.repr("setFutureResults(futures[0], 5)");
    assert_eq!(first.end().error, None);
    assert_eq!(first.outcome().0, "[5]");
    assert_eq!(second.end().how, How::Completed);
}

#[test]
fn values_of_a_source_are_read_in_the_turn() {
    let script =
        Script::new("calls = []\ndef read():\n    calls.append(1)\n    return (n for n in (1,))");
    let order = Arc::new(Order::default());
    let source = crate::plan::Source::Python(script.function("read"));
    let holder = Run::new(FakeCause::default(), Vec::new(), values("()"));
    assert_eq!(order.enter(&holder.execution, usize::MAX), Ok(true));
    let run = Run::launched(FakeCause::in_order(&order), Vec::new(), source);
    assert!(interpreter_is_free());
    assert_eq!(script.repr("calls"), "[]");
    order.leave(holder.execution.id);
    assert_eq!(run.end().error, None);
    assert_eq!(script.repr("calls"), "[1]");
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Launch,
    Abort(usize),
    Wait(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => Just(Event::Launch),
        2 => (0..8_usize).prop_map(Event::Abort),
        1 => (0..8_usize).prop_map(Event::Wait),
    ];
    proptest::collection::vec(event, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is launched, aborted and waited for: everything ends once, in order, and never two at a time.
    #[test]
    fn any_launches_and_aborts_keep_the_order(events in events()) {
        let script = Script::new(LOGGED);
        let order = Arc::new(Order::default());
        let mut runs: Vec<Run> = Vec::new();
        let newest = |runs: &[Run], back: usize| runs.len().checked_sub(back + 1);
        for event in events {
            match event {
                Event::Launch => {
                    let run = logged(&script, &order, runs.len());
                    run.launch();
                    runs.push(run);
                }
                Event::Abort(back) => {
                    if let Some(index) = newest(&runs, back) {
                        abort(Arc::clone(&runs[index].execution), None);
                    }
                }
                Event::Wait(back) => {
                    if let Some(index) = newest(&runs, back) {
                        runs[index].end();
                    }
                }
            }
        }
        for run in &runs {
            let end = run.end();
            prop_assert!(run.execution.status().is_final());
            prop_assert!(end.aborted || end.error.is_none());
        }
        check_order(&script, &runs);
        // The order is free.
        let last = Run::launched(FakeCause::in_order(&order), Vec::new(), command("x"));
        prop_assert_eq!(last.end().how, How::Completed);
    }
}

/// A step that waits for a future when its record says so, and logs.
const HELD: &str = "
import threading
held, log, lock = {}, [], threading.Lock()
made = threading.Semaphore(0)
def step(record):
    name = record[0]
    log.append(name)
    if not name.startswith('w'):
        return name
    held[name] = gearsFuture()
    made.release()
    return held[name]
";

fn held(script: &Script, order: &Arc<Order>, name: &str) -> Run {
    Run::launched(
        FakeCause::in_order(order),
        vec![script.map("step")],
        command(name),
    )
}

#[test]
fn one_that_waits_gives_its_turn_if_the_order_gives_way() {
    let script = Script::new(HELD);
    let order = Arc::new(Order::giving_way());
    let first = held(&script, &order, "w1");
    let second = held(&script, &order, "w2");
    let third = held(&script, &order, "3");
    assert_eq!(third.end().error, None);
    assert_eq!(script.repr("log"), "['w1', 'w2', '3']");
    script.repr("held.pop('w2').continueRun(2)");
    assert_eq!(second.end().error, None);
    // One that is aborted while it is away takes no turn with it.
    first.wait_until_it_is_parked();
    first.abort();
    script.repr("held.clear()");
    assert_eq!(first.end().how, How::Stopped);
    let last = held(&script, &order, "4");
    assert_eq!(last.end().error, None);
}

#[test]
fn one_that_waits_keeps_its_turn_in_other_orders() {
    let script = Script::new(HELD);
    let order = Arc::new(Order::default());
    let first = held(&script, &order, "w1");
    let second = held(&script, &order, "2");
    first.wait_until_it_is_parked();
    assert_eq!(second.execution.status(), super::super::Status::Created);
    script.repr("held.pop('w1').continueRun(1)");
    assert_eq!(first.end().error, None);
    assert_eq!(second.end().error, None);
    assert_eq!(script.repr("log"), "['w1', '2']");
}
