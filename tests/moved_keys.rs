//! MOVE and COPY change keys of another database than the client's. The client stays in its own, on replicas and in an AOF, too.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::pair::{Pair, assert_equal, contents};
use common::{eventually, plain_connection, untyped};
use redgrease_embedded::Server;

/// Commands of one client, each followed by a write that shows in which database the client is.
const COMMANDS: [&[&str]; 8] = [
    &["SELECT 1", "SET k v", "MOVE k 0", "SET here 1"],
    &["SELECT 1", "SET k v", "COPY k k DB 2", "SET here 1"],
    &["SELECT 2", "SET k v", "COPY k l", "SET here 1"],
    &[
        "SELECT 1",
        "SET k v",
        "MULTI",
        "MOVE k 3",
        "SET here 1",
        "EXEC",
        "SET there 1",
    ],
    &[
        "SELECT 1",
        "SET k v",
        "MULTI",
        "COPY k k DB 3",
        "SET here 1",
        "EXEC",
        "SET there 1",
    ],
    &[
        "SET k v",
        "MULTI",
        "SELECT 2",
        "SET k w",
        "COPY k k DB 3",
        "SET here 1",
        "EXEC",
        "SET there 1",
    ],
    &["SELECT 1", "SET k v", "EVAL $move 0", "SET here 1"],
    &["SELECT 1", "SET k v", "EVAL $copy 0", "SET here 1"],
];

const MOVE: &str = "redis.call('MOVE', 'k', '2') redis.call('SET', 'inside', '1')";
const COPY: &str = "redis.call('COPY', 'k', 'k', 'DB', '2') redis.call('SET', 'inside', '1') redis.call('SELECT', '3') redis.call('SET', 'k', 'w') redis.call('COPY', 'k', 'k2', 'DB', '1') redis.call('SET', 'inside', '1')";

fn send(server: &Server, commands: &[&str]) {
    let mut con = plain_connection(server);
    for command in commands {
        let mut cmd = redis::Cmd::new();
        for word in command.split(' ') {
            cmd.arg(match word {
                "$move" => MOVE,
                "$copy" => COPY,
                word => word,
            });
        }
        cmd.exec(&mut con).unwrap();
    }
}

fn expected(commands: &[&str]) -> Server {
    let plain = Server::builder().without_engine().start().unwrap();
    send(&plain, commands);
    plain
}

/// Handlers of all events, which run commands of their own.
const HANDLERS: &str = "
GB('KeysReader').foreach(lambda r: execute('PING')).register('*', mode='sync')
GB('KeysReader').foreach(lambda r: execute('COPY', r['key'], 'copied', 'DB', '3', 'REPLACE')).register('nosuch*', mode='sync')
";

#[test]
fn clients_stay_in_their_database() {
    for script in ["", HANDLERS] {
        for commands in COMMANDS {
            let server = Server::start().unwrap();
            assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
            send(&server, commands);
            assert_equal(&format!("{commands:?}"), &expected(commands), &server);
        }
    }
}

#[test]
fn replicas_have_the_same_keys() {
    for commands in COMMANDS {
        let pair = Pair::start();
        send(&pair.master, commands);
        pair.is_equal();
        assert_equal(&format!("{commands:?}"), &expected(commands), &pair.replica);
    }
}

#[test]
fn an_aof_is_read_as_it_was_written() {
    for commands in COMMANDS {
        let dir = tempfile::tempdir().unwrap();
        let start = || {
            Server::builder()
                .dir(dir.path())
                .server_arg("appendonly", "yes")
                .server_arg("appendfsync", "always")
                .start()
                .unwrap()
        };
        let server = start();
        send(&server, commands);
        let before = contents(&server);
        server.kill().unwrap();
        assert_eq!(contents(&start()), before, "{commands:?}");
    }
}

#[test]
fn gears_stay_in_database_0() {
    let script = "
def run(x):
    for words in [('SET', 'k', 'v'), ('COPY', 'k', 'k', 'DB', '2'), ('SET', 'here', '1'), ('MOVE', 'k', '1'), ('SET', 'there', '1')]:
        execute(*words)
def block(x):
    with atomic():
        run(x)
for mode in ['sync', 'async', 'async_local']:
    GB('CommandReader').map(run).register(trigger=mode, mode=mode)
GB('CommandReader').map(block).register(trigger='block', mode='async_local')
GB('KeysReader').foreach(run).register('event', mode='sync')
";
    let expected = {
        let plain = Server::builder().without_engine().start().unwrap();
        send(
            &plain,
            &["SET k v", "COPY k k DB 2", "SET here 1", "MOVE k 1"],
        );
        send(&plain, &["SET there 1"]);
        plain
    };
    for way in ["sync", "async", "async_local", "block", "event"] {
        let pair = Pair::start();
        pair.register(script);
        if way == "event" {
            untyped(&pair.master, &["SET", "event", "v"]);
            untyped(&pair.master, &["DEL", "event"]);
            // The first DEL was a key event, too, and its handler has moved the key again.
            untyped(&pair.master, &["DEL", "k"]);
        } else {
            untyped(&pair.master, &["RG.TRIGGER", way]);
        }
        pair.is_equal();
        assert_equal(way, &expected, &pair.master);
    }
}

#[test]
fn a_target_that_has_expired_is_replaced() {
    let commands = ["SELECT 1", "SET k v", "SET l v"];
    for (words, key) in [("MOVE k 0", "k"), ("COPY l k DB 0", "k")] {
        let server = Server::start().unwrap();
        untyped(&server, &["DEBUG", "SET-ACTIVE-EXPIRE", "0"]);
        untyped(&server, &["SET", key, "old", "PX", "1"]);
        eventually("the target has expired", || {
            untyped(&server, &["PTTL", key]) == "-2"
        });
        send(&server, &[&commands[..], &[words, "SET here 1"]].concat());
        let keys = contents(&server);
        assert!(keys.contains_key("1/here"), "{words}: {keys:?}");
        assert!(keys.contains_key("0/k"), "{words}: {keys:?}");
    }
}
