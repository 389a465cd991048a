//! The links of the bus over which the engine sends messages to the other servers of a cluster, and the number of these messages.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, plain_connection_to};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Runs on one server, and finds the links that it has opened. `NODES` is what the server says of its cluster.
const LINKS: &str = r"
import os, socket

def links():
    nodes = [line.split() for line in execute('CLUSTER', 'NODES').splitlines()]
    ports = {int(node[1].split(',')[0].split('@')[1]) for node in nodes if 'myself' not in node[2]}
    for number in map(int, os.listdir('/dev/fd')):
        try:
            one = socket.socket(fileno=number)
        except OSError:
            continue
        try:
            if one.family == socket.AF_INET and one.getpeername()[1] in ports:
                yield one
        except OSError:
            pass
        finally:
            one.detach()

def row(one):
    at_once = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
    return '%d %d' % (one.getsockname()[1], at_once)

def seen(_):
    return [row(one) for one in links()]

def broken(_):
    rows = []
    for one in links():
        rows.append(row(one))
        one.shutdown(socket.SHUT_RDWR)
    return rows
";

/// The links that a server has opened: their own ports, and whether they send small messages at once.
fn links(node: &ClusterNode, function: &str) -> BTreeSet<(u16, bool)> {
    let script = format!(
        "{LINKS}\nGB('ShardsIDReader').flatmap({function}).run(mode='async_local', convertToStr=False)"
    );
    let mut connection = plain_connection_to(node.url());
    let mut cmd = redis::cmd("RG.PYEXECUTE");
    cmd.arg(script);
    // A server that was just started again may not answer yet.
    let reply: redis::RedisResult<(Vec<String>, Vec<String>)> = cmd.query(&mut connection);
    let (rows, errors) = reply.unwrap_or_default();
    assert_eq!(errors, Vec::<String>::new());
    let rows = rows.iter().map(|row| row.split_once(' ').unwrap());
    rows.map(|(port, at_once)| (port.parse().unwrap(), at_once == "1"))
        .collect()
}

/// The ports of the links of a server, if there is one to each other server and none lets small messages wait.
fn ports_of_prompt_links(node: &ClusterNode, others: usize) -> Option<BTreeSet<u16>> {
    let links = links(node, "seen");
    let is_prompt = links.len() == others && links.iter().all(|(_, at_once)| *at_once);
    is_prompt.then(|| links.into_iter().map(|(port, _)| port).collect())
}

fn is_prompt(cluster: &Cluster) -> bool {
    let nodes = cluster.nodes();
    let others = nodes.len() - 1;
    nodes
        .iter()
        .all(|node| ports_of_prompt_links(node, others).is_some())
}

#[test]
fn links_do_not_let_small_messages_wait() {
    let cluster = Server::cluster().shards(3).replicas(1).start().unwrap();
    eventually("no link lets messages wait", || is_prompt(&cluster));
}

#[test]
fn links_that_are_made_anew_do_not_let_small_messages_wait() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let first = cluster.shard(0);
    eventually("no link lets messages wait", || is_prompt(&cluster));
    let broken = links(&first, "broken").into_iter();
    let broken: BTreeSet<u16> = broken.map(|(port, _)| port).collect();
    assert_eq!(broken.len(), 2);
    eventually("both links are new, and none lets messages wait", || {
        let ports = ports_of_prompt_links(&first, 2);
        ports.is_some_and(|ports| ports.is_disjoint(&broken))
    });
    assert!(is_prompt(&cluster), "the links of the other servers stay");
}

#[test]
fn links_to_a_server_that_was_started_again_do_not_let_small_messages_wait() {
    let cluster = Server::cluster()
        .shards(3)
        .node_timeout(Duration::from_mins(1))
        .start()
        .unwrap();
    eventually("no link lets messages wait", || is_prompt(&cluster));
    cluster.shard(2).kill().unwrap();
    cluster.shard(2).start().unwrap();
    eventually("no link lets messages wait", || is_prompt(&cluster));
}

/// The messages of modules that a server has sent over the bus.
fn sent(node: &ClusterNode) -> u64 {
    let info: String = redis::cmd("CLUSTER")
        .arg("INFO")
        .query(&mut plain_connection_to(node.url()))
        .unwrap();
    let mut lines = info.lines();
    let count = lines.find_map(|line| line.strip_prefix("cluster_stats_messages_module_sent:"));
    count.unwrap().parse().unwrap()
}

#[test]
fn another_shard_answers_a_trigger_with_one_message() {
    const TRIGGERS: u32 = 200;
    let cluster = Server::cluster().shards(3).start().unwrap();
    cluster.settle().unwrap();
    let mut connection = plain_connection_to(cluster.shard(0).url());
    let script = "GB('CommandReader').map(lambda x: x[1]).register(trigger='echo', mode='async')";
    let mut register = redis::cmd("RG.PYEXECUTE");
    let () = register.arg(script).query(&mut connection).unwrap();
    let others = [cluster.shard(1), cluster.shard(2)];
    let before = others.each_ref().map(sent);
    let begun = Instant::now();
    for _ in 0..TRIGGERS {
        let mut trigger = redis::cmd("RG.TRIGGER");
        trigger.arg("echo").arg("hi");
        let echoes: Vec<String> = trigger.query(&mut connection).unwrap();
        assert_eq!(echoes, ["hi"; 3]);
    }
    // On a busy machine an acknowledgement may not wait for a message that takes it along. Heartbeats come and go, too.
    let most = 2 * u64::from(TRIGGERS) + 8 * (begun.elapsed().as_secs() + 1);
    for (node, before) in others.iter().zip(before) {
        let messages = sent(node) - before;
        assert!(messages <= most, "{messages} messages, at most {most}");
    }
}
