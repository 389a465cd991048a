//! The effects of gears arrive once, and hooks do not run for what comes from a master.

use crate::common::pair::{Pair, assert_equal, caught_up, follow};
use crate::common::{eventually, free_port, master, plain_connection, untyped};
use crate::{CHANGES, COUNTS_HSET, in_multi, modes, send};
use redgrease_embedded::Server;

#[test]
fn a_hooked_write_arrives_once() {
    for (mode, script) in modes() {
        let pair = Pair::start();
        pair.register(&script);
        assert_eq!(send(&pair.master, "HSET hh a b"), "1", "{mode}");
        pair.is_equal();
        assert_eq!(send(&pair.replica, "HGET hh a"), "b", "{mode}");
        assert_eq!(send(&pair.replica, "GET count"), "1", "{mode}");
    }
}

/// The reply of `SET` and `MSET` waits for a handler, which writes.
const OVERRIDES: &str = "
def handle(record):
    execute('RPUSH', 'log', record['key'])
    override_reply('overridden')
GB('KeysReader').foreach(handle).register('k*', mode='MODE', eventTypes=['set'], commands=['SET', 'MSET'])
";

#[test]
fn a_write_whose_reply_waits_arrives_once() {
    for mode in ["sync", "async", "async_local"] {
        let pair = Pair::start();
        pair.register(&OVERRIDES.replace("MODE", mode));
        assert_eq!(send(&pair.master, "SET k1 v"), "overridden", "{mode}");
        assert_eq!(send(&pair.master, "SET other v"), "OK", "{mode}");
        send(&pair.master, "SET k3 v EX 1000");
        pair.is_equal();
        assert_eq!(send(&pair.replica, "LRANGE log 0 -1"), "k1\nk3", "{mode}");
    }
}

#[test]
fn the_effects_of_hooks_arrive_whoever_caused_them() {
    let pair = Pair::start();
    pair.register(CHANGES);
    let master = &pair.master;
    for command in [
        "SET c1 v",
        "SET other v",
        "RPUSH none v",
        "RPUSH some v",
        "MSET c2 v m 1",
        "INCR m",
        "RENAME m n",
        "COPY n c4",
        "DEL c2",
        "EXPIRE n 1000",
        "XADD x * f v",
        "PUBLISH channel text",
        "STRLEN n",
        "RG.TRIGGER set c5 v",
        "RG.TRIGGER set_later c6 v",
        "SORT some ALPHA STORE sorted",
    ] {
        send(master, command);
    }
    in_multi(
        master,
        &["SET c7 v", "INCR m", "PUBLISH channel text", "STRLEN c7"],
    );
    let script = "redis.call('SET', 'c8', 'v') redis.call('INCR', 'm') return redis.call('PUBLISH', 'channel', 'text')";
    untyped(master, &["EVAL", script, "0"]);
    eventually("all events are handled", || {
        send(master, "GET events") == "6"
    });
    pair.is_equal();
    let counts = send(&pair.replica, "HGETALL counts");
    assert!(
        counts.contains("incr\n3") && counts.contains("publish\n3"),
        "{counts}"
    );
    assert_eq!(send(&pair.replica, "GET changed:c8"), "v");
    assert_eq!(send(&pair.replica, "EXISTS c1 c5 none"), "0");
}

#[test]
fn what_a_master_sends_without_writing_runs_once() {
    for mode in ["sync", "async", "async_local"] {
        let pair = Pair::start();
        // The master sends PUBLISH to its replicas, and PING to tell them that it lives.
        let script = "
for name in ['PUBLISH', 'PING']:
    GB('CommandReader').map(lambda words: (log('hook ' + words[0]), call_next(*words[1:]))[1]).register(hook=name, mode='MODE', convertToStr=False)
";
        assert_eq!(
            send(&pair.master, "CONFIG SET repl-ping-replica-period 1"),
            "OK"
        );
        pair.register(&script.replace("MODE", mode));
        let mut con = plain_connection(&pair.replica);
        let mut subscribed = con.as_pubsub();
        subscribed.subscribe("channel").unwrap();
        assert_eq!(send(&pair.master, "PUBLISH channel text"), "0");
        let message = subscribed.get_message().unwrap();
        assert_eq!(message.get_payload::<String>().unwrap(), "text");
        drop(subscribed);
        let pinged = || crate::common::calls_of(&pair.replica, "PING");
        let before = pinged();
        eventually("the master pings", || pinged() > before);
        pair.is_equal();
        assert!(!pair.replica.log_tail(200).contains("hook "), "{mode}");
        // A client of the replica meets the hook of a command that only reads.
        assert_eq!(send(&pair.replica, "PUBLISH channel text"), "0");
        eventually("the hook runs", || {
            pair.replica.log_tail(20).contains("hook PUBLISH")
        });
    }
}

#[test]
fn clients_of_a_replica_meet_the_hooks_of_reads() {
    for mode in ["sync", "async_local"] {
        let pair = Pair::start();
        let script = "GB('CommandReader').map(lambda words: 'hooked ' + call_next(*words[1:])).register(hook='GET', mode='MODE')";
        pair.register(&script.replace("MODE", mode));
        send(&pair.master, "SET k v");
        pair.catch_up();
        assert_eq!(send(&pair.replica, "GET k"), "hooked v", "{mode}");
        // Before Redis 7 a replica may be sent whole scripts: hooks do not run inside of them.
        let read = untyped(
            &pair.replica,
            &["EVAL", "return redis.call('GET', 'k')", "0"],
        );
        assert_eq!(read, "v", "{mode}");
    }
}

#[test]
fn a_hook_leaves_writes_to_a_replica_alone() {
    let pair = Pair::start();
    pair.register(&COUNTS_HSET.replace("MODE", "async"));
    let refused = send(&pair.replica, "HSET hh a b");
    assert!(refused.starts_with("READONLY"), "{refused}");
    assert_eq!(send(&pair.replica, "CONFIG SET replica-read-only no"), "OK");
    assert_eq!(send(&pair.replica, "HSET own a b"), "1");
    assert_eq!(send(&pair.replica, "EXISTS count"), "0");
}

#[test]
fn replicas_of_replicas_get_the_effects() {
    for (mode, script) in modes() {
        let (first, port) = master();
        let middle_port = free_port();
        let middle = Server::builder()
            .port(middle_port)
            .server_arg("repl-diskless-sync-delay", "0")
            .start()
            .unwrap();
        let last = Server::start().unwrap();
        follow(&middle, port);
        follow(&last, middle_port);
        assert_eq!(untyped(&first, &["RG.PYEXECUTE", &script]), "OK");
        for number in 0..20 {
            send(&first, &format!("HSET hh f{number} v"));
        }
        caught_up(&first, &middle);
        caught_up(&first, &last);
        assert_equal("the first replica", &first, &middle);
        assert_equal("the second replica", &first, &last);
        assert_eq!(send(&last, "GET count"), "20", "{mode}");
    }
}
