//! Sync calls, which make no execution.

use super::super::{SyncCall, SyncError, SyncOutcome};
use super::{Script, map, shown, start};
use crate::config;
use crate::id::Id;
use crate::python::attached;
use crate::python::{Gil, Object, Raised};
use crate::redis::User;
use crate::scope::{RunningHook, Scope, SessionInfo, look, sync_call};
use crate::steps::{Filter, Step, is_straight};
use crate::testing::{eval, function, with_python};
use pyo3::prelude::*;
use std::sync::{Arc, LazyLock, OnceLock};

fn id() -> Id {
    super::ids().next()
}

static SESSION: LazyLock<SessionInfo> = LazyLock::new(|| SessionInfo {
    id: "tests".to_owned(),
    description: None,
    requirements: Vec::new(),
    script: Arc::from(&b""[..]),
    user: None,
    replies: OnceLock::new(),
    event_loop: OnceLock::new(),
    memory: Arc::default(),
});

fn call(steps: &Arc<[Step]>) -> SyncCall<'_> {
    SyncCall {
        registration: id(),
        steps,
        is_straight: is_straight(steps),
        session: &SESSION,
        hook: None,
        user: None,
        can_wait: || true,
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the shape that a call demands")]
fn record(py: Gil<'_>) -> Result<Object<'_>, Raised> {
    Ok(eval(py, "'x'"))
}

/// The outcome of a call as a text.
fn text(outcome: SyncOutcome<'_>) -> String {
    match outcome {
        SyncOutcome::One(result) => format!("one {}", shown(&[result])),
        SyncOutcome::Many(results) => format!("many {}", shown(&results)),
        SyncOutcome::Waiting(mut pipeline) => {
            attached(|py| pipeline.close_coroutines(py));
            "waiting".to_owned()
        }
    }
}

/// The outcome that the function `answer` of the call gets.
fn answered(call: &SyncCall<'_>) -> Result<String, SyncError> {
    start();
    let mut outcome = None;
    call.run(record, |_, given| {
        outcome = Some(text(given));
        Ok(())
    })?;
    Ok(outcome.unwrap())
}

/// Closes a coroutine that is not awaited.
fn close(coroutine: &Object<'_>) {
    coroutine.call_method0("close").unwrap();
}

fn filter(expression: &str) -> Step {
    with_python(|py| Filter(function(py, expression)).into())
}

#[test]
fn a_straight_call_gives_one_record() {
    let steps: Arc<[Step]> = [map("lambda r: r + 'y'"), map("lambda r: r * 2")].into();
    assert!(is_straight(&steps));
    assert_eq!(answered(&call(&steps)), Ok("one ['xyxy']".to_owned()));
}

#[test]
fn a_call_through_a_pipeline_gives_its_records() {
    let steps: Arc<[Step]> = [map("lambda r: r + 'y'"), filter("lambda r: True")].into();
    assert!(!is_straight(&steps));
    assert_eq!(answered(&call(&steps)), Ok("many ['xy']".to_owned()));
    let steps: Arc<[Step]> = [filter("lambda r: False")].into();
    assert_eq!(answered(&call(&steps)), Ok("many []".to_owned()));
}

#[test]
fn an_exception_of_a_step_fails_the_call() {
    for steps in [
        [map("lambda r: r"), map("lambda r: 1 / 0")],
        [filter("lambda r: True"), map("lambda r: 1 / 0")],
    ] {
        let steps: Arc<[Step]> = steps.into();
        let Err(SyncError::Failed(error)) = answered(&call(&steps)) else {
            panic!("the call did not fail")
        };
        assert!(error.contains("ZeroDivisionError"), "{error}");
    }
}

#[test]
fn a_record_that_cannot_be_made_fails_the_call() {
    let steps: Arc<[Step]> = [map("lambda r: r")].into();
    let outcome = call(&steps).run(
        |_| Err(pyo3::exceptions::PyValueError::new_err("no record")),
        |_, _| panic!("there is no outcome"),
    );
    let Err(SyncError::Failed(error)) = outcome else {
        panic!("the call did not fail")
    };
    assert!(error.contains("no record"), "{error}");
}

#[test]
fn an_outcome_that_is_no_answer_fails_the_call_with_the_text() {
    let steps: Arc<[Step]> = [map("lambda r: r")].into();
    let outcome = call(&steps).run(record, |_, _| Err("ERR no answer".to_owned()));
    assert_eq!(outcome, Err(SyncError::Failed("ERR no answer".to_owned())));
}

#[test]
fn a_coroutine_is_handed_over_with_the_steps_behind_it() {
    let script = Script::new("async def step(record):\n    return record");
    for filtered in [false, true] {
        let mut steps = vec![script.map("step"), map("lambda r: r + '!'")];
        if filtered {
            steps.push(filter("lambda r: True"));
        }
        let steps: Arc<[Step]> = steps.into();
        let mut results = None;
        let outcome = call(&steps).run(record, |py, outcome| {
            let SyncOutcome::Waiting(mut pipeline) = outcome else {
                return Err("the call does not wait".to_owned());
            };
            let (ticket, coroutine) = pipeline.next_coroutine().unwrap();
            close(coroutine.bind(py));
            pipeline.resume(py, ticket, Ok(eval(py, "'done'")));
            assert!(pipeline.run_to_coroutine(py));
            results = Some(shown(&pipeline.into_outcome(py).0));
            Ok(())
        });
        assert_eq!(outcome, Ok(()));
        assert_eq!(results.as_deref(), Some("['done!']"));
    }
}

#[test]
fn a_call_runs_with_its_user_registration_and_hook() {
    let steps: Arc<[Step]> = [map("lambda r: r")].into();
    let registration = id();
    let mut seen = None;
    let with_all = SyncCall {
        registration,
        user: Some(User::named(b"ann")),
        hook: Some(RunningHook {
            command: "get".to_owned(),
            registration,
        }),
        ..call(&steps)
    };
    let outcome = with_all.run(
        |py| {
            seen = look(Scope::user, Clone::clone);
            record(py)
        },
        |_, _| Ok(()),
    );
    assert_eq!(outcome, Ok(()));
    assert_eq!(seen, Some(User::named(b"ann")));
    assert!(look(Scope::user, Option::is_none));
    assert!(sync_call().is_none());
    assert!(look(Scope::hooks, Vec::is_empty));
}

#[test]
fn a_call_over_a_limit_is_stopped_with_the_reason() {
    // So high that no other test of the process meets the limit.
    const LIMIT: &[u8] = b"1099511627776";
    config::get().set(b"ExecutionMaxMemory", Some(LIMIT));
    let steps: Arc<[Step]> = [map("lambda r: bytearray(1 << 42)")].into();
    let outcome = answered(&call(&steps));
    config::get().set(b"ExecutionMaxMemory", Some(b"0"));
    let reason = "ERR the execution was stopped: it took more memory than ExecutionMaxMemory, 1099511627776 bytes";
    assert_eq!(outcome, Err(SyncError::Stopped(reason.to_owned())));
}
