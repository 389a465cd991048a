//! Commands that need or change the connection of a client. A gear has no connection.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, plain_connection, untyped};
use redgrease_embedded::Server;
use std::time::Duration;

/// Triggers that run the command in their arguments, in every way a gear can run commands. They answer with the reply, or with
/// the error behind the word `refused`.
const TRIGGERS: &str = r"
def run(x):
    try:
        return 'reply ' + str(execute(*x))
    except Exception as e:
        return 'refused ' + str(e).strip()
def in_block(x):
    with atomic():
        return run(x)
async def later(x):
    return run(x)
def add(name, function, mode):
    GB('CommandReader').map(lambda x: x[1:]).map(function).register(trigger=name, mode=mode)
add('sync', run, 'sync')
add('async', run, 'async_local')
add('atomic', in_block, 'async_local')
add('sync_atomic', in_block, 'sync')
add('coroutine', later, 'async_local')
add('nested', lambda x: execute('RG.TRIGGER', 'sync', *x)[0], 'sync')
add('nested_async', lambda x: execute('RG.TRIGGER', 'sync', *x)[0], 'async_local')
";

const WAYS: [&str; 7] = [
    "sync",
    "async",
    "atomic",
    "sync_atomic",
    "coroutine",
    "nested",
    "nested_async",
];

fn with_triggers() -> Server {
    let (server, _con) = empty();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", TRIGGERS]), "OK");
    server
}

/// The answer of a trigger to a command.
fn answer(server: &Server, way: &str, words: &[&str]) -> String {
    untyped(server, &[&["RG.TRIGGER", way], words].concat())
}

#[track_caller]
fn is_refused(server: &Server, words: &[&str]) {
    for way in WAYS {
        let answer = answer(server, way, words);
        assert!(
            answer.starts_with("refused ERR "),
            "{way} {words:?}: {answer}"
        );
        assert!(answer.contains(": "), "the error says what to do: {answer}");
    }
    assert_eq!(untyped(server, &["PING"]), "PONG");
}

#[test]
fn commands_that_change_a_connection_are_refused() {
    let server = with_triggers();
    for words in [
        &["SELECT", "1"][..],
        &["select", "1"],
        &["Select", "0"],
        &["AUTH", "default", "x"],
        &["HELLO"],
        &["HELLO", "3"],
        &["QUIT"],
        &["RESET"],
        &["ASKING"],
        &["READONLY"],
        &["READWRITE"],
        &["CLIENT", "REPLY", "OFF"],
        &["client", "reply", "skip"],
        &["CLIENT", "SETNAME", "n"],
        &["CLIENT", "NO-EVICT", "on"],
        &["CLIENT", "TRACKING", "on"],
        &["CLIENT", "CACHING", "yes"],
        &["SCRIPT", "DEBUG", "yes"],
    ] {
        is_refused(&server, words);
    }
}

#[test]
fn transactions_are_refused_in_favour_of_atomic_blocks() {
    let server = with_triggers();
    for words in [
        &["MULTI"][..],
        &["EXEC"],
        &["DISCARD"],
        &["WATCH", "k"],
        &["UNWATCH"],
    ] {
        is_refused(&server, words);
        let answer = answer(&server, "sync", words);
        assert!(answer.contains("with atomic():"), "{answer}");
    }
    // A transaction of a gear that stops at its first command has no effect at all.
    let script = "
def transfer(x):
    execute('MULTI')
    execute('SET', 'moved', '1')
    execute('EXEC')
GB('CommandReader').map(transfer).register(trigger='transfer', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let refused = untyped(&server, &["RG.TRIGGER", "transfer"]);
    assert!(refused.contains("MULTI"), "{refused}");
    assert_eq!(untyped(&server, &["EXISTS", "moved"]), "0");
}

#[test]
fn commands_that_take_the_connection_over_are_refused() {
    let server = with_triggers();
    for words in [
        &["SYNC"][..],
        &["PSYNC", "?", "-1"],
        &["REPLCONF", "listening-port", "1"],
        &["MONITOR"],
        &["SUBSCRIBE", "c"],
        &["PSUBSCRIBE", "c*"],
        &["SSUBSCRIBE", "c"],
        &["UNSUBSCRIBE"],
        &["PUNSUBSCRIBE"],
        &["SUNSUBSCRIBE"],
    ] {
        // An older server does not know all of them.
        if untyped(&server, &["COMMAND", "INFO", words[0]]).contains("nil") {
            continue;
        }
        is_refused(&server, words);
    }
}

#[test]
fn commands_that_wait_for_replicas_are_refused() {
    let server = with_triggers();
    is_refused(&server, &["WAIT", "1", "0"]);
    is_refused(&server, &["WAIT", "0", "0"]);
    is_refused(&server, &["wait", "1", "100"]);
}

#[test]
fn words_are_compared_as_the_server_compares_them() {
    let server = with_triggers();
    let script = "
def run(x):
    out = []
    for words in [('sElEcT', b'1'), ('CLIENT', b'rePLY', b'off'), ('client', bytearray(b'SETNAME'), 'n')]:
        try:
            execute(*words)
            out.append('ran')
        except Exception as e:
            out.append('refused')
    return out
GB('CommandReader').flatmap(run).register(trigger='bytes', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let answers = untyped(&server, &["RG.TRIGGER", "bytes"]);
    assert_eq!(answers, "refused\nrefused\nrefused");
}

#[test]
fn the_client_of_redgrease_is_refused_too() {
    let server = with_triggers();
    let script = "
import redgrease
def run(x):
    out = []
    for words in [('SELECT', 1), ('MULTI',), ('SYNC',), ('CLIENT', 'REPLY', 'OFF'), ('WAIT', 1, 0)]:
        try:
            redgrease.cmd.execute_command(*words)
            out.append('ran')
        except Exception as e:
            out.append('refused')
    return out
GB('CommandReader').flatmap(run).register(trigger='cmd', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let answers = untyped(&server, &["RG.TRIGGER", "cmd"]);
    assert_eq!(answers.lines().collect::<Vec<_>>(), ["refused"; 5]);
}

#[test]
fn a_hook_cannot_be_made_to_change_a_connection() {
    let server = with_triggers();
    let script = "
def run(x):
    try:
        return str(execute(*x[1:]))
    except Exception as e:
        return 'refused ' + str(e).strip()
GB('CommandReader').map(run).register(hook='echo', mode='sync')
GB('CommandReader').map(run).register(hook='hget', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    for hooked in ["ECHO", "HGET"] {
        for words in [
            &["SELECT", "1"][..],
            &["SYNC"],
            &["WAIT", "1", "0"],
            &["MULTI"],
        ] {
            let answer = untyped(&server, &[&[hooked], words].concat());
            assert!(answer.starts_with("refused ERR "), "{words:?}: {answer}");
        }
    }
}

#[test]
fn a_client_is_not_ended_while_its_command_runs() {
    let server = with_triggers();
    let mut con = plain_connection(&server);
    let id: i64 = redis::cmd("CLIENT").arg("ID").query(&mut con).unwrap();
    for filter in [
        ["ID", &id.to_string()],
        ["TYPE", "normal"],
        ["SKIPME", "no"],
    ] {
        let refused: Vec<String> = redis::cmd("RG.TRIGGER")
            .arg(&["sync", "CLIENT", "KILL"])
            .arg(&filter)
            .query(&mut con)
            .unwrap();
        assert!(refused[0].contains("async gear"), "{refused:?}");
    }
    // An async gear may do it: its client waits, and is told.
    con.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let ended = redis::cmd("RG.TRIGGER")
        .arg(&["async", "CLIENT", "KILL", "ID", &id.to_string()])
        .query::<Vec<String>>(&mut con);
    assert!(ended.is_err_and(|error| !error.is_timeout()));
    assert_eq!(untyped(&server, &["PING"]), "PONG");
    let answer = answer(&server, "async", &["CLIENT", "KILL", "ID", "999999"]);
    assert_eq!(answer, "reply 0");
}

#[test]
fn clients_are_not_paused_in_the_middle_of_a_gear() {
    let server = with_triggers();
    for way in ["sync", "atomic", "sync_atomic", "nested", "nested_async"] {
        let answer = answer(&server, way, &["CLIENT", "PAUSE", "1"]);
        assert!(answer.starts_with("refused ERR "), "{way}: {answer}");
    }
    assert_eq!(
        answer(&server, "async", &["CLIENT", "PAUSE", "1"]),
        "reply OK"
    );
    assert_eq!(answer(&server, "async", &["CLIENT", "UNPAUSE"]), "reply OK");
}

#[test]
fn commands_without_a_connection_still_run() {
    let server = with_triggers();
    untyped(
        &server,
        &["RPUSH", "list", "a", "b", "c", "d", "e", "f", "g"],
    );
    for way in WAYS {
        let run = |words: &[&str]| answer(&server, way, words);
        assert_eq!(run(&["PING"]), "reply PONG");
        assert_eq!(run(&["ECHO", "hi"]), "reply hi");
        let eval = run(&["EVAL", "return redis.call('set', 'k', '1')", "0"]);
        assert!(
            eval == "reply OK" || eval.contains("before Redis 7.0"),
            "{eval}"
        );
        assert!(run(&["BLPOP", "list", "0"]).starts_with("reply ['list', "));
        assert_eq!(run(&["BLPOP", "nothing", "0"]), "reply None");
        assert!(run(&["CONFIG", "GET", "maxmemory"]).starts_with("reply ['maxmemory'"));
        assert!(run(&["CLIENT", "LIST"]).contains("addr="));
        assert!(run(&["CLIENT", "ID"]).starts_with("reply "));
        assert!(run(&["CLIENT", "GETNAME"]).starts_with("reply "));
        assert_eq!(run(&["CLIENT", "UNBLOCK", "999999"]), "reply 0");
        assert!(run(&["COMMAND", "COUNT"]).starts_with("reply "));
        assert_eq!(run(&["PUBLISH", "c", "m"]), "reply 0");
        assert!(run(&["PUBSUB", "CHANNELS"]).starts_with("reply ["));
        assert!(run(&["ACL", "WHOAMI"]).starts_with("reply "));
        assert!(run(&["SCRIPT", "LOAD", "return 1"]).starts_with("reply e0e1f"));
        assert!(run(&["ROLE"]).starts_with("reply ['master'"));
    }
}

#[test]
fn unknown_commands_and_subcommands_get_the_words_of_the_server() {
    let server = with_triggers();
    let direct = |words: &[&str]| untyped(&server, words).trim().to_lowercase();
    for words in [
        &["NOSUCH", "a"][..],
        &["CLIENT", "NOSUCH"],
        &["CONFIG", "NOSUCH"],
        &["CLIENT"],
    ] {
        let answer = answer(&server, "sync", words).to_lowercase();
        let words_of_server: String = direct(words).chars().take(25).collect();
        let words_of_server = words_of_server.trim_start_matches("err ");
        // Redis 6.2 does not tell which subcommands it has: the engine refuses an unknown one of CLIENT.
        assert!(
            answer.contains(words_of_server) || answer.contains("a gear cannot run client nosuch"),
            "{words:?}: {answer} / {words_of_server}"
        );
    }
}

/// Every command of the server, with arguments of several shapes: the server lives.
#[test]
fn no_command_of_the_server_ends_it() {
    const LEFT_OUT: [&str; 13] = [
        "shutdown",
        "debug",
        "replicaof",
        "slaveof",
        "failover",
        "rg.pyexecute",
        "rg.trigger",
        "rg.triggeronkey",
        "bgsave",
        "bgrewriteaof",
        "migrate",
        "save",
        "pfselftest",
    ];
    let server = with_triggers();
    let script = "
SHAPES = [(), ('a',), ('a', 'b'), ('k', '0'), ('1', '0'), ('?', '-1'), ('on',), ('no',), ('TYPE', 'pubsub'), ('a', '1', '2', '3', '4')]
def run(x):
    for shape in SHAPES:
        try:
            execute(*x[1:], *shape)
        except Exception:
            pass
    return 'ran'
def in_block(x):
    with atomic():
        return run(x)
GB('CommandReader').map(run).register(trigger='all', mode='sync')
GB('CommandReader').map(run).register(trigger='all_async', mode='async_local')
GB('CommandReader').map(in_block).register(trigger='all_atomic', mode='async_local')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let mut con = plain_connection(&server);
    con.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let commands: Vec<Vec<redis::Value>> = redis::cmd("COMMAND").query(&mut con).unwrap();
    let mut wanted: Vec<Vec<String>> = Vec::new();
    for command in &commands {
        let name: String = redis::from_redis_value(command[0].clone()).unwrap();
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        let subcommands = command.get(9).cloned();
        wanted.push(vec![name.clone()]);
        let subcommands: Vec<Vec<redis::Value>> = subcommands
            .map(|all| redis::from_redis_value(all).unwrap())
            .unwrap_or_default();
        for one in subcommands {
            let full: String = redis::from_redis_value(one[0].clone()).unwrap();
            let words: Vec<String> = full.split('|').map(str::to_owned).collect();
            // A pause would make the later commands wait.
            if words[1] != "pause" && full != "config|rewrite" {
                wanted.push(words);
            }
        }
    }
    assert!(wanted.len() > 150, "{}", wanted.len());
    for way in ["all", "all_async", "all_atomic"] {
        for words in &wanted {
            let answer: redis::RedisResult<Vec<String>> =
                redis::cmd("RG.TRIGGER").arg(way).arg(words).query(&mut con);
            assert!(answer.is_ok(), "{way} {words:?}: {answer:?}");
        }
    }
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

/// The server knows one running script: a second one inside it would end the server.
#[test]
fn a_gear_that_a_script_calls_runs_no_script() {
    let server = Server::start().unwrap();
    let script = "
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='run', mode='sync')
GB('CommandReader').map(lambda x: (execute('EVAL', 'return 1', '0'), call_next(*x[1:]))[1]).register(hook='hset', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let refused = |answer: &str, command: &str| {
        assert!(answer.contains("cannot run"), "{command}: {answer}");
    };
    for words in [
        &["EVAL", "return 1", "0"][..],
        &["eval_ro", "return 1", "0"],
        &["EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"],
        &["FCALL", "f", "0"],
        &["SCRIPT", "LOAD", "return 1"],
        &["SCRIPT", "FLUSH"],
        &["FUNCTION", "FLUSH"],
    ] {
        let call = "return redis.call('RG.TRIGGER', 'run', unpack(ARGV))";
        let answer = untyped(&server, &[&["EVAL", call, "0"], words].concat());
        let is_unknown = answer.to_ascii_lowercase().contains("unknown command");
        if !is_unknown {
            refused(&answer, words[0]);
        }
    }
    let hooked = untyped(
        &server,
        &["EVAL", "return redis.call('HSET', 'h', 'f', 'v')", "0"],
    );
    refused(&hooked, "HSET");
    // Outside of a script they run, from Redis 7.0 on.
    let answer = untyped(&server, &["RG.TRIGGER", "run", "EVAL", "return 1", "0"]);
    if answer.contains("before Redis 7.0") {
        return;
    }
    assert_eq!(answer, "1");
    assert_eq!(untyped(&server, &["HSET", "h", "f", "v"]), "1");
}

#[test]
fn a_gear_does_not_replace_the_data() {
    let server = Server::start().unwrap();
    let script = "GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='run')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    for word in ["RELOAD", "loadaof"] {
        let answer = untyped(&server, &["RG.TRIGGER", "run", "DEBUG", word]);
        assert!(answer.contains("let a client run it"), "{answer}");
    }
}

/// Valkey 9 would wait for the lock that the thread of the gear holds.
#[test]
fn scripts_are_forgotten_by_sync_gears_only() {
    let server = Server::start().unwrap();
    let script = "
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='async')
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='sync', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "async", "EVAL", "return 1", "0"]),
        "1"
    );
    let answer = untyped(&server, &["RG.TRIGGER", "async", "SCRIPT", "FLUSH"]);
    assert!(answer.contains("mode='sync'"), "{answer}");
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "sync", "SCRIPT", "FLUSH"]),
        "OK"
    );
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

/// Redis 6.2 would end itself when a script that a sync gear runs writes.
#[test]
fn a_script_of_a_sync_gear_leaves_the_server_alive() {
    let server = Server::start().unwrap();
    let script = "
GB('CommandReader').map(lambda x: execute('EVAL', \"return redis.call('incr', 'n')\", '0')).register(trigger='sync', mode='sync')
GB('CommandReader').map(lambda x: execute('eval', \"return redis.call('incr', 'n')\", '0')).register(trigger='async')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "async"]), "1");
    let answer = untyped(&server, &["RG.TRIGGER", "sync"]);
    assert!(
        answer == "2" || answer.contains("before Redis 7.0"),
        "{answer}"
    );
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}
