//! A registration as the cause of executions.

use crate::config;
use crate::execution::{self, Cause, Ended, Execution, How, Status, executions};
use crate::id::Id;
use crate::plan::{Mode, Source};
use crate::redis::User;
use crate::registration::cause::Triggered;
use crate::registration::testing::{command, hook, keys, registration, session};
use crate::registration::{Event, Pending, Registration, end_executions};
use crate::scope::WithheldReply;
use std::sync::Arc;
use std::time::Duration;

fn waiting_for(event: Event) -> Arc<Registration> {
    registration(&session("app"), event, Mode::Async)
}

fn ended(how: How, error: Option<&str>) -> Ended<'_> {
    Ended {
        how,
        error,
        traceback: None,
        aborted: how == How::Stopped,
        denied: false,
        duration: Duration::from_millis(20),
    }
}

/// An execution of the registration, listed and not begun.
fn execution(registration: &Arc<Registration>) -> Arc<Execution> {
    let execution = Execution::new(
        execution::ids().next(),
        Arc::clone(&registration.plan),
        Source::Nothing,
        Arc::new(Triggered::new(registration, None)),
    );
    executions().insert(Arc::clone(&execution));
    execution
}

fn is_listed(execution: &Execution) -> bool {
    executions().get(execution.id).is_some()
}

#[test]
fn every_end_of_an_execution_has_its_statistics() {
    let cases = [
        (How::Completed, None, (1, 0, 0)),
        (How::Completed, Some("boom"), (0, 1, 0)),
        (How::Stopped, None, (0, 0, 1)),
        (How::Stopped, Some("limit"), (0, 0, 1)),
        (How::Refused, Some("full"), (0, 1, 0)),
    ];
    for (how, error, expected) in cases {
        let registration = waiting_for(command("t"));
        Triggered::new(&registration, None).ended(&ended(how, error));
        let now = registration.stats.snapshot();
        assert_eq!(
            (now.succeeded, now.failed, now.aborted),
            expected,
            "{how:?}"
        );
        assert_eq!(now.last_error.as_deref(), error);
        let ran = if how == How::Completed { 20 } else { 0 };
        assert_eq!(now.total_millis, ran, "{how:?}");
    }
}

#[test]
fn a_withheld_reply_waits_until_the_execution_has_ended() {
    let registration = waiting_for(keys("k"));
    let reply = Arc::new(WithheldReply::new(vec![b"set".to_vec()]));
    let first = Triggered::new(&registration, None).withholding(&reply);
    let second = Triggered::new(&registration, None).withholding(&reply);
    first.ended(&ended(How::Completed, None));
    assert!(reply.is_waiting(), "the second one has not ended");
    second.ended(&ended(How::Refused, Some("full")));
    assert!(!reply.is_waiting());
}

#[test]
fn an_execution_that_is_aborted_tells_the_withheld_reply_once() {
    let registration = waiting_for(keys("k"));
    let reply = Arc::new(WithheldReply::new(vec![b"set".to_vec()]));
    let cause = Triggered::new(&registration, None).withholding(&reply);
    // Another handler runs as well: two ends of the first one would answer the client too early.
    reply.wait_for_one();
    let execution = Execution::new(
        execution::ids().next(),
        Arc::clone(&registration.plan),
        Source::Nothing,
        Arc::new(cause),
    );
    execution::abort(Arc::clone(&execution), None);
    execution::abort(execution, None);
    assert!(reply.is_waiting());
    reply.one_has_ended();
    assert!(!reply.is_waiting());
    assert_eq!(registration.stats.snapshot().aborted, 1);
}

#[test]
fn an_execution_has_the_surroundings_of_its_registration() {
    let registration = waiting_for(hook("get"));
    let around = Triggered::new(&registration, Some(User::named(b"ann"))).surroundings();
    assert_eq!(around.user, Some(User::named(b"ann")));
    let running = around.hook.unwrap();
    assert_eq!(
        (running.command.as_str(), running.registration),
        ("get", registration.id)
    );
    assert!(around.withheld.is_none());
    let cause = Triggered::new(&registration, None);
    assert_eq!(cause.registration(), Some(registration.id));
    assert!(Arc::ptr_eq(
        &cause.session().unwrap(),
        &registration.session
    ));
    let other = Triggered::new(&waiting_for(command("t")), None).surroundings();
    assert!(other.hook.is_none() && other.user.is_none());
}

#[test]
fn key_events_are_handled_in_order_and_commands_are_not() {
    let in_order = |event| {
        let registration = waiting_for(event);
        Triggered::new(&registration, None).order().is_some()
    };
    assert!(in_order(keys("k")));
    assert!(!in_order(command("t")));
    assert!(!in_order(hook("get")));
    let ordered = Event::Command {
        trigger: b"t".to_vec(),
        in_order: true,
    };
    assert!(in_order(ordered));
}

#[test]
fn executions_of_commands_leave_the_list_at_their_end() {
    let registration = waiting_for(command("t"));
    let id = execution::ids().next();
    assert_eq!(registration.retire(id), Some(id));
    assert!(!Triggered::new(&registration, None).keeps_results());
}

#[test]
fn of_the_executions_of_events_only_the_newest_stay() {
    let registration = waiting_for(keys("k"));
    assert!(Triggered::new(&registration, None).keeps_results());
    let limit = config::get().max_executions_per_registration();
    let all: Vec<Id> = (0..limit + 2).map(|_| execution::ids().next()).collect();
    for &id in &all[..limit] {
        assert_eq!(registration.retire(id), None);
    }
    assert_eq!(registration.retire(all[limit]), Some(all[0]));
    assert_eq!(registration.retire(all[limit + 1]), Some(all[1]));
}

#[test]
fn executions_of_a_registration_that_is_gone_are_aborted_and_forgotten() {
    let registration = waiting_for(keys("k"));
    let other = waiting_for(keys("k"));
    let (own, foreign) = (execution(&registration), execution(&other));
    end_executions(&[registration], Pending::Withdraw);
    assert_eq!(own.status(), Status::Aborted);
    assert!(!is_listed(&own));
    assert_eq!(foreign.status(), Status::Created);
    assert!(is_listed(&foreign));
    end_executions(&[other], Pending::Abort);
    assert_eq!(foreign.status(), Status::Aborted);
    assert!(!is_listed(&foreign));
}

#[test]
fn executions_that_have_not_begun_are_taken_back_and_count_as_aborted() {
    let registration = waiting_for(keys("k"));
    let pending = execution(&registration);
    registration.withdraw_pending();
    assert_eq!(pending.status(), Status::Aborted);
    assert!(is_listed(&pending), "clients may still ask for it");
    assert_eq!(registration.stats.snapshot().aborted, 1);
}

#[test]
fn executions_of_a_registration_that_is_gone_may_finish() {
    let registration = waiting_for(keys("k"));
    let pending = execution(&registration);
    let gone = [registration];
    assert!(end_executions(&gone, Pending::Finish).is_empty());
    assert_eq!(pending.status(), Status::Created);
    assert!(is_listed(&pending));
    end_executions(&gone, Pending::Withdraw);
}
