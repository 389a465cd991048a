//! Commands of gears on keys that another shard has.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use redgrease_embedded::{Cluster, ClusterNode, Server};

fn client(node: &ClusterNode) -> redis::Connection {
    redis::Client::open(node.url())
        .unwrap()
        .get_connection()
        .unwrap()
}

/// The errors of a script.
fn errors(node: &ClusterNode, step: &str) -> Vec<String> {
    let script = format!("{step}\nGB('ShardsIDReader').map(step).run(mode='async_local')");
    let outcome: (Vec<String>, Vec<String>) = redis::cmd("RG.PYEXECUTE")
        .arg(script)
        .query(&mut client(node))
        .unwrap();
    assert!(outcome.0.is_empty(), "{outcome:?}");
    outcome.1
}

/// The key `foo` is in the slot 12182, which the third shard serves; `bar` in 5061, which the first one serves.
fn start() -> Cluster {
    Server::cluster().start().unwrap()
}

#[test]
fn the_error_names_the_shard_that_has_the_key() {
    let cluster = start();
    let (first, third) = (cluster.shard(0), cluster.shard(2));
    let expected = format!(
        "Operation not permitted: the key 'foo' is on the shard {} (127.0.0.1:{})",
        third.id(),
        third.port()
    );
    for step in [
        "def step(x): return execute('get', 'foo')",
        "def step(x): return execute('set', 'foo', 'x')",
        "def step(x):\n  with atomic():\n    return execute('incr', 'foo')",
        "from redgrease_commands import cmd\ndef step(x): return cmd.get('foo')",
        "import redgrease\ndef step(x): return redgrease.cmd.get('foo')",
    ] {
        let errors = errors(&first, step);
        assert_eq!(errors.len(), 1, "{errors:?}");
        for words in [&expected, "repartition", "hashtag()"] {
            assert!(errors[0].contains(words), "{step}: {errors:?}");
        }
    }
    let errors = errors(&first, "def step(x): return execute('mget', 'bar', 'foo')");
    let words = "Operation not permitted: the keys 'bar' and 'foo' are in different hash slots";
    assert!(errors[0].contains(words), "{errors:?}");
}

/// Tools move the first slots of a shard, one after the other. A gear that writes new keys with its tag must not follow them.
#[test]
fn the_tag_of_a_shard_belongs_to_a_slot_that_stays() {
    const SLOTS: u16 = 60;
    let cluster = start();
    let (first, third) = (cluster.shard(0), cluster.shard(2));
    let script = "GB('CommandReader').map(lambda w: execute('set', 'new:%s:{%s}' % (w[1], hashtag()), 'x'))\
        .register(trigger='write', mode='sync')";
    redis::cmd("RG.PYEXECUTE")
        .arg(script)
        .exec(&mut client(&first))
        .unwrap();
    let mut connection = client(&first);
    let mut number = 0;
    let mut refused = Vec::new();
    let mut write = || {
        number += 1;
        let mut call = redis::cmd("RG.TRIGGER");
        if let Err(why) = call.arg("write").arg(number).exec(&mut connection) {
            refused.push(why.to_string());
        }
    };
    write();
    for slot in 0..SLOTS {
        let order = |node: &ClusterNode, words: &[&str]| {
            let mut command = redis::cmd("CLUSTER");
            command.arg("SETSLOT").arg(slot).arg(words);
            command.exec(&mut client(node)).unwrap();
        };
        order(&third, &["IMPORTING", first.id()]);
        order(&first, &["MIGRATING", third.id()]);
        for _ in 0..5 {
            write();
        }
        cluster.move_slot(slot, 2).unwrap();
        write();
    }
    // The slot that was chosen before the first one moved.
    assert!(refused.len() <= 1, "{refused:?}");
    assert!(number > 300);
}

#[test]
fn a_sync_gear_gets_the_same_error() {
    let cluster = start();
    let first = cluster.shard(0);
    let script = "GB('CommandReader').map(lambda w: execute('get', w[1])).register(trigger='read', mode='sync')";
    let _: redis::Value = redis::cmd("RG.PYEXECUTE")
        .arg(script)
        .query(&mut client(&first))
        .unwrap();
    let call = |key: &str| -> redis::RedisResult<Vec<String>> {
        let mut command = redis::cmd("RG.TRIGGER");
        command.arg("read").arg(key).query(&mut client(&first))
    };
    let error = format!("{:?}", call("foo").unwrap_err());
    let words = format!("the key 'foo' is on the shard {}", cluster.shard(2).id());
    assert!(error.contains(&words), "{error}");
    assert!(call("bar").is_ok());
}

/// Valkey 9.1 marks the client of a module that asks for several hash slots, and then refuses all that it is asked for.
#[test]
fn a_shard_works_on_after_a_command_with_keys_of_several_slots() {
    let cluster = start();
    let first = cluster.shard(0);
    let mut client = client(&first);
    for script in [
        "GB('CommandReader').map(lambda w: execute('mget', *w[1:])).register(trigger='read', mode='sync')",
        "GB('CommandReader').map(lambda w: call_next(*w[1:])).register(hook='exists', mode='sync')",
        "GB('KeysReader').register('*', commands=['mset'], mode='sync')",
    ] {
        let _: redis::Value = redis::cmd("RG.PYEXECUTE")
            .arg(script)
            .query(&mut client)
            .unwrap();
    }
    // Each needs the slots of `bar` and `foo`.
    for words in [
        &["RG.TRIGGER", "read", "bar", "foo"][..],
        &["EVAL", "return redis.call('exists', 'bar', 'foo')", "0"],
        &[
            "EVAL",
            "return redis.call('mset', 'bar', 'x', 'foo', 'x')",
            "0",
        ],
        &[
            "RG.PYEXECUTE",
            "GB('ShardsIDReader').map(lambda x: execute('mget', 'bar', 'foo')).run()",
        ],
        &[
            "RG.PYEXECUTE",
            "def step(x):\n  with atomic():\n    return execute('del', 'bar', 'foo')\nGB('ShardsIDReader').map(step).run()",
        ],
        &[
            "RG.PYEXECUTE",
            "execute('eval', 'return 1', 2, 'bar', 'foo')",
        ],
    ] {
        for _ in 0..3 {
            let refused = send(&mut client, words);
            assert!(
                refused.contains("slots") || refused.contains("non local key"),
                "{words:?}: {refused}"
            );
        }
        for (words, expected) in [
            (&["RG.TRIGGER", "read", "bar", "{bar}1"][..], "[None, None]"),
            (
                &["EVAL", "return redis.call('exists', 'bar', '{bar}1')", "0"],
                "0",
            ),
            (
                &[
                    "EVAL",
                    "return redis.call('mset', '{bar}2', 'x', '{bar}3', 'x')",
                    "0",
                ],
                "ok",
            ),
            (
                &[
                    "RG.PYEXECUTE",
                    "GB('ShardsIDReader').map(lambda x: execute('ping')).run(mode='async_local')",
                ],
                "PONG",
            ),
        ] {
            let answered = send(&mut client, words);
            assert!(answered.contains(expected), "{words:?}: {answered}");
        }
    }
}

/// The reply or the error of a command.
fn send(client: &mut redis::Connection, words: &[&str]) -> String {
    let reply: redis::RedisResult<redis::Value> =
        redis::cmd(words[0]).arg(&words[1..]).query(client);
    match reply {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.to_string(),
    }
}
