//! Executions as clients see them: `RG.GETEXECUTION` and related commands.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::{First, shards};
use common::{eventually, field, untyped};

/// Starts a run in the background and returns its id.
fn started(server: &First, script: &str) -> String {
    untyped(server, &["RG.PYEXECUTE", script, "UNBLOCKING"])
}

fn plan(server: &First, id: &str) -> Vec<String> {
    let text = untyped(server, &["RG.GETEXECUTION", id, "SHARD"]);
    text.lines().map(str::to_owned).collect()
}

fn has_ended(server: &First, id: &str) -> bool {
    ["done", "aborted"].contains(&field(&plan(server, id), "status"))
}

#[test]
fn a_plan_lists_its_steps_from_last_to_first() {
    let server = First::start();
    untyped(&server, &["SET", "a{06S}", "1"]);
    let id = started(
        &server,
        "GB().filter(lambda r: True).groupby(lambda r: r['key'], lambda k, a, r: 1).count().run()",
    );
    eventually("the run ends", || has_ended(&server, &id));
    let rows = plan(&server, &id);
    assert_eq!(field(&rows, "results"), "1");
    let kinds: Vec<&str> = rows
        .windows(2)
        .filter(|pair| pair[0] == "type")
        .map(|pair| pair[1].as_str())
        .collect();
    let first_to_last = [
        "map",
        "filter",
        "extractkey",
        "repartition",
        "accumulatebykey",
        "map",
        "accumulate",
        "collect",
        "accumulate",
        "map",
        "collect",
    ];
    let last_to_first: Vec<&str> = first_to_last.into_iter().rev().collect();
    assert_eq!(kinds, last_to_first);
    assert!(
        rows.iter()
            .any(|row| row.starts_with("<function <lambda> at 0x")),
        "{rows:?}"
    );
}

#[test]
fn steps_are_measured_with_profile_executions() {
    let server = First::start();
    let script = "
import time
GB('ShardsIDReader').map(lambda x: time.sleep(0.06)).filter(lambda x: True).run()";
    let slow_steps = |id: &str| {
        eventually("the run ends", || has_ended(&server, id));
        let rows = plan(&server, id);
        assert!(field(&rows, "total_duration").parse::<u64>().unwrap() >= 60);
        let durations = rows.windows(2).filter(|pair| pair[0] == "duration");
        durations
            .filter(|pair| pair[1].parse::<u64>().unwrap() >= 60)
            .count()
    };
    assert_eq!(slow_steps(&started(&server, script)), 0);
    untyped(&server, &["RG.CONFIGSET", "ProfileExecutions", "1"]);
    assert_eq!(slow_steps(&started(&server, script)), 1);
}

#[test]
fn unknown_executions_and_subcommands_are_errors() {
    let server = First::start();
    let id = started(&server, "GB('ShardsIDReader').run()");
    let ask = |words: &[&str]| untyped(&server, words);
    assert!(ask(&["RG.GETEXECUTION", "x"]).contains("execution plan does not exist"));
    assert!(ask(&["RG.GETEXECUTION", &id, "all"]).contains("unknown subcommand"));
    let everywhere = ask(&["RG.GETEXECUTION", &id, "cluster"]);
    if shards() == 1 {
        assert!(everywhere.contains("no cluster detected"), "{everywhere}");
    } else {
        assert_eq!(everywhere.matches("shard_id").count(), shards());
    }
    assert!(ask(&["RG.GETEXECUTION", &id, "shard"]).contains("shard_id"));
}

#[test]
fn the_setting_bounds_all_ended_executions_that_are_listed() {
    let server = First::start();
    untyped(&server, &["RG.CONFIGSET", "MaxExecutions", "3"]);
    let script = "GB('KeysReader').count().register('k*', mode='async_local')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let listed = |registered: &str| {
        let rows = untyped(&server, &["RG.DUMPEXECUTIONS"]);
        let rows: Vec<&str> = rows.lines().collect();
        rows.chunks(6).filter(|row| row[5] == registered).count()
    };
    for n in 0..4 {
        untyped(&server, &["SET", &format!("k{n}{{06S}}"), "v"]);
    }
    eventually("all events are handled", || {
        untyped(&server, &["RG.DUMPREGISTRATIONS"]).contains("numSuccess\n4\n")
    });
    assert_eq!((listed("1"), listed("0")), (3, 0));
    let run = started(&server, "GB('ShardsIDReader').run()");
    eventually("the run ends", || has_ended(&server, &run));
    eventually("the run pushes out an event", || {
        (listed("1"), listed("0")) == (2, 1)
    });
    assert_eq!(untyped(&server, &["RG.DROPEXECUTION", &run]), "OK");
    untyped(&server, &["SET", "k5{06S}", "v"]);
    eventually("there is room for another event", || {
        (listed("1"), listed("0")) == (3, 0)
    });
}
