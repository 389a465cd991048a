//! Commands with the word `CLUSTER`: settings, statistics and listings of all shards.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::eventually;
use redgrease::{ConfigValue, ExecutionResult, GearsCommands};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::{FromRedisValue, Value};
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

/// One cluster for all tests that do not harm it. Tests change settings of their own only.
fn cluster() -> &'static Cluster {
    static CLUSTER: LazyLock<Cluster> =
        LazyLock::new(|| Server::cluster().replicas(1).start().unwrap());
    &CLUSTER
}

fn try_send(url: &str, words: &[&str]) -> redis::RedisResult<Value> {
    let client = redis::Client::open(url)?;
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command.query(&mut client.get_connection()?)
}

fn send<T: FromRedisValue>(node: &ClusterNode, words: &[&str]) -> T {
    redis::from_redis_value(try_send(node.url(), words).unwrap()).unwrap()
}

fn error(node: &ClusterNode, words: &[&str]) -> String {
    let error = try_send(node.url(), words).unwrap_err();
    let words = (error.code(), error.detail());
    format!(
        "{} {}",
        words.0.unwrap_or_default(),
        words.1.unwrap_or_default()
    )
}

type Row = HashMap<String, Value>;

fn typed<T: FromRedisValue>(row: &Row, field: &str) -> T {
    redis::from_redis_value(row[field].clone()).unwrap()
}

/// The values of a setting by server, and whether all are equal.
fn by_server(node: &ClusterNode, name: &str) -> (HashMap<String, Option<String>>, bool) {
    let rows: Vec<Row> = send(node, &["RG.CONFIGGET", "CLUSTER", name]);
    assert_eq!(rows.len(), 1);
    assert_eq!(typed::<String>(&rows[0], "name"), name);
    let equal: i64 = typed(&rows[0], "equal");
    (typed(&rows[0], "values"), equal == 1)
}

#[test]
fn a_setting_is_changed_on_all_servers() {
    let words = [
        "RG.CONFIGSET",
        "CLUSTER",
        "MaxExecutions",
        "77",
        "mine",
        "x y",
    ];
    let node = cluster().shard(1);
    let answers: Vec<String> = send(&node, &words);
    let saved = "OK - value was saved in extra config dictionary";
    assert_eq!(answers, ["OK", saved]);
    assert_eq!(cluster().nodes().len(), 6);
    for node in cluster().nodes() {
        let values: (i64, String) = send(&node, &["RG.CONFIGGET", "MaxExecutions", "mine"]);
        assert_eq!(values, (77, "x y".to_owned()));
        let (values, equal) = by_server(&node, "mine");
        assert!(equal && values.len() == 6, "{values:?}");
        assert!(values.values().all(|value| value.as_deref() == Some("x y")));
    }
}

#[test]
fn a_difference_is_shown_by_server() {
    let (first, second) = (cluster().shard(0), cluster().shard(1));
    let _: Value = send(&second, &["RG.CONFIGSET", "MaxRecordsInFlight", "55"]);
    let (values, equal) = by_server(&first, "MaxRecordsInFlight");
    assert!(!equal);
    for (server, value) in values {
        let expected = if server == second.id() { "55" } else { "1000" };
        assert_eq!(value.as_deref(), Some(expected));
    }
    let (values, equal) = by_server(&first, "nobody set this");
    assert!(equal && values.values().all(Option::is_none));
}

#[test]
fn a_setting_that_is_refused_is_changed_nowhere() {
    let node = cluster().shard(0);
    for (words, reason) in [
        (
            ["never", "1", "ExecutionQueueSize", "few"],
            "Failed setting config value ExecutionQueueSize: `few` is not a whole number of at least",
        ),
        (
            ["never", "1", "AbortOnDisconnect", "2"],
            "`2` is not one of ",
        ),
        (
            ["never", "1", "ExecutionThreads", "3"],
            "not modifiable at runtime",
        ),
    ] {
        let words = [&["RG.CONFIGSET", "CLUSTER"], &words[..]].concat();
        let error = error(&node, &words);
        assert!(
            error.contains("no setting was changed") && error.contains(reason),
            "{error}"
        );
        assert!(error.contains(node.id()), "{error}");
        let (values, _) = by_server(&node, "never");
        assert!(values.values().all(Option::is_none), "{values:?}");
    }
}

/// A word that is left over is a mistake: nothing is stored under the name `CLUSTER`.
#[test]
fn a_setting_without_a_value_is_changed_nowhere() {
    let node = cluster().shard(0);
    for words in [
        &["RG.CONFIGSET", "CLUSTER"][..],
        &["RG.CONFIGSET", "cluster", "MaxRegistrations"],
        &["RG.CONFIGSET", "CLUSTER", "lonely"],
        &["RG.CONFIGSET", "CLUSTER", "lonely", "1", "other"],
    ] {
        let error = error(&node, words);
        assert!(error.contains("no setting was changed"), "{error}");
        assert!(error.contains("RG.CONFIGSET CLUSTER name value"), "{error}");
    }
    for name in ["lonely", "other", "CLUSTER"] {
        let (values, _) = by_server(&node, name);
        assert!(values.values().all(Option::is_none), "{values:?}");
    }
}

/// Users are those of each server.
#[test]
fn a_server_that_refuses_is_named_and_nothing_is_changed() {
    let (first, second) = (cluster().shard(0), cluster().shard(1));
    if lacks(&first, Capability::CommandsAsUser) {
        return;
    }
    for node in cluster().nodes() {
        let () = send(
            &node,
            &["ACL", "SETUSER", "keeper", "on", ">x", "~*", "+@all"],
        );
    }
    let url = first.url().replace("redis://", "redis://keeper:x@");
    let () = send(&second, &["ACL", "SETUSER", "keeper", "-rg.configset"]);
    let words = ["RG.CONFIGSET", "CLUSTER", "kept", "1"];
    let refused = format!("{:?}", try_send(&url, &words).unwrap_err());
    assert!(
        refused.contains("no setting was changed") && refused.contains(second.id()),
        "{refused}"
    );
    let (values, _) = by_server(&first, "kept");
    assert!(values.values().all(Option::is_none), "{values:?}");
    let () = send(&second, &["ACL", "SETUSER", "keeper", "+rg.configset"]);
    let _ = try_send(&url, &words).unwrap();
    let (values, equal) = by_server(&first, "kept");
    assert!(equal && values.values().all(Option::is_some), "{values:?}");
}

#[test]
fn words_that_have_another_meaning_keep_it() {
    let node = Server::start().unwrap();
    let value = try_send(node.url(), &["RG.CONFIGSET", "CLUSTER", "x"]).unwrap();
    assert!(format!("{value:?}").contains("saved"), "{value:?}");
    let values = try_send(node.url(), &["RG.CONFIGGET", "CLUSTER", "MaxExecutions"]).unwrap();
    let values: (String, i64) = redis::from_redis_value(values).unwrap();
    assert_eq!(values, ("x".to_owned(), 1000));
    // A server on its own is all servers.
    let other = Server::start().unwrap();
    let value = try_send(
        other.url(),
        &["RG.CONFIGSET", "CLUSTER", "MaxExecutions", "5"],
    )
    .unwrap();
    let answers: Vec<String> = redis::from_redis_value(value).unwrap();
    assert_eq!(answers, ["OK"]);
    let rows = try_send(other.url(), &["RG.CONFIGGET", "CLUSTER", "MaxExecutions"]).unwrap();
    let rows: Vec<Row> = redis::from_redis_value(rows).unwrap();
    let values: HashMap<String, i64> = typed(&rows[0], "values");
    assert_eq!(values, HashMap::from([("0".repeat(40), 5)]));
}

#[test]
fn statistics_are_added_up() {
    let script = "GB('CommandReader').map(lambda words: int(words[1])).register(trigger='added', mode='sync')";
    let first = cluster().shard(0);
    let _: Value = send(&first, &["RG.PYEXECUTE", script]);
    for (shard, words) in [(0, ["1", "2"]), (1, ["3", "bad"]), (2, ["4", "5"])] {
        for word in words {
            let _ = try_send(cluster().shard(shard).url(), &["RG.TRIGGER", "added", word]);
        }
    }
    let rows = |node: &ClusterNode, words: &[&str]| -> Vec<Row> {
        let rows: Vec<Row> = send(node, words);
        let is_ours = |row: &Row| {
            let data: Row = typed(row, "RegistrationData");
            format!("{:?}", data["args"]).contains("added")
        };
        rows.into_iter().filter(is_ours).collect()
    };
    for node in [
        cluster().shard(0),
        cluster().shard(2),
        cluster().replica(1, 0),
    ] {
        let rows = rows(&node, &["RG.DUMPREGISTRATIONS", "CLUSTER"]);
        assert_eq!(rows.len(), 1, "{rows:?}");
        let data: Row = typed(&rows[0], "RegistrationData");
        assert_eq!(typed::<i64>(&data, "numTriggered"), 6);
        assert_eq!(typed::<i64>(&data, "numSuccess"), 5);
        assert_eq!(typed::<i64>(&data, "numFailures"), 1);
        let error: String = typed(&data, "lastError");
        let second = cluster().shard(1);
        assert!(error.contains("invalid literal"), "{error}");
        assert!(
            error.ends_with(&format!("(on the shard {})", second.id())),
            "{error}"
        );
    }
    let rows = rows(&first, &["RG.DUMPREGISTRATIONS"]);
    let data: Row = typed(&rows[0], "RegistrationData");
    assert_eq!(typed::<i64>(&data, "numTriggered"), 2);
    assert!(!rows[0].contains_key("shards"));
}

#[test]
fn listings_of_all_shards_have_a_row_for_each() {
    for command in [
        &["RG.PYSTATS", "CLUSTER"][..],
        &["RG.PYDUMPREQS", "cluster"],
        &["RG.PYDUMPSESSIONS", "CLUSTER", "VERBOSE"],
        &["RG.DUMPEXECUTIONS", "CLUSTER"],
    ] {
        let node = cluster().shard(2);
        let rows: Vec<Row> = send(&node, command);
        assert_eq!(typed::<String>(&rows[0], "shard_id"), node.id());
        let mut ids: Vec<String> = rows.iter().map(|row| typed(row, "shard_id")).collect();
        let mut shards: Vec<String> = (0..3)
            .map(|at| cluster().shard(at).id().to_owned())
            .collect();
        ids.sort();
        shards.sort();
        assert_eq!(ids, shards, "{command:?}");
        assert!(rows.iter().all(|row| row.contains_key("reply")));
    }
    let memory: Vec<Row> = send(&cluster().shard(0), &["RG.PYSTATS", "CLUSTER"]);
    for row in memory {
        let fields: HashMap<String, i64> = typed(&row, "reply");
        assert!(fields["CurrAllocated"] > 0);
    }
    let error = error(
        &cluster().shard(0),
        &["RG.PYDUMPSESSIONS", "VERBOSE", "CLUSTER"],
    );
    assert!(error.contains("Unknown option CLUSTER"), "{error}");
}

#[test]
fn the_client_has_functions_for_all_shards() {
    let node = cluster().shard(0);
    let client = redis::Client::open(node.url()).unwrap();
    let mut con = client.get_connection().unwrap();
    let () = con.config_set_cluster(&[("of the client", "1")]).unwrap();
    let settings = con
        .config_get_cluster(&["of the client", "of none"])
        .unwrap();
    assert_eq!(settings[0].name, "of the client");
    assert!(settings[0].is_equal && settings[0].values.len() == 6);
    let value = settings[0].values[node.id()].as_ref();
    assert_eq!(value, Some(&ConfigValue::Text("1".to_owned())));
    assert!(settings[1].values.values().all(Option::is_none));
    let error = con
        .config_set_cluster(&[("ExecutionThreads", "1")])
        .unwrap_err();
    assert!(
        error.to_string().contains("no setting was changed"),
        "{error}"
    );
    let script = "GB('CommandReader').register(trigger='of the client', mode='sync')";
    let _: ExecutionResult<Value> = con.pyexecute(script).unwrap();
    let rows = con.dump_registrations_cluster().unwrap();
    let row = rows
        .iter()
        .find(|row| row.trigger().as_deref() == Some("of the client"));
    assert_eq!(row.unwrap().shards, Some(3));
    assert_eq!(con.dump_registrations().unwrap()[0].shards, None);
    let stats = con.py_stats_cluster().unwrap();
    assert!(stats.len() == 3 && stats[node.id()].current_allocated > 0);
}

/// A server that has failed is left out; one that only does not answer is an error that names it.
#[test]
fn a_server_that_does_not_answer_stops_a_change() {
    let cluster = Server::cluster()
        .module_arg("ExecutionMaxIdleTime", "700")
        .node_timeout(Duration::from_secs(3))
        .server_arg("cluster-require-full-coverage", "no")
        .start()
        .unwrap();
    let (first, second) = (cluster.shard(0), cluster.shard(1));
    second.pause().unwrap();
    let words = ["RG.CONFIGSET", "CLUSTER", "MaxExecutions", "5"];
    let refused = error(&first, &words);
    assert!(
        refused.contains("no setting was changed") && refused.contains(second.id()),
        "{refused}"
    );
    let values: Vec<i64> = send(&first, &["RG.CONFIGGET", "MaxExecutions"]);
    assert_eq!(values, [1000]);
    eventually("the server has failed", || {
        try_send(first.url(), &words).is_ok()
    });
    second.resume().unwrap();
    eventually("the server is there again and shows the old value", || {
        let (values, equal) = by_server(&first, "MaxExecutions");
        !equal && values.len() == 3
    });
}
