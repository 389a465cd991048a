//! A master and its replica, and the comparison of what servers hold.

use super::{eventually, master, plain_connection, untyped};
use redgrease_embedded::Server;
use std::collections::BTreeMap;

/// A master and a replica that follows it.
pub(crate) struct Pair {
    pub(crate) master: Server,
    pub(crate) replica: Server,
}

impl Pair {
    pub(crate) fn start() -> Pair {
        let (master, port) = master();
        let replica = Server::start().unwrap();
        follow(&replica, port);
        Pair { master, replica }
    }

    /// Waits until the replica has run everything that the master has sent.
    #[track_caller]
    pub(crate) fn catch_up(&self) {
        caught_up(&self.master, &self.replica);
    }

    /// Runs a script on the master and waits for the replica.
    #[track_caller]
    pub(crate) fn register(&self, script: &str) {
        assert_eq!(untyped(&self.master, &["RG.PYEXECUTE", script]), "OK");
        self.catch_up();
    }

    /// Checks that both servers hold the same keys with the same values.
    #[track_caller]
    pub(crate) fn is_equal(&self) {
        self.catch_up();
        assert_equal("the replica", &self.master, &self.replica);
    }
}

/// Makes `replica` follow the master at `port`, and waits until it does.
#[track_caller]
pub(crate) fn follow(replica: &Server, port: u16) {
    let port = port.to_string();
    assert_eq!(untyped(replica, &["REPLICAOF", "127.0.0.1", &port]), "OK");
    eventually("the replica is connected", || {
        untyped(replica, &["INFO", "replication"]).contains("master_link_status:up")
    });
}

/// Waits until `replica` has run everything that `master` has sent.
#[track_caller]
pub(crate) fn caught_up(master: &Server, replica: &Server) {
    let sent = number(master, "master_repl_offset");
    eventually("the replica has caught up", || {
        number(replica, "slave_repl_offset") >= sent
    });
}

fn number(server: &Server, field: &str) -> u64 {
    let info = untyped(server, &["INFO", "replication"]);
    let value = info
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    value
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0)
}

#[track_caller]
pub(crate) fn assert_equal(what: &str, expected: &Server, server: &Server) {
    let (expected, found) = (contents(expected), contents(server));
    let differing: Vec<String> = expected
        .keys()
        .chain(found.keys())
        .filter(|key| expected.get(*key) != found.get(*key))
        .map(|key| {
            format!(
                "{key}: {:?}, {what} has {:?}",
                expected.get(key),
                found.get(key)
            )
        })
        .take(5)
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Every key of the first databases with its value, in a form that does not depend on how the server stores it.
pub(crate) fn contents(server: &Server) -> BTreeMap<String, String> {
    let mut con = plain_connection(server);
    let mut all = BTreeMap::new();
    for database in 0..4 {
        let _: () = redis::cmd("SELECT").arg(database).query(&mut con).unwrap();
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut con).unwrap();
        for key in keys {
            let value = value(&mut con, &key);
            let key = String::from_utf8_lossy(&key).into_owned();
            all.insert(format!("{database}/{key}"), value);
        }
    }
    all
}

fn value(con: &mut redis::Connection, key: &[u8]) -> String {
    let kind: String = redis::cmd("TYPE").arg(key).query(con).unwrap();
    let (words, is_set): (&[&str], bool) = match kind.as_str() {
        "string" => (&["GET"], false),
        "list" => (&["LRANGE", "0", "-1"], false),
        "hash" => (&["HGETALL"], false),
        "set" => (&["SMEMBERS"], true),
        "zset" => (&["ZRANGE", "0", "-1", "WITHSCORES"], false),
        "stream" => (&["XRANGE", "-", "+"], false),
        _ => (&["EXISTS"], false),
    };
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(key).arg(&words[1..]);
    let mut value: redis::Value = cmd.query(con).unwrap();
    if let redis::Value::Array(items) = &mut value {
        if kind == "hash" {
            let mut pairs: Vec<_> = items.chunks(2).map(<[_]>::to_vec).collect();
            pairs.sort_by_key(|pair| format!("{pair:?}"));
            *items = pairs.concat();
        } else if is_set {
            items.sort_by_key(|item| format!("{item:?}"));
        }
    }
    let ttl: i64 = redis::cmd("TTL").arg(key).query(con).unwrap();
    // Servers are asked one after the other: the times to live differ a little.
    format!("{kind} expires: {} {value:?}", ttl >= 0)
}
