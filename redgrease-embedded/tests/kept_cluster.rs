//! A cluster that keeps its data in a directory, without the engine.
#![allow(clippy::unwrap_used, missing_docs)]

use redgrease_embedded::{Cluster, ClusterBuilder, ClusterNode, ErrorKind, Server};
use redis::Commands;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The slot of "foo", as the specification of clusters gives it.
const FOO: u16 = 12182;

fn kept_in(dir: &Path) -> ClusterBuilder {
    Server::cluster().without_engine().dir(dir)
}

fn client(cluster: &Cluster) -> redis::cluster::ClusterConnection {
    let client = redis::cluster::ClusterClient::new(cluster.urls()).unwrap();
    client.get_connection().unwrap()
}

/// The port of each server, by id.
fn ports(cluster: &Cluster) -> HashMap<String, u16> {
    let nodes = cluster.nodes().into_iter();
    nodes
        .map(|node| (node.id().to_owned(), node.port()))
        .collect()
}

fn ids(nodes: &[ClusterNode]) -> Vec<String> {
    nodes.iter().map(|node| node.id().to_owned()).collect()
}

#[test]
fn data_slots_roles_and_ports_are_those_of_the_last_time() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("data");
    let cluster = kept_in(&dir).replicas(1).start().unwrap();
    for n in 0..30 {
        let () = client(&cluster).set(format!("key:{n}"), n).unwrap();
    }
    let () = client(&cluster).set("foo", "bar").unwrap();
    cluster.failover(1).unwrap();
    cluster.move_slot(FOO, 1).unwrap();
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.dir().starts_with(&dir))
    );
    let (before, order) = (ports(&cluster), ids(&cluster.nodes()));
    drop(cluster);

    let cluster = kept_in(&dir).replicas(1).start().unwrap();
    assert_eq!(ports(&cluster), before);
    assert_eq!(ids(&cluster.nodes()), order);
    for n in 0..30 {
        assert_eq!(
            client(&cluster).get::<_, i64>(format!("key:{n}")).unwrap(),
            n
        );
    }
    // The shard that got the slot has the key.
    let shard = redis::Client::open(cluster.shard(1).url()).unwrap();
    let value: String = shard.get_connection().unwrap().get("foo").unwrap();
    assert_eq!(value, "bar");

    // A shard that comes later is kept as well.
    let added = cluster.add_shard().unwrap();
    cluster.move_slot(FOO, added).unwrap();
    let before = ports(&cluster);
    drop(cluster);
    let error = kept_in(&dir).replicas(1).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption);
    assert!(error.to_string().contains("has 4 shards with 1"), "{error}");
    let cluster = kept_in(&dir).shards(4).replicas(1).start().unwrap();
    assert_eq!(ports(&cluster), before);
    assert_eq!(client(&cluster).get::<_, String>("foo").unwrap(), "bar");
}

#[test]
fn a_directory_belongs_to_one_cluster_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let cluster = kept_in(dir.path()).shards(1).start().unwrap();
    let port = cluster.shard(0).port();
    let error = kept_in(dir.path()).shards(1).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse, "{error}");
    drop(cluster);
    let other = kept_in(dir.path()).shards(1).first_port(port + 1);
    let error = other.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
    let same = kept_in(dir.path()).shards(1).first_port(port);
    assert_eq!(same.start().unwrap().shard(0).port(), port);
}

/// The program that the next test kills.
#[test]
#[ignore = "not a test: the next test runs it as a program"]
fn program_that_is_killed() {
    let dir = std::env::var_os("TEST_DIR").unwrap();
    let cluster = kept_in(dir.as_ref()).start().unwrap();
    let () = client(&cluster).set("foo", "bar").unwrap();
    println!("it runs");
    thread::sleep(Duration::from_mins(2));
}

/// `cargo xtask serve` ends by Ctrl-C: its servers save their data all the same.
#[test]
fn the_servers_of_a_program_that_is_killed_save_their_data() {
    let dir = tempfile::tempdir().unwrap();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args([
            "--exact",
            "program_that_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("TEST_DIR", dir.path())
        .stdout(Stdio::piped());
    let mut program = program.spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("it runs")));
    program.kill().unwrap();
    program.wait().unwrap();
    let begun = Instant::now();
    // The directories are free when the servers have ended.
    let cluster = loop {
        match kept_in(dir.path()).start() {
            Ok(cluster) => break cluster,
            Err(e) if e.kind() == ErrorKind::InUse => {
                assert!(begun.elapsed() < Duration::from_secs(30), "{e}");
                thread::sleep(Duration::from_millis(20));
            }
            Err(e) => panic!("{e}"),
        }
    };
    assert_eq!(client(&cluster).get::<_, String>("foo").unwrap(), "bar");
}
