//! Commands to the shards of a cluster, over plain connections.

use redgrease_embedded::{Cluster, ClusterNode};
use redis::{FromRedisValue, RedisError, RedisResult, Value};
use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

/// How long a command is sent again to a cluster that moves. It only matters for failing tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// A command to one server.
pub(crate) fn try_ask<T: FromRedisValue>(node: &ClusterNode, words: &[&str]) -> RedisResult<T> {
    let client = redis::Client::open(node.url())?;
    let mut connection = client.get_connection()?;
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    cmd.query(&mut connection)
}

/// A command to one server, which must not fail.
#[track_caller]
pub(crate) fn ask<T: FromRedisValue>(node: &ClusterNode, words: &[&str]) -> T {
    try_ask(node, words).unwrap()
}

/// A command to one server, and its reply as it came.
pub(crate) fn try_send(node: &ClusterNode, words: &[&str]) -> RedisResult<Value> {
    try_ask(node, words)
}

/// The same for a command that must not fail.
#[track_caller]
pub(crate) fn send(node: &ClusterNode, words: &[&str]) -> Value {
    ask(node, words)
}

/// A reply that is a text.
pub(crate) fn text(value: &Value) -> String {
    redis::from_redis_value_ref(value).unwrap()
}

/// The ids of all registrations of a server, in order.
pub(crate) fn ids(node: &ClusterNode) -> Vec<String> {
    let Value::Array(rows) = send(node, &["RG.DUMPREGISTRATIONS"]) else {
        panic!("no rows");
    };
    let id = |row: &Value| match row {
        Value::Array(fields) => text(&fields[1]),
        other => panic!("no row: {other:?}"),
    };
    let mut ids: Vec<String> = rows.iter().map(id).collect();
    ids.sort();
    ids
}

/// Registers a script on each shard, as one session.
pub(crate) fn register(cluster: &Cluster, session: &str, script: &str) {
    for shard in 0..cluster.shards() {
        register_on(&cluster.shard(shard), session, script);
    }
}

pub(crate) fn register_on(node: &ClusterNode, session: &str, script: &str) {
    let words = ["RG.PYEXECUTE", script, "ID", session];
    if let Err(error) = try_ask::<Value>(node, &words) {
        // Another shard has brought it here already.
        assert!(error.to_string().contains("already exists"), "{error}");
    }
}

/// A client of the cluster that follows redirections, and sends a command again that a server has not carried out.
pub(crate) struct Router {
    any: Vec<String>,
    sockets: HashMap<String, redis::Connection>,
    /// The address of the last server that answered for a slot.
    owners: HashMap<String, String>,
    /// Waits until a replica has each write.
    is_safe: bool,
    /// How often a command was sent again that may have been carried out.
    repeats: usize,
}

impl Router {
    pub(crate) fn new(cluster: &Cluster) -> Router {
        Router {
            any: cluster.urls(),
            sockets: HashMap::new(),
            owners: HashMap::new(),
            is_safe: false,
            repeats: 0,
        }
    }

    pub(crate) fn repeats(&self) -> usize {
        self.repeats
    }

    /// Waits from now on until a replica has each write: a master that is killed loses none of them. A write that no replica has
    /// is sent again.
    pub(crate) fn be_safe(&mut self) {
        self.is_safe = true;
    }

    /// Sends a command about a key with a hash tag, which is its second word.
    pub(crate) fn send<T: FromRedisValue>(&mut self, words: &[&str]) -> T {
        let key = words[1].to_owned();
        let begun = Instant::now();
        let mut tries = 0;
        let mut asked: Option<String> = None;
        loop {
            let known = asked.take();
            let is_asking = known.is_some();
            let owner = known.or_else(|| self.owners.get(&key).cloned());
            let url = owner.unwrap_or_else(|| self.any[tries % self.any.len()].clone());
            tries += 1;
            match self.try_once(&url, is_asking, words) {
                Ok(value) => return redis::from_redis_value(value).unwrap(),
                Err(error) => match redirection(&error) {
                    Some((true, to)) => asked = Some(to),
                    Some((false, to)) => drop(self.owners.insert(key.clone(), to)),
                    None => {
                        let text = error.to_string();
                        self.repeats += 1;
                        self.sockets.remove(&url);
                        self.owners.remove(&key);
                        assert!(begun.elapsed() < PATIENCE, "{words:?}: {text}");
                        thread::sleep(Duration::from_millis(20));
                    }
                },
            }
        }
    }

    fn try_once(&mut self, url: &str, is_asking: bool, words: &[&str]) -> RedisResult<Value> {
        if !self.sockets.contains_key(url) {
            let socket = redis::Client::open(url)?.get_connection()?;
            self.sockets.insert(url.to_owned(), socket);
        }
        let socket = self.sockets.get_mut(url).unwrap();
        if is_asking {
            redis::cmd("ASKING").exec(socket)?;
        }
        let mut cmd = redis::cmd(words[0]);
        cmd.arg(&words[1..]);
        let answer = cmd.query(socket);
        if self.is_safe && answer.is_ok() {
            let copies: usize = redis::cmd("WAIT").arg(1).arg(1000).query(socket)?;
            if copies == 0 {
                let why = "no replica has the write: the master may lose it";
                return Err((redis::ErrorKind::Client, why).into());
            }
        }
        answer
    }
}

/// Where a server sends the client: whether for this command alone, and the address.
fn redirection(error: &RedisError) -> Option<(bool, String)> {
    let (to, _) = error.redirect_node()?;
    let is_asking = error.code() == Some("ASK");
    Some((is_asking, format!("redis://{to}/")))
}

/// A hash tag for each of some slots, evenly over the cluster.
pub(crate) fn tags(count: u16) -> Vec<(u16, String)> {
    let mut found = Vec::new();
    for number in 0..u16::MAX {
        let tag = format!("t{number}");
        let slot = slot_of(&tag);
        let part = slot / (16384 / count + 1);
        if !found
            .iter()
            .any(|(other, _)| other / (16384 / count + 1) == part)
        {
            found.push((slot, tag));
        }
        if found.len() == usize::from(count) {
            break;
        }
    }
    found
}

/// CRC-16/XMODEM modulo the number of slots.
pub(crate) fn slot_of(tag: &str) -> u16 {
    let crc = tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    });
    crc % 16384
}

/// Numbers that a seed decides.
pub(crate) struct Random(u64);

impl Random {
    /// A seed of the environment variable `SEED`, or of the clock. It is printed.
    pub(crate) fn new() -> Random {
        let given = std::env::var("SEED")
            .ok()
            .and_then(|text| text.parse().ok());
        let clock = || {
            let since = std::time::UNIX_EPOCH.elapsed().unwrap();
            u64::from(since.subsec_nanos()) + 1
        };
        let seed = given.unwrap_or_else(clock);
        println!("SEED={seed}");
        Random(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end
    }
}
