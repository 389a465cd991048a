//! The jobs by gears and by clients that pull.

use crate::servers::{Servers, cluster_client};
use crate::{BOUND, servers};
use redgrease_embedded::{Cluster, ClusterNode};
use redgrease_tools::batch::{Counted, Job, Words, gear, pull, redis_py};
use redgrease_tools::{Client, Outcome};
use redis::cluster::cluster_pipe;
use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
use redis::{Cmd, RedisResult, Value};
use std::thread;
use std::time::{Duration, Instant};

/// Slots that are read in one round trip.
const SLOTS: usize = 16;

/// An implementation of the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    GearOnCluster,
    GearOnOne,
    /// A gear on each of the servers that have the share of one shard, at the same time: the local work.
    GearOnShares,
    RedisRsOnOne,
    /// SCAN on each node, and pipelines of GET, with one cluster client for each node.
    RedisRs,
    /// CLUSTER GETKEYSINSLOT and MGET, with one connection to each node.
    RedisRsBySlot,
    /// As [`Way::RedisRs`], on one thread.
    RedisPy,
    /// As [`Way::RedisRsBySlot`], on one thread.
    RedisPyBySlot,
}

impl Way {
    pub(crate) const ALL: [Way; 8] = [
        Way::GearOnCluster,
        Way::GearOnOne,
        Way::GearOnShares,
        Way::RedisRsOnOne,
        Way::RedisRs,
        Way::RedisRsBySlot,
        Way::RedisPy,
        Way::RedisPyBySlot,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::GearOnCluster => "gear, cluster",
            Way::GearOnOne => "gear, one server",
            Way::GearOnShares => "gear, single servers",
            Way::RedisRsOnOne => "redis-rs, one server",
            Way::RedisRs => "redis-rs, cluster",
            Way::RedisRsBySlot => "redis-rs, by slot",
            Way::RedisPy => "redis-py, cluster",
            Way::RedisPyBySlot => "redis-py, by slot",
        }
    }

    /// Whether the way has another implementation of a job than the others. Without values, clients scan in any case.
    pub(crate) fn does(self, job: Job) -> bool {
        job == Job::WordCount || !matches!(self, Way::RedisRsBySlot | Way::RedisPyBySlot)
    }

    pub(crate) fn is_redis_py(self) -> bool {
        matches!(self, Way::RedisPy | Way::RedisPyBySlot)
    }
}

/// Runs a job once. Returns its time and result. Connections are made before the time begins.
pub(crate) fn run(
    job: Job,
    way: Way,
    servers: &Servers,
    python: &str,
) -> Outcome<(Duration, Counted)> {
    let cluster = &servers.cluster;
    match way {
        Way::GearOnCluster => on_client(cluster.url(), |client| gear(job, client)),
        Way::GearOnOne => on_client(servers.one.url(), |client| gear(job, client)),
        Way::GearOnShares => on_shares(job, servers),
        Way::RedisRsOnOne => on_client(servers.one.url(), |client| pull(job, client)),
        Way::RedisRs => by_cluster_clients(job, cluster),
        Way::RedisRsBySlot => by_slot(cluster),
        Way::RedisPy => redis_py(job, "cluster", cluster.url(), python),
        Way::RedisPyBySlot => redis_py(job, "slots", cluster.url(), python),
    }
}

fn on_client(
    url: &str,
    work: impl FnOnce(&mut Client) -> Outcome<Counted>,
) -> Outcome<(Duration, Counted)> {
    let mut client = Client::connect(url, BOUND)?;
    let begun = Instant::now();
    let counted = work(&mut client)?;
    Ok((begun.elapsed(), counted))
}

/// The results of the servers are not merged: each has all words.
fn on_shares(job: Job, servers: &Servers) -> Outcome<(Duration, Counted)> {
    let clients = servers.shares.iter();
    let clients: Vec<Client> = clients
        .map(|server| Client::connect(server.url(), BOUND))
        .collect::<Outcome<_>>()?;
    let (time, counted) = at_once(clients, |mut client| gear(job, &mut client))?;
    let different = counted.iter().map(|counted| counted.0).max();
    let all = counted.iter().map(|counted| counted.1).sum();
    Ok((time, (different.unwrap_or(0), all)))
}

fn by_cluster_clients(job: Job, cluster: &Cluster) -> Outcome<(Duration, Counted)> {
    let connections = (0..cluster.shards()).map(|shard| {
        let node = cluster.shard(shard);
        cluster_client(cluster).map(|connection| (connection, node))
    });
    let connections = connections.collect::<Outcome<Vec<_>>>()?;
    let (time, words) = at_once(connections, |(mut connection, node)| {
        let ended = scan_and_get(job, &mut connection, &node);
        ended.map_err(|error| format!("redis-rs' cluster client: {error}"))
    })?;
    Ok((time, merged(job, words)))
}

/// The words of one node, and the number of its keys.
fn scan_and_get(
    job: Job,
    connection: &mut redis::cluster::ClusterConnection,
    node: &ClusterNode,
) -> RedisResult<(Words, u64)> {
    let (mut words, mut found) = (Words::default(), 0);
    let mut cursor = String::from("0");
    loop {
        let scan = Cmd::new()
            .arg("SCAN")
            .arg(&cursor)
            .arg("COUNT")
            .arg(1000)
            .clone();
        let at_node = RoutingInfo::SingleNode(SingleNodeRoutingInfo::ByAddress {
            host: "127.0.0.1".to_owned(),
            port: node.port(),
        });
        let reply = connection.route_command(&scan, at_node)?;
        let keys: Vec<Vec<u8>>;
        (cursor, keys) = redis::from_redis_value(reply)?;
        found += keys.len() as u64;
        if job == Job::WordCount && !keys.is_empty() {
            let mut pipe = cluster_pipe();
            for key in &keys {
                pipe.get(key);
            }
            let values: Vec<Value> = pipe.query(connection)?;
            words.count(&values)?;
        }
        if cursor == "0" {
            return Ok((words, found));
        }
    }
}

fn by_slot(cluster: &Cluster) -> Outcome<(Duration, Counted)> {
    let shares = slots(cluster)?;
    let (time, words) = at_once(shares, |(mut client, slots)| {
        let ended = get_by_slot(client.connection(), &slots);
        ended.map_err(|error| format!("redis-rs by slot: {error}"))
    })?;
    Ok((time, merged(Job::WordCount, words)))
}

/// A connection to each shard, with its slots.
fn slots(cluster: &Cluster) -> Outcome<Vec<(Client, Vec<u16>)>> {
    let mut shares = Vec::new();
    let mut seen = 0;
    for shard in 0..cluster.shards() {
        let mut client = Client::connect(cluster.shard(shard).url(), BOUND)?;
        let id = cluster.shard(shard).id().to_owned();
        let nodes = client.text(&["CLUSTER", "NODES"])?;
        let slots = servers::slots_of(&nodes, &id);
        seen += slots.len();
        shares.push((client, slots));
    }
    if seen == 16384 {
        Ok(shares)
    } else {
        Err(format!("the shards serve {seen} slots, not 16384"))
    }
}

fn get_by_slot(connection: &mut redis::Connection, slots: &[u16]) -> RedisResult<(Words, u64)> {
    let (mut words, mut found) = (Words::default(), 0);
    let mut rest = slots;
    let mut lists: Vec<Vec<Vec<u8>>> = Vec::new();
    while !rest.is_empty() || !lists.is_empty() {
        // One round trip fetches the values of the last slots and the keys of the next ones.
        let mut pipe = redis::pipe();
        for keys in &lists {
            pipe.cmd("MGET").arg(keys);
        }
        let (asked, later) = rest.split_at(SLOTS.min(rest.len()));
        rest = later;
        for slot in asked {
            pipe.cmd("CLUSTER")
                .arg("GETKEYSINSLOT")
                .arg(slot)
                .arg(1_000_000);
        }
        let mut replies: Vec<Value> = pipe.query(connection)?;
        let names = replies.split_off(lists.len());
        for reply in replies {
            if let Value::Array(values) = reply {
                words.count(&values)?;
            }
        }
        lists.clear();
        for reply in names {
            let keys: Vec<Vec<u8>> = redis::from_redis_value(reply)?;
            found += keys.len() as u64;
            if !keys.is_empty() {
                lists.push(keys);
            }
        }
    }
    Ok((words, found))
}

/// Does the same with each item, each on a thread of its own.
fn at_once<I: Send, T: Send>(
    items: Vec<I>,
    work: impl Fn(I) -> Outcome<T> + Sync,
) -> Outcome<(Duration, Vec<T>)> {
    let begun = Instant::now();
    let results: Outcome<Vec<T>> = thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = items
            .into_iter()
            .map(|item| scope.spawn(move || work(item)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err("a thread panicked".to_owned()))
            })
            .collect()
    });
    Ok((begun.elapsed(), results?))
}

fn merged(job: Job, shares: Vec<(Words, u64)>) -> Counted {
    let found = shares.iter().map(|(_, found)| found).sum();
    let mut all = Words::default();
    for (words, _) in shares {
        all.add(words);
    }
    match job {
        Job::Count | Job::Names => (1, found),
        Job::WordCount => all.counted(),
    }
}
