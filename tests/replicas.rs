//! Gears on a replica: what comes from the master arrives as its effects, once, and only the master's clients change
//! registrations.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::pair::{Pair, assert_equal, caught_up, follow};
use common::{eventually, free_port, master, plain_connection, untyped};
use redgrease_embedded::Server;

const COUNTS_HSET: &str = "
def hook(words):
    execute('INCR', 'count')
    return call_next(*words[1:])
GB('CommandReader').map(hook).register(hook='HSET', mode='MODE', convertToStr=False)
";

/// The hook of `HSET` in every mode that a hook can have.
fn modes() -> impl Iterator<Item = (&'static str, String)> {
    let script = |mode| (mode, COUNTS_HSET.replace("MODE", mode));
    ["sync", "async", "async_local"].into_iter().map(script)
}

/// Sends a command of words that are separated by spaces.
fn send(server: &Server, words: &str) -> String {
    untyped(server, &words.split(' ').collect::<Vec<_>>())
}

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

/// Hooks that change arguments, write something else, or write nothing.
const CHANGES: &str = "
def changed(words):
    return call_next('changed:' + words[1], *words[2:])
def counted(words):
    execute('HINCRBY', 'counts', words[0].lower(), 1)
    return call_next(*words[1:])
GB('CommandReader').map(changed).register(hook='SET', keyprefix='c', mode='sync', convertToStr=False)
GB('CommandReader').map(lambda words: 'left out').register(hook='RPUSH', keyprefix='none', mode='sync', convertToStr=False)
for name in ['MSET', 'RENAME', 'COPY', 'PUBLISH', 'DEL', 'STRLEN', 'INCR', 'EXPIRE', 'XADD', 'RESTORE', 'SORT']:
    GB('CommandReader').map(counted).register(hook=name, mode='sync', convertToStr=False)
GB('CommandReader').map(lambda words: execute('SET', *words[1:])).register(trigger='set', mode='sync')
GB('CommandReader').map(lambda words: execute('SET', *words[1:])).register(trigger='set_later')
GB('KeysReader').foreach(lambda r: execute('INCRBY', 'events', 1)).register('c*', mode='async_local', eventTypes=['set'])
";

fn in_multi(server: &Server, commands: &[&str]) {
    let mut con = plain_connection(server);
    for command in [&["MULTI"], commands, &["EXEC"]].concat() {
        let words: Vec<&str> = command.split(' ').collect();
        let _: redis::Value = redis::cmd(words[0])
            .arg(&words[1..])
            .query(&mut con)
            .unwrap();
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
        let pinged = || common::calls_of(&pair.replica, "PING");
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

#[test]
fn hooks_begin_on_a_promoted_replica_and_end_on_a_demoted_master() {
    for (mode, script) in modes() {
        let (master, port) = master();
        let replica_port = free_port();
        let replica = Server::builder()
            .port(replica_port)
            .server_arg("repl-diskless-sync-delay", "0")
            .start()
            .unwrap();
        follow(&replica, port);
        assert_eq!(untyped(&master, &["RG.PYEXECUTE", &script]), "OK");
        send(&master, "HSET hh a 1");
        caught_up(&master, &replica);
        assert_eq!(send(&replica, "REPLICAOF NO ONE"), "OK");
        send(&replica, "HSET hh b 2");
        assert_eq!(send(&replica, "GET count"), "2", "{mode}");
        follow(&master, replica_port);
        send(&replica, "HSET hh c 3");
        caught_up(&replica, &master);
        assert_equal("the former master", &replica, &master);
        assert_eq!(send(&master, "GET count"), "3", "{mode}");
    }
}

#[test]
fn a_replica_restarts_with_the_commands_that_it_was_sent() {
    for ((mode, script), preamble) in modes().zip(["yes", "no", "no"]) {
        let (master, port) = master();
        let dir = tempfile::tempdir().unwrap();
        let start = || {
            let server = Server::builder()
                .dir(dir.path())
                .server_arg("appendonly", "yes");
            let server = server.server_arg("aof-use-rdb-preamble", preamble);
            server.server_arg("appendfsync", "always").start().unwrap()
        };
        let replica = start();
        follow(&replica, port);
        assert_eq!(untyped(&master, &["RG.PYEXECUTE", &script]), "OK");
        send(&master, "HSET hh a 1");
        caught_up(&master, &replica);
        // The replica writes its AOF anew after it was sent all data.
        eventually("the AOF is written", || {
            let info = send(&replica, "INFO persistence");
            info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
        });
        replica.kill().unwrap();
        let replica = start();
        assert_equal("the restarted replica", &master, &replica);
        follow(&replica, port);
        send(&master, "HSET hh b 2");
        caught_up(&master, &replica);
        assert_equal("the replica that follows again", &master, &replica);
        assert_eq!(send(&replica, "GET count"), "2", "{mode} {preamble}");
    }
}

#[test]
fn hooks_do_not_run_while_a_file_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let start = || {
        let server = Server::builder()
            .dir(dir.path())
            .server_arg("appendonly", "yes");
        server.server_arg("appendfsync", "always").start().unwrap()
    };
    let (other, port) = master();
    let server = start();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", CHANGES]), "OK");
    for command in ["SET c1 v", "INCR m", "MSET a 1 b 2"] {
        send(&server, command);
    }
    in_multi(&server, &["SET c7 v", "INCR m"]);
    untyped(
        &server,
        &["EVAL", "return redis.call('SET', 'c8', 'v')", "0"],
    );
    let port = port.to_string();
    let sent = untyped(&server, &["MIGRATE", "127.0.0.1", &port, "a", "0", "5000"]);
    assert_eq!(sent, "OK");
    assert_eq!(send(&other, "GET a"), "1");
    eventually("all events are handled", || {
        send(&server, "GET events") == "3"
    });
    let before = common::pair::contents(&server);
    server.kill().unwrap();
    let server = start();
    assert_eq!(common::pair::contents(&server), before);
}

#[test]
fn the_engines_own_commands_meet_no_hooks() {
    let server = Server::start().unwrap();
    let script = "
for name in ['TYPE', 'GET', 'HGETALL', 'XREADGROUP', 'XACK', 'XDEL', 'XINFO', 'XGROUP', 'XRANGE', 'COMMAND', 'ACL']:
    try:
        GB('CommandReader').map(lambda words: 'hooked').register(hook=name, mode='sync')
    except Exception as refused:
        log(name + ': ' + str(refused))
GB('KeysReader').foreach(lambda r: execute('RPUSH', 'log', r['value'])).register('k*', mode='sync', eventTypes=['set'], keyTypes=['string'])
GB('StreamReader').foreach(lambda r: execute('RPUSH', 'messages', r['value']['f'])).register('s', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    assert_eq!(send(&server, "GET k"), "hooked");
    send(&server, "SET k v");
    send(&server, "XADD s * f 1");
    send(&server, "XADD s * f 2");
    eventually("the messages are handled", || {
        send(&server, "LRANGE messages 0 -1") == "1\n2"
    });
    assert_eq!(send(&server, "LRANGE log 0 -1"), "v");
    assert_eq!(send(&server, "XLEN s"), "0");
    let later = "GB('CommandReader').map(lambda words: call_next(*words[1:])).register(hook='STRLEN', mode='sync')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", later]), "OK");
    let read = "GB('KeysReader').map(lambda r: r['value']).run('k')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", read]), "v\n");
}

#[test]
fn a_command_in_multi_runs_when_its_hook_is_removed() {
    for (words, expected) in [("HSET hh a b", 1), ("STRLEN k", 0)] {
        let server = Server::start().unwrap();
        let name = words.split(' ').next().unwrap();
        let script = COUNTS_HSET.replace("HSET", name).replace("MODE", "sync");
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        let mut con = plain_connection(&server);
        let mut ask = |words: &str| -> redis::Value {
            let words: Vec<&str> = words.split(' ').collect();
            redis::cmd(words[0])
                .arg(&words[1..])
                .query(&mut con)
                .unwrap()
        };
        ask("MULTI");
        ask(words);
        let rows = send(&server, "RG.DUMPREGISTRATIONS");
        let id = rows.lines().nth(1).unwrap();
        assert_eq!(untyped(&server, &["RG.UNREGISTER", id]), "OK");
        assert_eq!(
            ask("EXEC"),
            redis::Value::Array(vec![redis::Value::Int(expected)])
        );
        assert_eq!(send(&server, "EXISTS count"), "0");
    }
    let server = Server::start().unwrap();
    for words in [
        "RG.INNERHOOK nosuch",
        "RG.INNERHOOK EVAL return 0",
        "RG.INNERHOOK SYNC",
        "RG.INNERHOOK SELECT 1",
    ] {
        let refused = send(&server, words);
        assert_eq!(refused, "ERR the command has no hook", "{words}");
    }
}

const READ_ONLY: &str = "READONLY You can't write against a read only replica.";

#[test]
fn only_the_master_changes_registrations() {
    let pair = Pair::start();
    let script = "
GB('CommandReader').map(lambda words: GB('CommandReader').register(trigger=words[1], mode='sync')).register(trigger='grow', mode='sync')
GB('CommandReader').map(lambda words: GB('CommandReader').register(trigger=words[1], mode='sync')).register(trigger='grow_later')
GB('CommandReader').map(lambda words: str(registerTE(1, lambda: 1))).register(trigger='tick', mode='sync')
GB('CommandReader').map(lambda words: str(registerTE(1, lambda: 1, words[1]))).register(trigger='tick_key', mode='sync')
GB('StreamReader').foreach(lambda r: None).register('s')
";
    assert_eq!(
        untyped(&pair.master, &["RG.PYEXECUTE", script, "ID", "app"]),
        "OK"
    );
    pair.catch_up();
    let listed = |server: &Server| send(server, "RG.PYDUMPSESSIONS SESSIONS app");
    let before = listed(&pair.master);
    assert_eq!(listed(&pair.replica), before);
    let ids: Vec<&str> = before
        .lines()
        .filter(|line| line.starts_with("000"))
        .collect();
    let (first, stream) = (ids[0], ids[4]);
    let register = "GB('CommandReader').register(trigger='x')";
    let refused: &[&[&str]] = &[
        &["RG.PYEXECUTE", register],
        &["RG.PYEXECUTE", register, "UNBLOCKING"],
        &["RG.PYEXECUTE", register, "ID", "app", "UPGRADE"],
        &["RG.PYEXECUTE", register, "ID", "new", "REPLACE_WITH", "app"],
        &["RG.PYEXECUTE", "GB('KeysReader').register('k')"],
        &["RG.PYEXECUTE", "registerTE(1, lambda: 1)"],
        &["RG.PYEXECUTE", "registerTE(1, lambda: 1, 'te')"],
        &["RG.UNREGISTER", first],
        &["RG.UNREGISTER", first, "ABORTPENDING"],
        &["RG.UNREGISTER", "nosuch"],
        &["RG.PAUSEREGISTRATIONS", stream],
        &["RG.UNPAUSEREGISTRATIONS", stream],
        &["RG.INNERUNREGISTER", first],
        &["RG.INNERREGISTER", ""],
        &["RG.INNERADDREGISTRATION", ""],
        &["RG.INNERTIMEEVENT", "te", "x"],
        &["RG.TRIGGER", "grow", "x"],
        &["RG.TRIGGER", "grow_later", "x"],
        &["RG.TRIGGER", "tick"],
        &["RG.TRIGGER", "tick_key", "te"],
    ];
    for words in refused {
        assert_eq!(untyped(&pair.replica, words), READ_ONLY, "{words:?}");
    }
    // A replica whose clients may write keys has the registrations of its master, too.
    assert_eq!(send(&pair.replica, "CONFIG SET replica-read-only no"), "OK");
    for words in refused {
        if words[0] != "RG.INNERTIMEEVENT" {
            assert_eq!(untyped(&pair.replica, words), READ_ONLY, "{words:?}");
        }
    }
    assert_eq!(listed(&pair.replica), before);
    assert_eq!(send(&pair.replica, "EXISTS te"), "0");

    // What changes nothing on the master is allowed: runs, and what is this server's own.
    let run = "GB('ShardsIDReader').map(lambda r: 'ran').run()";
    assert_eq!(untyped(&pair.replica, &["RG.PYEXECUTE", run]), "ran\n");
    assert_eq!(untyped(&pair.replica, &["RG.PYEXECUTE", "x = 1"]), "OK");
    for (words, answer) in [
        (
            "RG.CONFIGSET own 1",
            "OK - value was saved in extra config dictionary",
        ),
        ("RG.CLEARREGISTRATIONSSTATS", "OK"),
        ("RG.REFRESHCLUSTER", "OK"),
    ] {
        assert_eq!(send(&pair.replica, words), answer);
    }

    // The master still changes them, and the replica follows.
    assert_eq!(
        send(&pair.master, "RG.TRIGGER grow grown"),
        ids_after(&pair.master)
    );
    assert_eq!(untyped(&pair.master, &["RG.UNREGISTER", stream]), "OK");
    pair.catch_up();
    assert_eq!(listed(&pair.replica), listed(&pair.master));
    assert_eq!(send(&pair.replica, "RG.TRIGGER grown"), "['grown']");
}

/// The id of the newest registration.
fn ids_after(server: &Server) -> String {
    let sessions = send(server, "RG.PYDUMPSESSIONS SESSIONS app");
    sessions.lines().last().unwrap().to_owned()
}

#[test]
fn the_ids_of_a_promoted_replica_are_new() {
    for running in [false, true] {
        let pair = Pair::start();
        let script =
            "GB('CommandReader').map(lambda words: words[0]).register(trigger='NAME', mode='sync')";
        let grows = "GB('CommandReader').map(lambda words: GB('CommandReader').map(lambda w: w[0]).register(trigger=words[1], mode='sync')).register(trigger='grow', mode='sync')";
        pair.register(grows);
        // Scripts take ids, on each server its own ones.
        for _ in 0..5 {
            send(&pair.replica, "RG.PYEXECUTE GB()");
        }
        let mut triggers = vec!["grow".to_owned()];
        let mut grow = |server: &Server, name: &str| {
            if running {
                send(server, &format!("RG.TRIGGER grow {name}"));
            } else {
                let script = script.replace("NAME", name);
                assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
            }
            triggers.push(name.to_owned());
        };
        for number in 0..5 {
            grow(&pair.master, &format!("master:{number}"));
        }
        pair.catch_up();
        assert_eq!(send(&pair.replica, "REPLICAOF NO ONE"), "OK");
        for number in 0..5 {
            grow(&pair.replica, &format!("promoted:{number}"));
        }
        let rows = send(&pair.replica, "RG.DUMPREGISTRATIONS");
        let lines: Vec<&str> = rows.lines().collect();
        let mut ids: Vec<&str> = lines
            .windows(2)
            .filter(|two| two[0] == "id")
            .map(|two| two[1])
            .collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), triggers.len(), "{ids:?}");
        for name in triggers.iter().filter(|name| *name != "grow") {
            assert_eq!(send(&pair.replica, &format!("RG.TRIGGER {name}")), *name);
        }
    }
}

#[test]
fn functions_that_run_at_registration_register_on_the_replica() {
    let pair = Pair::start();
    let script = "
def begin():
    log('begun: ' + str(registerTE(1, lambda: execute('INCR', 'ticks'))))
GB('CommandReader').map(lambda words: 'x').register(trigger='t', mode='sync', onRegistered=begin)
";
    pair.register(script);
    assert!(pair.replica.log_tail(50).contains("begun: True"));
    let Pair { master, replica } = pair;
    master.kill().unwrap();
    assert_eq!(send(&replica, "REPLICAOF NO ONE"), "OK");
    let ticks = || send(&replica, "GET ticks").parse().unwrap_or(0_u64);
    let before = ticks();
    eventually("the time event runs", || ticks() > before);
}

/// Redis 6.2 keeps the memory of a script's words for its next command.
#[test]
fn scripts_with_hooked_commands_of_many_lengths() {
    let server = Server::start().unwrap();
    let script = "
def longer(words):
    return call_next(*words[1:])
for name in ['DECR', 'TIME', 'EXPIRE', 'MSET', 'GET']:
    GB('CommandReader').map(longer).register(hook=name, mode='sync', convertToStr=False)
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let lua = "
for round = 1, 200 do
    local words = {}
    for number = 1, round % 40 do words[#words + 1] = 'k' .. number words[#words + 1] = round end
    if #words > 0 then redis.call('MSET', unpack(words)) redis.call('SADD', 'set', unpack(words)) end
    redis.call('TIME')
    redis.call('DECR', 'k' .. (round % 40))
    redis.call('EXPIRE', 'k1', 1000)
    words[#words + 1] = 'last'
    redis.call('RPUSH', 'list', unpack(words))
    redis.call('LTRIM', 'list', -200, -1)
end
return redis.call('GET', 'k39')
";
    assert_eq!(untyped(&server, &["EVAL", lua, "0"]), "198");
    assert_eq!(send(&server, "LLEN list"), "200");
    assert_eq!(
        send(&server, "RG.INNERHOOK"),
        "ERR wrong number of arguments for 'rg.innerhook' command"
    );
}
