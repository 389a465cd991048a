//! The keys of a cluster are read once, while slots move.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod counts;
mod data;
mod faults;
mod moves;

use common::shards::{Router, ask, tags, try_ask};
use redgrease_embedded::{Cluster, Server};
use std::time::Duration;

/// The time in which a run has to end, whatever happens. A run that hangs fails a test.
const END: Duration = Duration::from_mins(1);

/// Parts of the errors that say why there is no result.
const HONEST: [&str; 2] = ["Execution max idle reached", "were not read"];

/// Results and errors of a script, sent to one shard.
fn run(cluster: &Cluster, shard: usize, script: &str) -> (Vec<String>, Vec<String>) {
    try_run(cluster, shard, script).unwrap()
}

fn try_run(
    cluster: &Cluster,
    shard: usize,
    script: &str,
) -> redis::RedisResult<(Vec<String>, Vec<String>)> {
    run_at(cluster.shard(shard).url(), script)
}

fn run_at(url: &str, script: &str) -> redis::RedisResult<(Vec<String>, Vec<String>)> {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_connection().unwrap();
    connection.set_read_timeout(Some(END)).unwrap();
    let mut cmd = redis::cmd("RG.PYEXECUTE");
    cmd.arg(script).query(&mut connection)
}

/// The results of a script without errors, sorted.
#[track_caller]
fn results(cluster: &Cluster, shard: usize, script: &str) -> Vec<String> {
    let (mut results, errors) = run(cluster, shard, script);
    assert_eq!(errors, [""; 0]);
    results.sort();
    results
}

/// As on one server: a run over all keys must not change which of them the server evicts.
#[test]
fn reading_strings_is_no_use_of_their_keys() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let nodes = cluster.nodes();
    for node in &nodes {
        ask::<()>(node, &["CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"]);
    }
    let mut router = Router::new(&cluster);
    let names: Vec<String> = tags(9)
        .into_iter()
        .map(|(_, tag)| format!("key{{{tag}}}"))
        .collect();
    for name in &names {
        router.send::<()>(&["SET", name, "1"]);
    }
    // The other shards do not answer for a key.
    let uses_of = |name: &String| -> i64 {
        let ask = |node| try_ask(node, &["OBJECT", "FREQ", name]).ok();
        nodes.iter().find_map(ask).unwrap()
    };
    let before: Vec<i64> = names.iter().map(uses_of).collect();
    let script = "GB().map(lambda r: r['value']).run()";
    assert_eq!(results(&cluster, 0, script).len(), names.len());
    let after: Vec<i64> = names.iter().map(uses_of).collect();
    assert_eq!(after, before);
}

#[test]
fn keys_of_all_types_are_read_once() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let mut router = Router::new(&cluster);
    for (_, tag) in tags(9) {
        for (command, rest) in [
            ("SET", &["1"][..]),
            ("HSET", &["f", "1"]),
            ("RPUSH", &["1", "2"]),
            ("SADD", &["1"]),
            ("ZADD", &["1", "m"]),
            ("XADD", &["1-1", "f", "1"]),
        ] {
            let name = format!("{}{{{tag}}}", command.to_lowercase());
            let words = [&[command, &name], rest].concat();
            let _: redis::Value = router.send(&words);
        }
        let expired = format!("expired{{{tag}}}");
        let _: redis::Value = router.send(&["SET", &expired, "1", "PX", "1"]);
    }
    let script = "GB().filter(lambda r: not r['key'].startswith('expired')).map(lambda r: r['type'] + ' ' + '.'.join(r['value'] or [])).countby().run()";
    let values = [
        "{'key': 'hash f', 'value': 9}",
        "{'key': 'list 1.2', 'value': 9}",
        "{'key': 'set ', 'value': 9}",
        "{'key': 'string 1', 'value': 9}",
        "{'key': 'unknown ', 'value': 9}",
        "{'key': 'zset ', 'value': 9}",
    ];
    for shard in 0..3 {
        assert_eq!(results(&cluster, shard, script), values);
        let prefix = "GB().count().run('h*')";
        assert_eq!(results(&cluster, shard, prefix), ["9"]);
        let names = "GB().map(lambda r: r['key'][0]).countby().run('[rz]*', readValue=False)";
        let of_names = ["{'key': 'r', 'value': 9}", "{'key': 'z', 'value': 9}"];
        assert_eq!(results(&cluster, shard, names), of_names);
        // One key by its name is read where it is.
        let (_, tag) = &tags(9)[shard];
        let one = format!(
            "GB().map(lambda r: (r['type'], r['value'])).run('hset{{{tag}}}', noScan=True)"
        );
        assert_eq!(results(&cluster, 0, &one), ["('hash', {'f': '1'})"]);
        let none = format!(
            "GB().map(lambda r: (r['type'], r['value'])).run('none{{{tag}}}', noScan=True)"
        );
        assert_eq!(results(&cluster, 0, &none), ["('empty', None)"]);
        let stream = format!("GB('StreamReader').map(lambda r: r['value']).run('xadd{{{tag}}}')");
        assert_eq!(results(&cluster, 0, &stream), ["{'f': '1'}"]);
        let few = results(&cluster, shard, "GB().limit(2).count().run()");
        assert_eq!(few, ["6"], "two keys of each shard");
    }
}
