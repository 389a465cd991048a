//! Running to the end: records, results, errors, and what the cause and the clients are told.

use super::super::{Status, Waiter, abort};
use super::{End, FakeCause, GATE, How, Run, Script, TAKE, command, map, values, waiter};
use crate::id::IdCounter;
use crate::python::is_true;
use crate::scope::{RunningHook, Scope, look};
use crate::steps::{Filter, FlatMap};
use crate::testing::{function, with_python};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_command_is_one_record_with_its_words() {
    let run = Run::launched(
        FakeCause::default(),
        vec![map("lambda r: r[0] + '!'")],
        command("hello"),
    );
    let end = run.end();
    assert_eq!(
        (end.how, end.error, end.aborted),
        (How::Completed, None, false)
    );
    assert_eq!(run.execution.status(), Status::Done);
    assert_eq!(run.outcome(), ("['hello!']".to_owned(), Vec::new()));
}

#[test]
fn the_values_of_a_generator_go_through_all_steps_in_order() {
    let steps = with_python(|py| {
        vec![
            map("lambda n: n * 10"),
            Filter(function(py, "lambda n: n != 20")).into(),
            FlatMap(function(py, "lambda n: [n, n + 1]")).into(),
        ]
    });
    let run = Run::launched(
        FakeCause::default(),
        steps,
        values("(n for n in (1, 2, 3))"),
    );
    assert_eq!(run.end().how, How::Completed);
    let (results, errors) = run.outcome();
    assert_eq!(errors, Vec::<String>::new());
    let same = with_python(|py| {
        let expected = format!("sorted({results}) == [10, 11, 30, 31]");
        is_true(&crate::testing::eval(py, &expected)).unwrap_or(false)
    });
    assert!(same, "{results}");
}

#[test]
fn a_plan_without_steps_gives_its_records() {
    let run = Run::launched(
        FakeCause::default(),
        Vec::new(),
        values("(n for n in 'ab')"),
    );
    run.end();
    assert_eq!(run.outcome().0, "['a', 'b']");
}

#[test]
fn an_exception_of_a_step_is_an_error_of_the_execution() {
    let run = Run::launched(
        FakeCause::default(),
        vec![map("lambda r: 1 / 0")],
        command("x"),
    );
    let end = run.end();
    assert_eq!((end.how, end.aborted), (How::Completed, false));
    assert!(end.error.unwrap().contains("ZeroDivisionError"));
    assert_eq!(run.execution.status(), Status::Done);
    let (results, errors) = run.outcome();
    assert_eq!((results.as_str(), errors.len()), ("[]", 1));
}

#[test]
fn an_error_ends_the_reading_and_earlier_results_stay() {
    let steps = vec![map("lambda n: n if n < 2 else [][0]")];
    let run = Run::launched(FakeCause::default(), steps, values("(n for n in range(5))"));
    let end = run.end();
    assert!(end.error.unwrap().contains("IndexError"));
    let (results, errors) = run.outcome();
    assert_eq!((results.as_str(), errors.len()), ("[0, 1]", 1));
}

#[test]
fn an_exception_of_a_reader_is_an_error_of_the_execution() {
    let run = Run::launched(FakeCause::default(), Vec::new(), values("[][0]"));
    assert!(run.end().error.unwrap().contains("IndexError"));
    assert_eq!(run.execution.report().results, Some(0));
}

#[test]
fn the_cause_learns_of_the_end_before_it_settles_it() {
    let run = Run::launched(FakeCause::default(), Vec::new(), command("x"));
    let end = run.end();
    let calls = run.cause.calls();
    assert_eq!(calls.settled, [(end, true)]);
    assert_eq!(calls.retired, [run.execution.id]);
}

#[test]
fn a_cause_that_settles_nothing_is_not_asked_to() {
    let cause = FakeCause {
        settles: false,
        ..FakeCause::default()
    };
    let run = Run::launched(cause, Vec::new(), command("x"));
    run.end();
    assert!(run.cause.calls().settled.is_empty());
}

#[test]
fn the_duration_is_the_time_that_the_steps_took() {
    let script =
        Script::new("import time\ndef step(record):\n    time.sleep(0.03)\n    return record");
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    let end = run.end();
    assert!(end.duration >= Duration::from_millis(30), "{end:?}");
    assert_eq!(run.execution.report().timing.total, end.duration);
}

#[test]
fn results_that_are_not_kept_are_counted() {
    let cause = FakeCause {
        keeps_results: false,
        ..FakeCause::default()
    };
    let run = Run::launched(
        cause,
        vec![map("lambda n: n")],
        values("(n for n in range(3))"),
    );
    run.end();
    assert_eq!(run.execution.report().results, Some(3));
    assert_eq!(run.outcome(), ("[]".to_owned(), Vec::new()));
}

#[test]
fn a_report_has_no_number_of_results_before_the_end() {
    let script = Script::new(GATE);
    let run = Run::new(FakeCause::default(), vec![script.map("step")], command("x"));
    let report = run.execution.report();
    assert_eq!((report.status, report.results), (Status::Created, None));
    run.launch();
    script.wait_for("begun");
    let report = run.execution.report();
    assert_eq!((report.status, report.results), (Status::Running, None));
    script.repr("gate.set()");
    run.end();
    let report = run.execution.report();
    assert_eq!((report.status, report.results), (Status::Done, Some(1)));
    assert!(report.errors.is_empty());
}

#[test]
fn a_status_has_the_name_that_clients_know_and_two_are_final() {
    let all = [
        Status::Created,
        Status::Running,
        Status::Done,
        Status::Aborted,
    ];
    assert_eq!(
        all.map(Status::as_str),
        ["created", "running", "done", "aborted"]
    );
    assert_eq!(all.map(Status::is_final), [false, false, true, true]);
}

#[test]
fn every_client_that_waits_gets_results_and_errors_once() {
    let script = Script::new(TAKE);
    let run = Run::new(
        FakeCause::default(),
        vec![map("lambda r: r[0]")],
        command("x"),
    );
    for _ in 0..2 {
        assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    }
    run.launch();
    run.end();
    assert_eq!(script.repr("taken"), "[(['x'], []), (['x'], [])]");
}

#[test]
fn a_client_that_waits_gets_the_results_also_if_they_are_not_kept() {
    let script = Script::new(TAKE);
    let cause = FakeCause {
        keeps_results: false,
        ..FakeCause::default()
    };
    let run = Run::new(cause, Vec::new(), command("x"));
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    run.launch();
    run.end();
    assert_eq!(script.repr("taken"), "[([['x']], [])]");
}

#[test]
fn a_client_that_comes_after_the_end_is_given_back_and_can_be_answered() {
    let script = Script::new(TAKE);
    let run = Run::launched(FakeCause::default(), vec![map("lambda r: 7")], command("x"));
    run.end();
    let late = run.execution.wait_for_outcome(waiter(&script)).unwrap_err();
    assert_eq!(script.repr("taken"), "[]");
    run.execution.answer(late);
    assert_eq!(script.repr("taken"), "[([7], [])]");
}

#[test]
fn a_client_whose_function_raises_does_not_keep_others_from_their_answers() {
    let script = Script::new(&format!(
        "{TAKE}\ndef fail(results, errors):\n    raise ValueError"
    ));
    let run = Run::new(FakeCause::default(), Vec::new(), command("x"));
    let failing = Waiter::Function(script.function("fail"));
    assert!(run.execution.wait_for_outcome(failing).is_ok());
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    run.launch();
    assert_eq!(run.end().error, None);
    assert_eq!(script.repr("len(taken)"), "1");
}

#[test]
fn steps_run_in_the_surroundings_that_the_cause_gives() {
    let hook = RunningHook {
        command: "get".to_owned(),
        registration: IdCounter::new().next(),
    };
    let cause = FakeCause {
        hook: Some(hook),
        registration: Some(super::ids().next()),
        ..FakeCause::default()
    };
    let run = Run::new(cause, Vec::new(), command("x"));
    let inside = run.execution.with_surroundings(|| {
        let hooks = look(Scope::hooks, Vec::len);
        let of_registration = look(Scope::execution, |running| {
            running
                .as_ref()
                .is_some_and(|running| running.of_registration)
        });
        (hooks, of_registration)
    });
    assert_eq!(inside, (1, true));
    assert_eq!(look(Scope::hooks, Vec::len), 0);
    assert!(look(Scope::execution, Option::is_none));
}

#[test]
fn an_execution_runs_once_however_often_it_is_queued() {
    let script =
        Script::new("calls = []\ndef step(record):\n    calls.append(record)\n    return record");
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    run.end();
    super::pool().push(Arc::clone(&run.execution));
    run.wait_until_it_is_free();
    assert_eq!(script.repr("len(calls)"), "1");
    assert_eq!(run.cause.calls().ended.len(), 1);
}

#[test]
fn aborting_an_ended_execution_changes_nothing() {
    let run = Run::launched(FakeCause::default(), Vec::new(), command("x"));
    let end: End = run.end();
    abort(Arc::clone(&run.execution), None);
    assert_eq!(run.end(), end);
    assert_eq!(run.execution.status(), Status::Done);
}

#[test]
fn a_traceback_names_the_line_of_the_script() {
    let script = Script::new("def step(record):\n    raise KeyError('gone')");
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    let error = run.end().error.unwrap();
    assert!(
        error.contains("in step") && error.contains("KeyError"),
        "{error}"
    );
}
