//! Clusters.

use super::common::{Done, done, eventually, program};
use super::{ended, signal};
use redgrease_embedded::{Cluster, Server};
use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

fn on(cluster: &Cluster, args: &[&str]) -> Done {
    done(program(args).env("REDGREASE_URL", cluster.url()))
}

#[test]
fn commands_see_all_shards() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let code = "GB('CommandReader').map(lambda x: 1 // 0).register(trigger='t', mode='sync')";
    on(&cluster, &["run", "-c", code, "--id", "s"]).ok();
    for _ in 0..6 {
        on(&cluster, &["call", "t"]).fails(1);
    }
    let rows = on(&cluster, &["ls", "--json"]).json();
    assert_eq!(
        (&rows[0]["shards"], &rows[0]["triggered"]),
        (&3.into(), &6.into())
    );
    let shown = on(&cluster, &["show", "t"]).ok();
    assert!(
        shown.contains("on the shard ") && shown.contains("<string>:1 in <lambda>"),
        "{shown}"
    );

    let records = on(&cluster, &["run", "-c", "GB('ShardsIDReader').run()"]).ok();
    assert_eq!(records.lines().count(), 3);
    let id = on(
        &cluster,
        &[
            "-q",
            "run",
            "--unblocking",
            "-c",
            "GB('ShardsIDReader').run()",
        ],
    )
    .ok();
    let id = id.trim();
    eventually("the execution has ended", || {
        let rows = on(&cluster, &["ps", "--json"]).json();
        let row = rows
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["id"] == id)
            .cloned();
        row.is_some_and(|row| row["status"] == "done" && row["shards"] == 3)
    });
    let short = format!("{}-{}", &id[..8], id.rsplit_once('-').unwrap().1);
    assert_eq!(
        on(&cluster, &["show", &short, "--json"]).json()["executions"][0]["id"],
        id
    );

    // Executions of one shard alone.
    for url in cluster.urls() {
        let mut con = redis::Client::open(url).unwrap().get_connection().unwrap();
        let code = "GB('ShardsIDReader').run(mode='async_local')";
        let mut cmd = redis::cmd("RG.PYEXECUTE");
        let _: String = cmd.arg(code).arg("UNBLOCKING").query(&mut con).unwrap();
    }
    let rows = on(&cluster, &["ps", "--scripts", "--json"]).json();
    let ids = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap()[..40].to_owned());
    let shards: std::collections::BTreeSet<String> = ids.collect();
    assert_eq!(shards.len(), 3, "{rows}");

    let stats = on(&cluster, &["stats", "--json"]).json();
    assert_eq!(stats["servers"].as_array().unwrap().len(), 3);
    on(&cluster, &["config", "set", "MaxExecutions=11"]).ok();
    let config = on(&cluster, &["config", "get", "MaxExecutions", "--json"]).json();
    let values: Vec<_> = config[0]["values"].as_object().unwrap().values().collect();
    assert_eq!(values, [11, 11, 11]);
    assert!(on(&cluster, &["config"]).ok().contains("MaxExecutions"));

    let stream = "GB('StreamReader').foreach(lambda x: None).register('s:*')";
    on(&cluster, &["run", "-c", stream, "--id", "streams"]).ok();
    on(&cluster, &["pause", "streams"]).ok();
    let rows = on(&cluster, &["ls", "--stream", "s:*", "--json"]).json();
    assert_eq!(rows[0]["status"], "PAUSED");
    on(&cluster, &["rm", "streams", "t", "--yes"]).ok();
    assert_eq!(on(&cluster, &["ls", "--json"]).ok(), "[]\n");
    on(&cluster, &["run", "-c", code, "--id", "s"]).ok();

    let logs = on(&cluster, &["logs", "-n", "1", "--json"]).ok();
    assert_eq!(logs.lines().count(), 3, "{logs}");
    on(&cluster, &["stats", "--reset"]).ok();
    let rows = on(&cluster, &["ls", "--json"]).json();
    assert_eq!(rows[0]["triggered"], 0);
}

#[test]
fn an_interrupt_aborts_on_all_shards() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let code = "import time\nGB('ShardsIDReader').map(lambda _: time.sleep(60)).run()";
    let mut child = program(&["run", "-c", code])
        .env("REDGREASE_URL", cluster.url())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let running = || {
        let rows = on(&cluster, &["ps", "--status", "running", "--json"]).json();
        rows.as_array().unwrap().len()
    };
    eventually("the execution runs", || running() > 0);
    signal(&child, "-INT");
    assert_eq!(ended(&mut child).code(), Some(1));
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert!(err.contains("was aborted on the server"), "{err}");
    eventually("nothing runs", || running() == 0);
}

#[test]
fn a_shard_that_has_failed_is_told() {
    let cluster = Server::cluster()
        .shards(3)
        .node_timeout(Duration::from_secs(2))
        .start()
        .unwrap();
    let code = "GB('StreamReader').foreach(lambda x: None).register('s:*')";
    on(&cluster, &["run", "-c", code, "--id", "streams"]).ok();
    cluster.shard(2).kill().unwrap();
    eventually("the others know it", || {
        let done = on(&cluster, &["ls", "--json"]);
        done.code == 0 && done.err.contains("warning: not counted: ")
    });
    // What is read is printed, with a warning.
    for args in [
        &["ls"][..],
        &["show", "streams"],
        &["stats"],
        &["config"],
        &["config", "get", "MaxExecutions"],
    ] {
        let done = on(&cluster, args);
        assert!(
            done.code == 0 && done.err.contains("warning: not counted: ") && !done.out.is_empty(),
            "{args:?}: {done:?}"
        );
    }
    let done = on(&cluster, &["ps"]);
    assert!(
        done.code == 0 && done.err.contains("warning: not listed: "),
        "{done:?}"
    );
    // What is changed is changed elsewhere, and the shard is named.
    for (args, change) in [
        (
            &["config", "set", "MaxExecutions=70"][..],
            "MaxExecutions was changed, but the shard ",
        ),
        (&["pause", "--all"], " (s:*), but the shard "),
        (&["resume", "streams"], " (s:*), but the shard "),
        (&["stats", "--reset"], "are zero, but the shard "),
    ] {
        let err = on(&cluster, args).fails(1);
        assert!(
            err.contains(change) && err.contains("send the command again"),
            "{args:?}: {err}"
        );
    }
    assert_eq!(
        on(&cluster, &["config", "get", "MaxExecutions"]).ok(),
        "70\n"
    );
    let done = on(&cluster, &["pause", "streams", "--json"]);
    assert_eq!(done.code, 1);
    let json: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(json["done"].as_array().unwrap().len(), 1);
    assert_eq!(json["failed"][0]["id"], json["done"][0]);
}
