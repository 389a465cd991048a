//! `registerTE`: time events of scripts, of running gears, and of keys.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::{eventually, master, plain_connection, untyped};
use redgrease_embedded::{Builder, Server};
use std::path::Path;
use std::time::Duration;

/// Increments `n`, using a global, a class and a closure of the script.
const SCRIPT: &str = "
step = 1
class Counter:
    def __init__(self, key): self.key = key
    def count(self): execute('INCRBY', self.key, step)
def counting(key):
    counter = Counter(key)
    return lambda: counter.count()
execute('SET', 'made', str(registerTE(1, counting('n'), 'te')))
";

fn executes(server: &Server, script: &str) {
    assert_eq!(untyped(server, &["RG.PYEXECUTE", script]), "OK");
}

fn count(server: &Server, key: &str) -> u64 {
    untyped(server, &["GET", key]).parse().unwrap_or(0)
}

fn keeps_running(server: &Server, key: &str) {
    let before = count(server, key);
    eventually("the time event runs", || count(server, key) > before);
}

/// Checks that the time event does not run during twice its interval.
fn has_stopped(server: &Server, key: &str) {
    // A run may be in progress.
    std::thread::sleep(Duration::from_millis(200));
    let before = count(server, key);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(count(server, key), before);
}

fn kept(dir: &Path) -> Builder {
    Server::builder().dir(dir)
}

#[test]
fn a_time_event_ends_with_its_key() {
    let server = Server::start().unwrap();
    executes(&server, SCRIPT);
    assert_eq!(untyped(&server, &["GET", "made"]), "True");
    assert_eq!(untyped(&server, &["TYPE", "te"]), "rg_timeev");
    keeps_running(&server, "n");

    // An existing key is not replaced, whatever its type.
    executes(&server, SCRIPT);
    assert_eq!(untyped(&server, &["GET", "made"]), "False");
    executes(
        &server,
        "execute('SET', 'text', 'x')\nexecute('SET', 'made', str(registerTE(1, lambda: 1, 'text')))",
    );
    assert_eq!(untyped(&server, &["GET", "made"]), "False");

    // A renamed key keeps its time event.
    assert_eq!(untyped(&server, &["RENAME", "te", "other"]), "OK");
    keeps_running(&server, "n");
    assert_eq!(untyped(&server, &["PEXPIRE", "other", "1"]), "1");
    eventually("the key expires", || {
        untyped(&server, &["EXISTS", "other"]) == "0"
    });
    has_stopped(&server, "n");
}

#[test]
fn a_time_event_is_restored_from_the_rdb() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept(dir.path()).start().unwrap();
    executes(&server, SCRIPT);
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.kill().unwrap();

    let server = kept(dir.path()).start().unwrap();
    keeps_running(&server, "n");
    assert_eq!(untyped(&server, &["FLUSHALL", "ASYNC"]), "OK");
    has_stopped(&server, "n");
}

#[test]
fn a_time_event_is_restored_from_the_aof_before_and_after_a_rewrite() {
    let dir = tempfile::tempdir().unwrap();
    let with_aof = || {
        kept(dir.path())
            .server_arg("appendonly", "yes")
            .server_arg("appendfsync", "always")
            .server_arg("aof-use-rdb-preamble", "no")
    };
    let server = with_aof().start().unwrap();
    executes(&server, SCRIPT);
    let run = "GB('ShardsIDReader').map(lambda r: registerTE(1, lambda: execute('INCR', 'm'), 'of a run')).run()";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", run]), "True\n");
    server.kill().unwrap();

    let server = with_aof().start().unwrap();
    keeps_running(&server, "n");
    keeps_running(&server, "m");
    untyped(&server, &["BGREWRITEAOF"]);
    eventually("the AOF is rewritten", || {
        let info = untyped(&server, &["INFO", "persistence"]);
        info.contains("aof_rewrite_in_progress:0")
            && info.contains("aof_rewrite_scheduled:0")
            && !info.contains("aof_last_rewrite_time_sec:-1")
    });
    server.kill().unwrap();

    let server = with_aof().start().unwrap();
    keeps_running(&server, "n");
}

#[test]
fn a_replica_runs_the_time_event_when_it_becomes_a_master() {
    let (master, port) = master();
    executes(&master, SCRIPT);
    let replica = Server::start().unwrap();
    let port = port.to_string();
    assert_eq!(untyped(&replica, &["REPLICAOF", "127.0.0.1", &port]), "OK");
    eventually("the replica has the key", || {
        untyped(&replica, &["TYPE", "te"]) == "rg_timeev"
    });
    executes(
        &master,
        "registerTE(1, lambda: execute('INCR', 'm'), 'late')",
    );
    eventually("the replica has the second key", || {
        untyped(&replica, &["TYPE", "late"]) == "rg_timeev"
    });
    keeps_running(&replica, "m");
    // The counts would differ if the replica ran the time event, too.
    eventually("the replica follows", || {
        count(&master, "m") == count(&replica, "m")
    });

    master.kill().unwrap();
    has_stopped(&replica, "m");
    assert_eq!(untyped(&replica, &["REPLICAOF", "NO", "ONE"]), "OK");
    keeps_running(&replica, "m");
    keeps_running(&replica, "n");
}

/// A value of a key as an AOF tells it: format byte, interval of one second, name of the session, no user, function.
fn stored(function: &[u8]) -> Vec<u8> {
    let mut value = vec![1];
    value.extend(1000_u64.to_le_bytes());
    value.extend(3_u64.to_le_bytes());
    value.extend(b"app\0");
    value.extend((function.len() as u64).to_le_bytes());
    value.extend(function);
    value
}

/// A command as an AOF contains it.
fn in_aof(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).into_bytes());
        bytes.extend(*word);
        bytes.extend(b"\r\n");
    }
    bytes
}

#[test]
fn a_time_event_of_another_python_keeps_its_key() {
    let dir = tempfile::tempdir().unwrap();
    // A function of Python 2.7.
    let value = stored(b"RGPF\x01\x02\x07.");
    let command: &[u8] = b"RG.INNERTIMEEVENT";
    let aof = [
        in_aof(&[b"SELECT", b"0"]),
        in_aof(&[command, b"te", &value]),
        in_aof(&[b"SET", b"last", b"1"]),
    ];
    std::fs::write(dir.path().join("appendonly.aof"), aof.concat()).unwrap();
    let server = kept(dir.path())
        .server_arg("appendonly", "yes")
        .start()
        .unwrap();
    eventually("the reason is logged", || {
        server.log_tail(200).contains(
            "a time event of session app does not run, its key stays without it: ValueError: it \
             was stored by Python 2.7",
        )
    });
    assert_eq!(untyped(&server, &["TYPE", "te"]), "rg_timeev");
    assert_eq!(untyped(&server, &["EXISTS", "te", "last"]), "2");
}

#[test]
fn restore_refuses_time_events() {
    let server = Server::start().unwrap();
    executes(&server, SCRIPT);
    let mut con = plain_connection(&server);
    let dumped: Vec<u8> = redis::cmd("DUMP").arg("te").query(&mut con).unwrap();
    let mut restore = redis::cmd("RESTORE");
    restore.arg("other").arg(0).arg(dumped);
    let refused: redis::RedisResult<String> = restore.query(&mut con);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("Bad data format"), "{refused}");
    let says = "a key with a time event was not restored";
    assert!(server.log_tail(20).contains(says));
    assert_eq!(untyped(&server, &["EXISTS", "te", "other"]), "1");
    keeps_running(&server, "n");
}

#[test]
fn a_user_who_may_not_write_the_key_cannot_create_a_time_event() {
    let server = Server::start().unwrap();
    if lacks(&server, Capability::CommandsAsUser) {
        return;
    }
    let script = "GB('CommandReader').map(lambda r: str(registerTE(1, lambda: 1, r[1]))).register(\
                  trigger='te', mode='async_local')";
    executes(&server, script);
    let words = "ACL SETUSER joe on nopass ~mine:* +@all";
    let words: Vec<&str> = words.split(' ').collect();
    assert_eq!(untyped(&server, &words), "OK");
    let mut con = plain_connection(&server);
    let _: String = redis::cmd("AUTH")
        .arg("joe")
        .arg("")
        .query(&mut con)
        .unwrap();
    let mut trigger = |key: &str| -> redis::RedisResult<Vec<String>> {
        redis::cmd("RG.TRIGGER").arg("te").arg(key).query(&mut con)
    };
    assert_eq!(trigger("mine:te").unwrap(), ["True"]);
    let refused = trigger("yours").unwrap_err().to_string();
    assert!(refused.contains("no permissions"), "{refused}");
    assert_eq!(untyped(&server, &["EXISTS", "yours"]), "0");
}

#[test]
fn running_gears_register_time_events_in_their_session() {
    let server = Server::start().unwrap();
    let script = "
def begin(r):
    registerTE(1, lambda: execute('INCR', r[1]))
GB('CommandReader').foreach(begin).register(trigger='sync', mode='sync')
GB('CommandReader').foreach(begin).register(trigger='later')
";
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", script, "ID", "app"]),
        "OK"
    );
    untyped(&server, &["RG.TRIGGER", "sync", "a"]);
    untyped(&server, &["RG.TRIGGER", "later", "b"]);
    keeps_running(&server, "a");
    keeps_running(&server, "b");

    // The time events end with the session.
    let nothing = "GB('CommandReader').register(trigger='other')";
    let upgraded = untyped(&server, &["RG.PYEXECUTE", nothing, "ID", "app", "UPGRADE"]);
    assert_eq!(upgraded, "OK");
    has_stopped(&server, "a");
    has_stopped(&server, "b");
}

#[test]
fn an_aof_with_a_time_event_that_is_cut_short_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let value = stored(b"RGPF\x01\x02\x07.");
    let aof = [
        in_aof(&[b"SELECT", b"0"]),
        in_aof(&[b"RG.INNERTIMEEVENT", b"cut", &value[..20]]),
        in_aof(&[b"SET", b"last", b"1"]),
    ];
    std::fs::write(dir.path().join("appendonly.aof"), aof.concat()).unwrap();
    let refused = kept(dir.path()).server_arg("appendonly", "yes").start();
    let said = refused.err().unwrap().to_string();
    assert!(
        said.contains("the AOF is not loaded and stays as it is"),
        "{said}"
    );
}
