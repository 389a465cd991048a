//! The list of executions: what is in it, and when an execution leaves it.

use super::super::list::Executions;
use super::super::{Execution, Status};
use super::{FakeCause, GATE, Run, Script, TAKE, command, waiter};
use crate::id::{Id, Shard};
use std::sync::Arc;

fn stays() -> FakeCause {
    FakeCause {
        stay: None,
        ..FakeCause::default()
    }
}

fn forget(run: &Run) {
    assert!(super::executions().remove(run.execution.id).is_some());
}

#[test]
fn an_execution_is_listed_from_its_launch_on() {
    let script = Script::new(GATE);
    let run = Run::new(FakeCause::default(), vec![script.map("step")], command("x"));
    assert!(!run.is_listed());
    run.launch();
    script.wait_for("begun");
    assert!(run.is_listed());
    assert!(
        super::executions()
            .all()
            .iter()
            .any(|one| one.id == run.execution.id)
    );
    script.repr("gate.set()");
    run.end();
    assert!(!run.is_listed());
}

#[test]
fn the_cause_decides_whether_an_ended_execution_stays() {
    let run = Run::launched(stays(), Vec::new(), command("x"));
    run.end();
    assert!(run.is_listed());
    assert_eq!(run.cause.calls().retired, [run.execution.id]);
    forget(&run);
}

#[test]
fn the_cause_can_let_an_older_execution_leave() {
    let cause = Arc::new(FakeCause {
        stay: Some(2),
        ..FakeCause::default()
    });
    let runs: Vec<Run> = (0..4)
        .map(|_| {
            let run = Run::of(&cause, Vec::new(), command("x"));
            run.launch();
            run.wait_until_it_is_free();
            run
        })
        .collect();
    let listed: Vec<bool> = runs.iter().map(Run::is_listed).collect();
    assert_eq!(listed, [false, false, true, true]);
    runs[2..].iter().for_each(forget);
}

#[test]
fn an_execution_whose_results_are_kept_stays_although_a_client_waited() {
    let script = Script::new(TAKE);
    let run = Run::new(stays(), Vec::new(), command("x"));
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    run.launch();
    run.end();
    assert!(run.is_listed());
    assert_eq!(run.outcome().0, "[['x']]");
    forget(&run);
}

#[test]
fn an_execution_that_is_forgotten_when_answered_leaves_the_list_and_keeps_nothing() {
    let script = Script::new(TAKE);
    let run = Run::new(stays(), Vec::new(), command("x"));
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    run.execution.forget_when_answered();
    run.launch();
    run.end();
    assert!(!run.is_listed());
    assert_eq!(script.repr("taken"), "[([['x']], [])]");
    assert_eq!(run.outcome().0, "[]");
    assert!(run.cause.calls().retired.is_empty());
}

#[test]
fn without_a_client_the_cause_decides_also_about_results_that_are_not_kept() {
    let run = Run::new(stays(), Vec::new(), command("x"));
    run.execution.forget_when_answered();
    run.launch();
    run.end();
    assert!(run.is_listed());
    forget(&run);
}

/// An execution that has ended without running.
fn ended(cause: FakeCause) -> Arc<Execution> {
    let run = Run::new(cause, Vec::new(), command("x"));
    run.abort();
    assert_eq!(run.execution.status(), Status::Aborted);
    run.execution
}

fn of_registration() -> FakeCause {
    FakeCause {
        registration: Some(super::ids().next()),
        ..FakeCause::default()
    }
}

fn ids_of(list: &Executions) -> Vec<Id> {
    let mut ids: Vec<Id> = list.all().iter().map(|one| one.id).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn of_the_ended_executions_the_newest_stay_whoever_caused_them() {
    let list = Executions::default();
    let causes = [stays, of_registration, stays, of_registration, stays];
    let all: Vec<_> = causes.map(|cause| ended(cause())).into();
    for execution in &all {
        list.insert(Arc::clone(execution));
        list.keep(execution.id, 3, 0, i64::MAX);
    }
    let newest: Vec<Id> = all[2..].iter().map(|one| one.id).collect();
    assert_eq!(ids_of(&list), newest);
    assert_eq!(list.len(), 3);
}

#[test]
fn the_order_of_their_ends_decides() {
    let list = Executions::default();
    let all: Vec<_> = (0..3).map(|_| ended(stays())).collect();
    for execution in &all {
        list.insert(Arc::clone(execution));
    }
    for execution in all.iter().rev() {
        list.keep(execution.id, 2, 0, i64::MAX);
    }
    assert_eq!(ids_of(&list), [all[0].id, all[1].id]);
}

#[test]
fn executions_that_have_not_ended_stay_beyond_the_limit() {
    let list = Executions::default();
    let pending: Vec<_> = (0..4)
        .map(|_| Run::new(stays(), Vec::new(), command("x")).execution)
        .collect();
    for execution in &pending {
        list.insert(Arc::clone(execution));
    }
    let newest = ended(stays());
    list.insert(Arc::clone(&newest));
    list.keep(newest.id, 0, 0, i64::MAX);
    assert_eq!(list.len(), 4);
}

#[test]
fn a_removed_execution_makes_room_for_another_one() {
    let list = Executions::default();
    let all: Vec<_> = (0..100).map(|_| ended(stays())).collect();
    for execution in &all {
        list.insert(Arc::clone(execution));
        list.keep(execution.id, 2, 0, i64::MAX);
        // As RG.DROPEXECUTION.
        if execution.id != all[0].id {
            assert!(list.remove(execution.id).is_some());
        }
        assert_eq!(ids_of(&list), [all[0].id]);
    }
    list.keep(all[1].id, 0, 0, i64::MAX);
    assert_eq!(ids_of(&list), [all[0].id], "it had left the list");
}

#[test]
fn a_removed_execution_is_not_found() {
    let list = Executions::default();
    let execution = ended(stays());
    list.insert(Arc::clone(&execution));
    assert!(list.get(execution.id).is_some());
    assert!(
        list.remove(execution.id)
            .is_some_and(|one| one.id == execution.id)
    );
    assert!(list.remove(execution.id).is_none());
    assert!(list.get(execution.id).is_none());
}

#[test]
fn results_of_too_many_bytes_leave_the_list_the_oldest_first() {
    let list = Executions::default();
    let all: Vec<_> = (0..4).map(|_| ended(stays())).collect();
    for execution in &all {
        list.insert(Arc::clone(execution));
        list.keep(execution.id, 10, 40, 100);
    }
    let listed = || all.iter().map(|one| list.get(one.id).is_some());
    assert_eq!(listed().collect::<Vec<_>>(), [false, false, true, true]);
    // The newest one stays, whatever its size.
    let large = ended(stays());
    list.insert(Arc::clone(&large));
    list.keep(large.id, 10, 1000, 100);
    assert!(listed().all(|is_listed| !is_listed));
    assert!(list.get(large.id).is_some());
}

/// The part of this server in a run that another shard has begun.
fn part(number: u64) -> Arc<Execution> {
    let shard = Shard::parse(&[b'e'; 40]).unwrap();
    let cause = Arc::new(stays());
    let plan = super::plan(Vec::new());
    let id = Id::of_shard(shard, number);
    let execution = Execution::new(id, plan, command("x"), cause.clone());
    let run = Run { execution, cause };
    run.abort();
    run.execution
}

#[test]
fn parts_of_runs_of_other_shards_leave_the_list_to_what_this_server_has_begun() {
    let list = Executions::default();
    let add = |one: &Arc<Execution>, bytes| {
        list.insert(Arc::clone(one));
        list.keep(one.id, 2, bytes, 100);
    };
    let own = ended(stays());
    add(&own, 10);
    let parts: Vec<_> = (0..5).map(part).collect();
    for one in &parts {
        add(one, 10);
    }
    let listed = || parts.iter().map(|one| list.get(one.id).is_some());
    let newest = [false, false, false, true, true];
    assert_eq!(listed().collect::<Vec<_>>(), newest);
    assert!(list.get(own.id).is_some());
    // Their results leave first if all have too many bytes.
    let large = ended(stays());
    add(&large, 80);
    assert!(list.get(own.id).is_some() && list.get(large.id).is_some());
    let only_one = [false, false, false, false, true];
    assert_eq!(listed().collect::<Vec<_>>(), only_one);
    // What leaves makes room again.
    assert!(list.remove(parts[4].id).is_some());
    add(&part(9), 10);
    assert!(list.get(large.id).is_some());
}
