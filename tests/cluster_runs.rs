//! Runs over all shards of a real cluster.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::FromRedisValue;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A run takes no longer than this, whatever happens.
const BOUND: Duration = Duration::from_secs(30);

fn start() -> Cluster {
    let cluster = Server::cluster().shards(3).start().unwrap();
    cluster.settle().unwrap();
    cluster
}

fn client(node: &ClusterNode) -> redis::Connection {
    let client = redis::Client::open(node.url()).unwrap();
    let connection = client.get_connection().unwrap();
    connection.set_read_timeout(Some(BOUND)).unwrap();
    connection
}

fn ask<T: FromRedisValue>(node: &ClusterNode, words: &[&str]) -> T {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    cmd.query(&mut client(node)).unwrap()
}

type Outcome = (Vec<String>, Vec<String>);

fn run(node: &ClusterNode, script: &str) -> Outcome {
    ask(node, &["RG.PYEXECUTE", script])
}

/// The results of a run without an error, sorted.
fn results(node: &ClusterNode, script: &str) -> Vec<String> {
    let (mut results, errors) = run(node, script);
    assert_eq!(errors, [""; 0], "{script}");
    results.sort();
    results
}

/// Writes keys `k0`, `k1` .. with their number as value, each to its shard.
fn fill(cluster: &Cluster, keys: usize) {
    let mut left: Vec<usize> = (0..keys).collect();
    for shard in 0..3 {
        let mut connection = client(&cluster.shard(shard));
        let mut pipe = redis::pipe();
        for number in &left {
            pipe.cmd("SET").arg(format!("k{number}")).arg(*number);
        }
        let replies: Vec<redis::Value> = pipe.ignore_errors(&mut connection);
        let is_error = |reply: &redis::Value| matches!(reply, redis::Value::ServerError(_));
        let moved = left
            .iter()
            .zip(&replies)
            .filter(|(_, reply)| is_error(reply));
        left = moved.map(|(number, _)| *number).collect();
    }
    assert_eq!(left, [0; 0]);
}

trait IgnoreErrors {
    fn ignore_errors(&self, connection: &mut redis::Connection) -> Vec<redis::Value>;
}

impl IgnoreErrors for redis::Pipeline {
    fn ignore_errors(&self, connection: &mut redis::Connection) -> Vec<redis::Value> {
        use redis::ConnectionLike;
        let commands = self.cmd_iter().count();
        connection
            .req_packed_commands(&self.get_packed_pipeline(), 0, commands)
            .unwrap()
    }
}

#[test]
fn runs_over_all_shards_give_the_results_of_one_server() {
    let cluster = start();
    fill(&cluster, 30);
    let all: Vec<String> = {
        let mut all: Vec<String> = (0..30).map(|number| format!("k{number}")).collect();
        all.sort();
        all
    };
    for node in cluster.nodes() {
        assert_eq!(results(&node, "GB().count().run()"), ["30"]);
        assert_eq!(results(&node, "GB().map(lambda r: r['key']).run()"), all);
        let group =
            "GB().groupby(lambda r: str(int(r['value']) % 3), lambda k, a, r: (a or 0) + 1).run()";
        let counts = "GB().map(lambda r: str(int(r['value']) % 3)).countby().run()";
        for script in [group, counts] {
            let expected = [
                "{'key': '0', 'value': 10}",
                "{'key': '1', 'value': 10}",
                "{'key': '2', 'value': 10}",
            ];
            assert_eq!(results(&node, script), expected);
        }
        let sorted = run(&node, "GB().map(lambda r: r['key']).sort().run()");
        assert_eq!(sorted.0, all);
        assert_eq!(
            results(&node, "GB().map(lambda r: int(r['value'])).avg().run()"),
            ["14.5"]
        );
        let one = "GB().map(lambda r: r['key']).repartition(lambda x: 'const').map(lambda x: hashtag()).distinct().count().run()";
        assert_eq!(results(&node, one), ["1"]);
        assert_eq!(results(&node, "GB().limit(1).count().run()"), ["3"]);
        assert_eq!(
            results(&node, "GB().collect().limit(1).count().run()"),
            ["1"]
        );
        assert_eq!(
            results(
                &node,
                "GB().map(lambda r: r['key']).collect().distinct().count().run()"
            ),
            ["30"]
        );
    }
}

#[test]
fn what_runs_here_alone_sees_the_keys_of_its_shard() {
    let cluster = start();
    fill(&cluster, 30);
    let nodes = cluster.nodes();
    for script in [
        "GB().map(lambda r: r['key']).run(mode='async_local')",
        "GB().map(lambda r: r['key']).run(collect=False)",
    ] {
        let all: Vec<Vec<String>> = nodes.iter().map(|node| results(node, script)).collect();
        assert!(all.iter().all(|keys| keys.len() < 30), "{all:?}");
        assert_eq!(all.concat().len(), 30);
    }
}

#[test]
fn each_shard_has_an_error_of_its_own() {
    let cluster = start();
    let (results, errors) = run(
        &cluster.shard(1),
        "GB('ShardsIDReader').map(lambda x: 1/0).run()",
    );
    assert_eq!(results, [""; 0]);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors.iter().all(|one| one.contains("division by zero")));
    let (results, errors) = run(
        &cluster.shard(1),
        "GB('ShardsIDReader').map(lambda x: __import__('threading').Lock()).run(convertToStr=False)",
    );
    assert_eq!(results, ["PY RECORD"]);
    let unmarshallable = "Error type: <class 'ValueError'>, Value: unmarshallable object";
    assert_eq!(errors, [unmarshallable; 2]);
}

#[test]
fn many_records_move_between_all_shards() {
    const KEYS: usize = 30_000;
    let cluster = start();
    fill(&cluster, KEYS);
    let begun = Instant::now();
    let script = "GB().map(lambda r: {'n': int(r['value']), 's': 'x' * 200}).repartition(lambda r: str(r['n'] * 7)).map(lambda r: r['n']).repartition(lambda n: str(n)).map(lambda n: (n % 10, n)).groupby(lambda r: r[0], lambda k, a, r: (a or 0) + r[1]).map(lambda r: (r['key'], r['value'])).run()";
    let found: BTreeMap<String, String> = results(&cluster.shard(2), script)
        .into_iter()
        .map(|text| {
            let (key, value) = text.trim_matches(['(', ')']).split_once(", ").unwrap();
            (key.trim_matches('\'').to_owned(), value.to_owned())
        })
        .collect();
    let expected = (0..10).map(|key: usize| {
        let sum: usize = (0..KEYS).filter(|number| number % 10 == key).sum();
        (key.to_string(), sum.to_string())
    });
    assert_eq!(found, expected.collect());
    assert!(begun.elapsed() < BOUND);
}
