//! When sync handlers of key events run, what they see, and what stops them: on every server after the command of the event.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::{eventually, field, plain_connection, untyped};
use redgrease_embedded::Server;
use std::thread;

fn server() -> Server {
    Server::start().unwrap()
}

#[track_caller]
fn register(server: &Server, script: &str) {
    assert_eq!(untyped(server, &["RG.PYEXECUTE", script]), "OK");
}

/// Sends commands in one piece, as a pipeline, or as a transaction.
fn together(server: &Server, transaction: bool, commands: &[&[&str]]) -> Vec<redis::Value> {
    let mut pipe = redis::pipe();
    if transaction {
        pipe.atomic();
    }
    for words in commands {
        pipe.cmd(words[0]).arg(&words[1..]);
    }
    pipe.query(&mut plain_connection(server)).unwrap()
}

/// The statistics of the only registration.
fn statistics(server: &Server) -> Vec<String> {
    let rows = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    rows.lines().map(str::to_owned).collect()
}

const COUNT: &str = "GB('KeysReader').foreach(lambda r: execute('INCR', 'count')) \
    .register('k*', mode='sync', eventTypes=['set'])";

#[test]
fn the_effect_is_there_when_the_command_is_answered() {
    let server = server();
    register(&server, COUNT);
    let mut con = plain_connection(&server);
    let count = |con: &mut redis::Connection| -> u64 {
        redis::cmd("GET").arg("count").query(con).unwrap_or(0)
    };
    for number in 1..200 {
        redis::cmd("SET").arg("k").arg("v").exec(&mut con).unwrap();
        assert_eq!(count(&mut con), number);
    }
    untyped(&server, &["DEL", "count"]);
    together(&server, true, &[&["SET", "k", "1"], &["SET", "k", "2"]]);
    assert_eq!(count(&mut con), 2);
    let twice = "redis.call('SET', 'k', 1) redis.call('SET', 'k', 2)";
    untyped(&server, &["EVAL", twice, "0"]);
    assert_eq!(count(&mut con), 4);
}

/// What a handler causes runs later, and does not delay the handler of the next command.
#[test]
fn the_effect_is_there_although_handlers_cause_events() {
    let server = server();
    register(
        &server,
        "GB('KeysReader').foreach(lambda r: execute('XADD', 'added', '*', 'key', r['key'])) \
         .register('k*', mode='sync', eventTypes=['set'])
GB('KeysReader').foreach(lambda r: None).register('added', mode='sync')
GB('StreamReader').foreach(lambda r: None).register('added', trimStream=False)",
    );
    let mut con = plain_connection(&server);
    for number in 1..=500 {
        let () = redis::cmd("SET").arg("k").arg("v").query(&mut con).unwrap();
        let added: u64 = redis::cmd("XLEN").arg("added").query(&mut con).unwrap();
        assert_eq!(added, number);
    }
}

#[test]
fn the_effect_is_there_when_the_command_of_a_gear_returns() {
    let server = server();
    register(&server, COUNT);
    for (trigger, mode) in [("sync", "sync"), ("async", "async_local")] {
        let script = format!(
            "GB('CommandReader').map(lambda x: (execute('SET', 'k', 'v'), execute('GET', 'count'))[1]) \
             .register(trigger='{trigger}', mode='{mode}')"
        );
        register(&server, &script);
    }
    register(
        &server,
        "def inside(x):\n    with atomic():\n        execute('SET', 'k', 'v')\n        return execute('GET', 'count')\n\
         GB('CommandReader').map(inside).register(trigger='atomic', mode='async_local')",
    );
    assert_eq!(untyped(&server, &["RG.TRIGGER", "sync"]), "1");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "async"]), "2");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "atomic"]), "3");
    let script = "execute('SET', 'k', 'v'); log(execute('GET', 'count')); \
        execute('SET', 'seen', execute('GET', 'count'))";
    register(&server, script);
    assert_eq!(untyped(&server, &["GET", "seen"]), "4");
    // The gear runs inside a transaction, and inside a script of the server.
    let all = together(
        &server,
        true,
        &[&["RG.TRIGGER", "sync"], &["RG.TRIGGER", "sync"]],
    );
    assert_eq!(all.len(), 2);
    let nested = "return redis.call('RG.TRIGGER', 'sync')";
    assert_eq!(untyped(&server, &["EVAL", nested, "0"]), "7");
}

#[test]
fn a_reply_is_replaced_wherever_its_command_runs() {
    let server = server();
    register(
        &server,
        "GB('KeysReader').foreach(lambda r: override_reply('replaced ' + get_command()[1])) \
         .register('k*', mode='sync', eventTypes=['set'], commands=['set'])",
    );
    register(
        &server,
        "GB('CommandReader').map(lambda x: execute('SET', x[1], 'v')).register(trigger='t', mode='sync')",
    );
    assert_eq!(untyped(&server, &["SET", "k1", "v"]), "replaced k1");
    let text = |value: &redis::Value| redis::from_redis_value_ref::<String>(value).unwrap();
    for transaction in [false, true] {
        let all: &[&[&str]] = &[
            &["SET", "k1", "v"],
            &["SET", "other", "v"],
            &["SET", "k2", "v"],
        ];
        let replies = together(&server, transaction, all);
        let replies: Vec<String> = replies.iter().map(text).collect();
        assert_eq!(
            replies,
            ["replaced k1", "OK", "replaced k2"],
            "{transaction}"
        );
    }
    let nested = "return redis.call('SET', 'k3', 'v')";
    assert_eq!(untyped(&server, &["EVAL", nested, "0"]), "replaced k3");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t", "k4"]), "replaced k4");
}

#[test]
fn a_handler_does_not_see_the_command_that_another_handler_waits_for() {
    let server = server();
    register(
        &server,
        "GB('KeysReader').foreach(lambda r: override_reply('mine')).register('k', mode='sync', commands=['set'])",
    );
    register(
        &server,
        "def look(r):\n    try:\n        get_command()\n    except Exception as e:\n        execute('SET', 'seen', str(e))\n\
         GB('KeysReader').foreach(look).register('k', mode='sync')",
    );
    assert_eq!(untyped(&server, &["SET", "k", "v"]), "mine");
    assert!(untyped(&server, &["GET", "seen"]).contains("Can not get command ctx"));
}

#[test]
fn handlers_run_in_the_order_of_events_and_of_registrations() {
    let server = server();
    for name in ["a", "b"] {
        let script = format!(
            "GB('KeysReader').foreach(lambda r: execute('RPUSH', 'log', '{name} ' + r['event'] + ' ' + r['key'])) \
             .register('k*', mode='sync', readValue=False)"
        );
        register(&server, &script);
    }
    together(
        &server,
        true,
        &[
            &["SET", "k1", "v", "EX", "100"],
            &["RENAME", "k1", "k2"],
            &["DEL", "k2"],
        ],
    );
    let log = untyped(&server, &["LRANGE", "log", "0", "-1"]);
    let events = [
        "set k1",
        "expire k1",
        "rename_from k1",
        "rename_to k2",
        "del k2",
    ];
    let both = events
        .iter()
        .flat_map(|event| [format!("a {event}"), format!("b {event}")]);
    assert_eq!(log.lines().collect::<Vec<_>>(), both.collect::<Vec<_>>());
}

#[test]
fn a_record_holds_the_value_that_the_key_has_when_its_handler_runs() {
    let server = server();
    register(
        &server,
        "GB('KeysReader').foreach(lambda r: execute('RPUSH', 'log', str([r['type'], r['value']]))) \
         .register('k', mode='sync', eventTypes=['set'])",
    );
    together(&server, true, &[&["SET", "k", "1"], &["SET", "k", "2"]]);
    together(
        &server,
        true,
        &[&["SET", "k", "3"], &["DEL", "k"], &["RPUSH", "k", "4"]],
    );
    together(&server, true, &[&["SET", "k", "5"], &["FLUSHALL"]]);
    let log = untyped(&server, &["LRANGE", "log", "0", "-1"]);
    assert_eq!(log, "['empty', None]", "after FLUSHALL");
    together(&server, true, &[&["SET", "k", "1"], &["SET", "k", "2"]]);
    together(
        &server,
        true,
        &[&["SET", "k", "3"], &["DEL", "k"], &["RPUSH", "k", "4"]],
    );
    let log = untyped(&server, &["LRANGE", "log", "1", "-1"]);
    assert_eq!(log, "['string', '2']\n['string', '2']\n['list', ['4']]");
}

#[test]
fn a_handler_that_fails_stands_in_the_statistics_and_the_next_one_runs() {
    let server = server();
    register(
        &server,
        "GB('KeysReader').foreach(lambda r: 1 / 0).register('k', mode='sync')",
    );
    for number in ["1", "2"] {
        assert_eq!(untyped(&server, &["SET", "k", "v"]), "OK");
        let statistics = statistics(&server);
        assert_eq!(field(&statistics, "numFailures"), number);
        assert!(
            statistics
                .iter()
                .any(|row| row.contains("ZeroDivisionError"))
        );
    }
}

#[test]
fn an_event_that_came_before_the_end_of_its_registration_is_handled() {
    let server = server();
    register(&server, COUNT);
    let id = field(&statistics(&server), "id").to_owned();
    let unregister: &[&str] = &["RG.UNREGISTER", &id];
    together(
        &server,
        false,
        &[&["SET", "k", "v"], unregister, &["SET", "k", "v"]],
    );
    eventually("the first event was handled", || {
        untyped(&server, &["GET", "count"]) == "1"
    });
    assert_eq!(untyped(&server, &["RG.DUMPREGISTRATIONS"]), "");
}

#[test]
fn handlers_that_cause_each_other_without_end_leave_the_server_to_its_clients() {
    let server = server();
    register(
        &server,
        "GB('StreamReader').foreach(lambda r: execute('XADD', 's' + str(int(r['key'][1:]) + 1), '*', 'f', 'v')) \
         .register('s*', mode='sync')",
    );
    untyped(&server, &["XADD", "s1", "*", "f", "v"]);
    let keys = || untyped(&server, &["DBSIZE"]).parse::<u64>().unwrap();
    let first = keys();
    eventually("the chain goes on", || keys() > first + 3);
    let id = field(&statistics(&server), "id").to_owned();
    assert_eq!(untyped(&server, &["RG.UNREGISTER", &id]), "OK");
    // A handler of key events causes no events.
    untyped(&server, &["FLUSHALL"]);
    register(
        &server,
        "GB('KeysReader').foreach(lambda r: execute('SET', 'k' + r['key'], 'v')).register('k*', mode='sync')",
    );
    untyped(&server, &["SET", "k", "v"]);
    assert_eq!(untyped(&server, &["DBSIZE"]), "2");
}

#[test]
fn a_command_that_the_user_of_a_handler_may_not_run_is_an_error() {
    let server = server();
    if lacks(&server, Capability::CommandsAsUser) {
        return;
    }
    let rules = "ACL SETUSER ann on >p ~* +@all -flushall";
    let words: Vec<&str> = rules.split(' ').collect();
    assert_eq!(untyped(&server, &words), "OK");
    let mut ann = plain_connection(&server);
    redis::cmd("AUTH")
        .arg("ann")
        .arg("p")
        .exec(&mut ann)
        .unwrap();
    let refused = "def refused(r):\n    try:\n        execute('FLUSHALL')\n    except Exception as e:\n        \
        execute('RPUSH', 'refused', str(e))\n";
    for registration in [
        "GB('KeysReader').foreach(refused).register('k*', mode='sync', eventTypes=['set'])",
        "GB('StreamReader').foreach(refused).register('s', mode='sync')",
        "GB('StreamReader').foreach(lambda r: execute('RG.TRIGGER', 'nested')).register('n', mode='sync')",
        "GB('CommandReader').foreach(refused).register(trigger='nested', mode='sync')",
        "GB('CommandReader').foreach(lambda x: execute('SET', 'k', 'v')).register(trigger='t', mode='sync')",
    ] {
        let script = format!("{refused}{registration}");
        redis::cmd("RG.PYEXECUTE")
            .arg(script)
            .exec(&mut ann)
            .unwrap();
    }
    let count = || untyped(&server, &["LLEN", "refused"]);
    untyped(&server, &["SET", "k", "v"]);
    eventually("the key event was handled", || count() == "1");
    untyped(&server, &["XADD", "s", "*", "f", "v"]);
    eventually("the message was handled", || count() == "2");
    untyped(&server, &["XADD", "n", "*", "f", "v"]);
    eventually("the trigger of a handler ran", || count() == "3");
    // Of the user `default`, whose trigger causes an event that a handler of `ann` handles.
    untyped(&server, &["RG.TRIGGER", "t"]);
    eventually("both were handled", || count() == "4");
    let errors = untyped(&server, &["LRANGE", "refused", "0", "-1"]);
    assert!(!errors.contains("None"), "{errors}");
    assert!(!untyped(&server, &["ACL", "LOG"]).is_empty());
}

#[test]
fn events_without_a_client() {
    let server = server();
    register(
        &server,
        "GB('KeysReader').foreach(lambda r: (execute('RPUSH', 'log', r['event'] + r['key']), execute('DEL', r['key']))) \
         .register('k*', mode='sync', eventTypes=['expired', 'evicted', 'keymiss'], readValue=False)",
    );
    let happened = |what: &str| {
        let log = untyped(&server, &["LRANGE", "log", "0", "-1"]);
        log.lines().any(|line| line == what)
    };
    // The server finds by itself that a key has expired.
    untyped(&server, &["SET", "k1", "v", "PX", "1"]);
    eventually("the first key has expired", || happened("expiredk1"));
    // A client or the server finds it.
    untyped(&server, &["SET", "k2", "v", "PX", "1"]);
    eventually("the second key has expired", || {
        untyped(&server, &["EXISTS", "k2"]) == "0" && happened("expiredk2")
    });
    // A gear finds it.
    let gear =
        "execute('SET', 'k3', 'v', 'PX', '1'); import time; time.sleep(0.01); execute('GET', 'k3')";
    register(&server, gear);
    eventually("the third key has expired", || happened("expiredk3"));
    untyped(&server, &["GET", "k4"]);
    eventually("a key was missed", || happened("keymissk4"));
    // The server makes room.
    untyped(&server, &["SET", "k5", &"v".repeat(100_000)]);
    untyped(
        &server,
        &["CONFIG", "SET", "maxmemory-policy", "allkeys-random"],
    );
    let memory = untyped(&server, &["INFO", "memory"]);
    let used = memory
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    // Enough for the handler when the key is gone: a write of a gear is refused without memory.
    let limit = used.unwrap().trim().parse::<u64>().unwrap() - 50_000;
    untyped(&server, &["CONFIG", "SET", "maxmemory", &limit.to_string()]);
    untyped(&server, &["GET", "nothing"]);
    untyped(&server, &["CONFIG", "SET", "maxmemory", "0"]);
    let registration = statistics(&server);
    eventually("keys were evicted", || {
        untyped(&server, &["EXISTS", "k5"]) == "0"
    });
    assert_eq!(field(&registration, "numFailures"), "0", "{registration:?}");
}

#[test]
fn a_client_that_waits_for_a_key() {
    let server = server();
    register(
        &server,
        "GB('KeysReader').foreach(lambda r: execute('DEL', r['key'])).register('k*', mode='sync', eventTypes=['lpop'])",
    );
    thread::scope(|scope| {
        let waits = scope.spawn(|| untyped(&server, &["BLPOP", "k", "20"]));
        eventually("the client waits", || {
            untyped(&server, &["INFO", "clients"]).contains("blocked_clients:1")
        });
        untyped(&server, &["RPUSH", "k", "a", "b"]);
        assert_eq!(waits.join().unwrap(), "k\na");
    });
    eventually("the handler removed the rest", || {
        untyped(&server, &["EXISTS", "k"]) == "0"
    });
}

#[test]
fn a_handler_waits_while_the_server_pauses_its_clients() {
    let server = server();
    register(&server, COUNT);
    let pause: &[&str] = &["CLIENT", "PAUSE", "300", "WRITE"];
    together(&server, false, &[&["SET", "k", "v"], pause]);
    together(&server, true, &[&["SET", "other", "v"], &["GET", "other"]]);
    eventually("the event was handled", || {
        untyped(&server, &["GET", "count"]) == "1"
    });
}
