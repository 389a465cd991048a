//! Running a script: its collection, its errors and its surroundings.

use super::super::scope::{
    ScriptScope, collect, keep_answer, keeps_answers, runs_here, script_session, set_aside,
    with_script,
};
use super::super::script::announce;
use super::{exception, run, run_session, session, value};
use crate::plan::{Mode, Reader};
use crate::redis::OwnedReply;
use crate::registration::Event;
use crate::testing::{eval, function, repr, with_python};
use std::time::Duration;

#[test]
fn registrations_are_collected_in_order() {
    let collected = run("
GB('CommandReader', desc='the first').map(lambda r: r[1]).register(
    trigger='collected', mode='sync', inorder=True)
GB('KeysReader').foreach(lambda r: None).register('collected:*')
GB('StreamReader').count().register('collected', mode='async_local')
")
    .unwrap();
    let all = &collected.registrations;
    let readers: Vec<Reader> = all.iter().map(|one| one.plan.reader).collect();
    assert_eq!(readers, [Reader::Command, Reader::Keys, Reader::Stream]);
    let modes: Vec<Mode> = all.iter().map(|one| one.mode).collect();
    assert_eq!(modes, [Mode::Sync, Mode::Async, Mode::AsyncLocal]);
    let described: Vec<Option<&str>> = all.iter().map(|one| one.description.as_deref()).collect();
    assert_eq!(described, [Some("the first"), None, None]);
    let ids: Vec<_> = all.iter().map(|one| one.id).collect();
    assert_eq!(collected.made, ids);
    assert!(ids.is_sorted_by(|one, next| one < next));
    assert!(collected.run.is_none() && collected.timers.is_empty());
}

#[test]
fn a_run_is_collected_with_the_id_that_the_script_sees() {
    let text = "
import builtins
builtins.id_of_the_run = GB('ShardsIDReader').run().executionId
";
    let collected = run(text).unwrap();
    let (id, run) = collected.run.unwrap();
    assert_eq!(run.plan.reader, Reader::Python);
    assert!(collected.registrations.is_empty());
    with_python(|py| {
        let seen = eval(py, "builtins.id_of_the_run");
        assert_eq!(repr(&seen), format!("'{id}'"));
    });
}

#[test]
fn a_script_that_fails_gives_no_collection_and_its_traceback() {
    let error = run("
GB('CommandReader').register(trigger='of a script that fails')
registerTE(5, lambda: None)
GB('ShardsIDReader').run()
raise ValueError('too late')
")
    .unwrap_err();
    assert!(
        error.starts_with("['Traceback (most recent call last):\\n'"),
        "{error}"
    );
    assert!(
        error.contains("File \"<string>\", line 5, in <module>"),
        "{error}"
    );
    assert!(error.ends_with("'ValueError: too late\\n']"), "{error}");
    assert!(!runs_here());
    // The trigger is free: the next script may have it.
    let again = run("GB('CommandReader').register(trigger='of a script that fails')");
    assert_eq!(again.unwrap().registrations.len(), 1);
}

#[test]
fn a_text_that_is_no_python_is_an_error() {
    let error = run("GB(").unwrap_err();
    assert!(error.contains("SyntaxError"), "{error}");
    let error = run("a = 1\0").unwrap_err();
    assert!(error.contains("null bytes"), "{error}");
}

#[test]
fn a_flat_error_reaches_the_client_as_it_is() {
    assert_eq!(run("flat_error('just this')").unwrap_err(), "just this");
}

#[test]
fn a_second_run_of_a_script_is_refused() {
    let second = "GB('ShardsIDReader').run(); GB('ShardsIDReader').run()";
    assert_eq!(
        exception(second),
        "Can not run more then 1 executions in a single script"
    );
}

#[test]
fn a_script_may_use_a_trigger_once() {
    let twice = "
for _ in range(2):
    GB('CommandReader').register(trigger='once')
";
    let error = run(twice).unwrap_err();
    assert!(
        error.contains("trigger already registered in this session"),
        "{error}"
    );
    let different = "
for name in ('once', 'Once', 'once '):
    GB('CommandReader').register(trigger=name)
";
    assert_eq!(run(different).unwrap().registrations.len(), 3);
}

#[test]
fn time_events_are_collected() {
    let collected = run("
if registerTE(7, lambda: 'seven') is not True: raise Exception()
registerTE(8, lambda: 'eight', None)
")
    .unwrap();
    let intervals: Vec<Duration> = collected.timers.iter().map(|one| one.interval).collect();
    assert_eq!(intervals, [Duration::from_secs(7), Duration::from_secs(8)]);
    with_python(|py| {
        let first = collected.timers[0].function.call0(py).unwrap();
        assert_eq!(repr(&first), "'seven'");
    });
}

#[test]
fn a_function_of_on_registered_may_ask_for_time_events_only() {
    let functions = with_python(|py| {
        let failing = function(py, "lambda: 1 / 0");
        let registering = function(py, "lambda: GB('CommandReader').register(trigger='late')");
        let running = function(py, "lambda: GB('ShardsIDReader').run()");
        let timing = function(py, "lambda: registerTE(9, lambda: None)");
        [failing, registering, running, timing]
    });
    for refused in &functions[1..3] {
        let scope = ScriptScope {
            only_timers: true,
            ..ScriptScope::default()
        };
        let (error, collected) = collect(scope, || {
            with_python(|py| refused.call0(py).unwrap_err().to_string())
        });
        let expected = "run and register are possible while a script runs only";
        assert!(error.contains(expected), "{error}");
        assert!(collected.registrations.is_empty() && collected.run.is_none());
    }
    // An exception of one function does not keep the others from being called.
    let timers = announce(&functions);
    let intervals: Vec<Duration> = timers.iter().map(|one| one.interval).collect();
    assert_eq!(intervals, [Duration::from_secs(9)]);
    assert!(!runs_here());
}

#[test]
fn answers_are_kept_up_to_one_mebibyte() {
    let answer = |size: usize| OwnedReply::Text(vec![b'x'; size - 16]);
    let (limit, half) = (1 << 20, 1 << 19);
    let kept = |answers: &[usize]| {
        let ((), collected) = collect(ScriptScope::default(), || {
            for &size in answers {
                keep_answer(answer(size));
            }
        });
        collected.replies.len()
    };
    assert_eq!(kept(&[limit]), 1);
    assert_eq!(kept(&[limit + 1]), 0);
    assert_eq!(kept(&[half, half]), 2);
    assert_eq!(kept(&[half, half, 16]), 2);
    // Behind a gap no answer is kept: the script would get the answer of another command.
    assert_eq!(kept(&[half, limit, 16]), 1);
}

#[test]
fn the_answers_to_on_registered_are_not_kept() {
    let (kept, _) = collect(ScriptScope::default(), keeps_answers);
    assert!(kept);
    let scope = ScriptScope {
        only_timers: true,
        ..ScriptScope::default()
    };
    let (kept, _) = collect(scope, keeps_answers);
    assert!(!kept);
    assert!(!keeps_answers());
}

#[test]
fn a_command_of_a_script_runs_outside_of_it() {
    let scope = ScriptScope {
        session: Some(session("outer", "")),
        ..ScriptScope::default()
    };
    let (ids, _) = collect(scope, || {
        let id = || script_session().map(|session| session.id.clone());
        let inside = set_aside(|| (runs_here(), id()));
        (id(), inside, id())
    });
    let outer = || Some("outer".to_owned());
    assert_eq!(ids, (outer(), (false, None), outer()));
}

#[test]
fn scripts_nest() {
    let kept_by_outer = || with_script(|script| script.collected.replies.len());
    let (count, collected) = collect(ScriptScope::default(), || {
        keep_answer(OwnedReply::Null);
        let ((), inner) = collect(ScriptScope::default(), || {
            keep_answer(OwnedReply::Integer(1));
        });
        assert_eq!(inner.replies, [OwnedReply::Integer(1)]);
        kept_by_outer()
    });
    assert_eq!(count, Some(1));
    assert_eq!(collected.replies, [OwnedReply::Null]);
}

#[test]
fn a_script_has_a_namespace_of_its_own() {
    run("name_of_one_script = GB = 5").unwrap();
    assert_eq!(value("'name_of_one_script' in globals()"), "False");
    assert_eq!(value("GB.__name__"), "'GearsBuilder'");
    assert_eq!(value("__name__"), "'not_main'");
}

#[test]
fn a_script_knows_its_session() {
    let session = session("my-session", "flat_error(repr(getGearsSession()))");
    let shown = run_session(&session, None).unwrap_err();
    assert_eq!(shown, "<PyExecutionSession my-session>");
    assert_eq!(value("getGearsSession().id"), "'script'");
}

#[test]
fn a_script_that_leaves_an_atomic_block_open_does_not_keep_it() {
    run("atomic().__enter__()").unwrap();
    assert_eq!(value("isInAtomicBlock()"), "False");
    assert!(!crate::redis::is_locked());
}

#[test]
fn a_trigger_is_the_text_that_was_given() {
    let collected = run("GB('CommandReader').register(trigger='\u{fc} x')").unwrap();
    let Event::Command { trigger, in_order } = &collected.registrations[0].event else {
        panic!("{:?}", collected.registrations);
    };
    assert_eq!(trigger, "\u{fc} x".as_bytes());
    assert!(!in_order);
}
