//! Commands of gears that reach other clients: subscribers, and clients that monitor or track keys. Gears run them on threads of the
//! engine, and the server may have I/O threads of its own.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, plain_connection, untyped};
use redgrease_embedded::Server;
use std::time::Duration;

/// The ways on which a gear may run a command, as triggers of the same name.
const WAYS: [&str; 7] = [
    "sync",
    "async",
    "async_local",
    "block",
    "thread",
    "coroutine",
    "task",
];

const GEARS: &str = "
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
def run(x):
    return str(execute(*x[1:]))
def block(x):
    with atomic():
        return run(x)
def thread(x):
    answers = []
    worker = threading.Thread(target=lambda: answers.append(run(x)))
    worker.start()
    worker.join()
    return answers[0]
async def coroutine(x):
    await asyncio.sleep(0)
    return run(x)
def task(x):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run, x).result()
for mode in ['sync', 'async', 'async_local']:
    GB('CommandReader').map(run).register(trigger=mode, mode=mode)
for f in [block, thread, coroutine, task]:
    GB('CommandReader').map(f).register(trigger=f.__name__, mode='async_local')
";

/// Servers with one thread and with more.
fn servers() -> impl Iterator<Item = Server> {
    ["1", "3"].into_iter().map(|threads| {
        let server = Server::builder()
            .server_arg("io-threads", threads)
            .start()
            .unwrap();
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", GEARS]), "OK");
        server
    })
}

fn trigger(server: &Server, way: &str, words: &[&str]) -> String {
    untyped(server, &[&["RG.TRIGGER", way], words].concat())
}

/// A connection that has sent commands, whose replies are as many values.
fn sent(server: &Server, commands: &[&str]) -> redis::Connection {
    let mut con = plain_connection(server);
    con.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    for command in commands {
        let mut cmd = redis::Cmd::new();
        cmd.arg(command.split(' ').collect::<Vec<_>>());
        con.send_packed_command(&cmd.get_packed_command()).unwrap();
        con.recv_response().unwrap();
    }
    con
}

/// Reads what the server sends until a value contains the text.
fn receives(con: &mut redis::Connection, text: &str) {
    loop {
        let value = format!("{:?}", con.recv_response().unwrap());
        if value.contains(text) {
            return;
        }
    }
}

#[test]
fn subscribers_get_what_gears_publish() {
    for server in servers() {
        let mut subscriber = sent(&server, &["SUBSCRIBE news"]);
        for way in WAYS {
            let message = format!("from-{way}");
            assert_eq!(trigger(&server, way, &["PUBLISH", "news", &message]), "1");
            receives(&mut subscriber, &message);
        }
    }
}

#[test]
fn subscribers_of_key_events_learn_of_writes() {
    for server in servers() {
        untyped(&server, &["CONFIG", "SET", "notify-keyspace-events", "KEA"]);
        let mut subscriber = sent(&server, &["PSUBSCRIBE __keyspace@0__:*"]);
        for way in WAYS {
            let key = format!("key-{way}");
            trigger(&server, way, &["SET", &key, "v"]);
            receives(&mut subscriber, &key);
        }
    }
}

#[test]
fn clients_that_monitor_see_commands_of_gears() {
    for server in servers() {
        let mut monitor = sent(&server, &["MONITOR"]);
        for way in WAYS {
            let value = format!("value-{way}");
            trigger(&server, way, &["SET", "key", &value]);
            receives(&mut monitor, &value);
        }
    }
}

#[test]
fn clients_that_track_keys_learn_of_writes() {
    for server in servers() {
        let mut tracking = sent(&server, &["HELLO 3", "CLIENT TRACKING ON BCAST"]);
        for way in WAYS {
            let key = format!("key-{way}");
            trigger(&server, way, &["SET", &key, "v"]);
            receives(&mut tracking, &key);
        }
    }
}

#[test]
fn clients_that_wait_are_served() {
    for server in servers() {
        for way in WAYS {
            let mut waiting = plain_connection(&server);
            let list = format!("list-{way}");
            let pop = redis::cmd("BLPOP").arg(&list).arg(0).get_packed_command();
            waiting.send_packed_command(&pop).unwrap();
            eventually("the client waits", || {
                untyped(&server, &["INFO", "clients"]).contains("blocked_clients:1")
            });
            trigger(&server, way, &["RPUSH", &list, "element"]);
            receives(&mut waiting, "element");
        }
    }
}

#[test]
fn clients_are_listed_and_ended() {
    for server in servers() {
        for way in WAYS {
            let _idle = sent(&server, &["CLIENT SETNAME idle"]);
            assert!(
                trigger(&server, way, &["CLIENT", "LIST"]).contains("name=idle"),
                "{way}"
            );
            let subscriber = sent(&server, &["SUBSCRIBE news"]);
            let answer = trigger(&server, way, &["CLIENT", "KILL", "TYPE", "pubsub"]);
            assert!(
                answer == "1" || (way == "sync" && answer.contains("CLIENT KILL")),
                "{way}: {answer}"
            );
            drop(subscriber);
            eventually("no client subscribes", || {
                untyped(&server, &["PUBLISH", "news", "x"]) == "0"
            });
        }
        let answer = trigger(
            &server,
            "async_local",
            &["CONFIG", "SET", "maxclients", "500"],
        );
        assert_eq!(answer, "OK");
    }
}

#[test]
fn large_values_are_sent_to_clients_that_leave() {
    for server in servers() {
        let large = "x".repeat(1 << 20);
        for way in WAYS {
            let subscriber = sent(&server, &["SUBSCRIBE news"]);
            for _ in 0..4 {
                trigger(&server, way, &["PUBLISH", "news", &large]);
            }
            drop(subscriber);
            assert_eq!(untyped(&server, &["PING"]), "PONG", "{way}");
        }
    }
}
