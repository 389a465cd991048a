//! Gears live on database 0: the events and commands of other databases are none of theirs.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, is_redis_6, lacks};
use common::pair::{Pair, assert_equal, contents};
use common::{eventually, plain_connection, untyped};
use redgrease_embedded::Server;

/// A connection that has selected a database.
struct In(redis::Connection);

impl In {
    fn database(number: u8, server: &Server) -> In {
        let mut connection = In(plain_connection(server));
        assert_eq!(connection.send(&format!("SELECT {number}")), "OK");
        connection
    }

    /// Sends a command of words that are separated by spaces, and shows the reply.
    fn send(&mut self, words: &str) -> String {
        self.ask(&words.split(' ').collect::<Vec<_>>())
    }

    fn ask(&mut self, words: &[&str]) -> String {
        let mut cmd = redis::cmd(words[0]);
        match cmd.arg(&words[1..]).query::<redis::Value>(&mut self.0) {
            Ok(redis::Value::Okay) => "OK".to_owned(),
            Ok(redis::Value::BulkString(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!(
                "{} {}",
                error.code().unwrap_or_default(),
                error.detail().unwrap_or_default()
            ),
        }
    }
}

fn send(server: &Server, words: &str) -> String {
    untyped(server, &words.split(' ').collect::<Vec<_>>())
}

fn register(server: &Server, script: &str) {
    assert_eq!(untyped(server, &["RG.PYEXECUTE", script]), "OK");
}

const MODES: [&str; 3] = ["sync", "async", "async_local"];

#[test]
fn events_of_other_databases_do_not_fire() {
    let server = Server::start().unwrap();
    for mode in MODES {
        let script = "GB('KeysReader').foreach(lambda r: execute('RPUSH', 'MODE', r['event'] + ' ' + str(r['value']))).register('k*', mode='MODE')";
        register(&server, &script.replace("MODE", mode));
    }
    let mut other = In::database(1, &server);
    send(&server, "SET k zero");
    for words in [
        "SET k one",
        "APPEND k x",
        "EXPIRE k 100",
        "DEL k",
        "PSETEX k 1 v",
        "RPUSH klist a",
        "HSET khash f v",
        "MSET k1 a k2 b",
        "RENAME k1 k3",
        "COPY k2 k4",
        "XADD kstream * f v",
    ] {
        other.send(words);
    }
    eventually("the key expires", || other.send("EXISTS k") == "int(0)");
    for words in ["MULTI", "SET k m", "EXEC", "FLUSHDB"] {
        other.send(words);
    }
    let script = "redis.call('SELECT', 1) redis.call('SET', 'k', 'lua')";
    untyped(&server, &["EVAL", script, "0"]);
    // This event of database 0 shows that all events before it are handled.
    send(&server, "SET klast v");
    for mode in MODES {
        let log = || send(&server, &format!("LRANGE {mode} 0 -1"));
        eventually("the last event is handled", || log().contains("set v"));
        assert_eq!(log(), "set zero\nset v", "{mode}");
    }
}

#[test]
fn keys_that_come_to_database_0_fire() {
    let server = Server::start().unwrap();
    register(
        &server,
        "GB('KeysReader').foreach(lambda r: execute('RPUSH', 'log', r['event'] + ' ' + str(r['value']))).register('k*', mode='sync')",
    );
    let mut other = In::database(1, &server);
    other.send("SET kmoved m");
    other.send("SET kcopied c");
    assert_eq!(other.send("MOVE kmoved 0"), "int(1)");
    assert_eq!(other.send("COPY kcopied kcopy DB 0"), "int(1)");
    assert_eq!(send(&server, "LRANGE log 0 -1"), "move_to m\ncopy_to c");
    assert_eq!(send(&server, "MOVE kmoved 1"), "1");
    assert_eq!(send(&server, "LRANGE log 2 -1"), "move_from None");
}

const TRIGGERS: &str = "
for mode in ['sync', 'async', 'async_local']:
    GB('CommandReader').map(lambda words: execute('INCR', 'called')).register(trigger=mode, mode=mode)
";

#[test]
fn triggers_are_refused_in_other_databases() {
    let server = Server::start().unwrap();
    register(&server, TRIGGERS);
    let mut other = In::database(3, &server);
    let is_refusal = |reply: &str| {
        reply.contains("gears work on database 0, and database 3 is selected: SELECT 0 first")
    };
    for mode in MODES {
        for words in [
            format!("RG.TRIGGER {mode} x"),
            format!("RG.TRIGGERONKEY {mode} key"),
        ] {
            let refused = other.send(&words);
            assert!(is_refusal(&refused), "{words}: {refused}");
        }
        other.send("MULTI");
        other.send(&format!("RG.TRIGGER {mode}"));
        let refused = other.send("EXEC");
        assert!(is_refusal(&refused), "{refused}");
        let script = "return redis.call('RG.TRIGGER', ARGV[1])";
        let refused = other.ask(&["EVAL", script, "0", mode]);
        assert!(is_refusal(&refused), "{refused}");
        let script = "redis.call('SELECT', 3) return redis.call('RG.TRIGGER', ARGV[1])";
        let refused = untyped(&server, &["EVAL", script, "0", mode]);
        assert!(is_refusal(&refused), "{refused}");
    }
    assert_eq!(contents(&server).len(), 0);
    // SELECT inside of a transaction counts.
    for words in [
        "MULTI",
        "SELECT 0",
        "RG.TRIGGER sync",
        "SELECT 3",
        "RG.TRIGGER sync",
    ] {
        other.send(words);
    }
    let refused = other.send("EXEC");
    assert!(is_refusal(&refused), "{refused}");
    assert_eq!(send(&server, "GET called"), "1");
    assert!(
        other
            .send("RG.TRIGGER nosuch")
            .contains("subcommand not found")
    );
    assert_eq!(other.send("SELECT 0"), "OK");
    for mode in MODES {
        assert!(!is_refusal(&other.send(&format!("RG.TRIGGER {mode}"))));
    }
    assert_eq!(send(&server, "GET called"), "4");
}

#[test]
fn scripts_work_on_database_0_from_every_connection() {
    let pair = Pair::start();
    register(&pair.master, TRIGGERS);
    let mut other = In::database(1, &pair.master);
    other.send("SET k one");
    send(&pair.master, "SET k zero");
    let run =
        "GB('KeysReader').map(lambda r: r['value'] + execute('RG.TRIGGER', 'sync')[0]).run('k')";
    assert!(other.ask(&["RG.PYEXECUTE", run]).contains("zero1"));
    let script = "
execute('SET', 'by', 'script')
GB('CommandReader').map(lambda words: execute('SET', 'by', 'gear')).register(trigger='late', mode='sync')
registerTE(1, lambda: execute('SET', 'by', 'timer'), 'te')
";
    assert_eq!(other.ask(&["RG.PYEXECUTE", script]), "OK");
    assert_eq!(other.send("EXISTS by te"), "int(0)");
    assert_eq!(send(&pair.master, "EXISTS by te"), "2");
    eventually("the time event runs", || {
        send(&pair.master, "GET by") == "timer"
    });
    pair.is_equal();
    assert_eq!(send(&pair.replica, "TYPE te"), "rg_timeev");
    assert!(send(&pair.replica, "RG.PYDUMPSESSIONS").contains("000-"));
}

/// Hooks that answer something else than their commands, and that write.
const HOOKS: &str = "
def hooked(words):
    return ['hooked', execute('INCRBY', 'called', 1)]
for name in ['GET', 'SET', 'HSET', 'HGETALL', 'INCR', 'LPOS', 'EXISTS', 'XREAD', 'PUBLISH', 'OBJECT', 'ZADD']:
    GB('CommandReader').map(hooked).register(hook=name, mode='MODE', convertToStr=False)
GB('KeysReader').foreach(lambda r: override_reply('overridden')).register('w*', mode='MODE', eventTypes=['rpush'], commands=['RPUSH'])
";

/// Commands whose replies have every form, errors included.
const COMMANDS: [&str; 20] = [
    "GET k",
    "SET k v",
    "GET k",
    "SET k v XX GET",
    "SET k",
    "SET k v BADOPTION",
    "HSET h f v g w",
    "HGETALL h",
    "INCR k",
    "INCR n",
    "LPOS list x",
    "EXISTS k h",
    "XREAD COUNT 1 STREAMS s 0",
    "PUBLISH c m",
    "OBJECT ENCODING n",
    "ZADD z 1.5 a",
    "ZADD z INCR 1 a",
    "RPUSH wlist a b",
    "GET h",
    "HGETALL nosuch",
];

#[test]
fn hooks_leave_other_databases_to_the_server() {
    for mode in MODES {
        let pair = Pair::start();
        let plain = Server::start().unwrap();
        register(&pair.master, &HOOKS.replace("MODE", mode));
        for protocol in ["2", "3"] {
            let mut hooked = In::database(1, &pair.master);
            let mut expected = In::database(1, &plain);
            let both = |hooked: &mut In, expected: &mut In, words: &[&str]| {
                let mut answers = [hooked.ask(words), expected.ask(words)];
                if is_redis_6(&plain) {
                    // The words of older servers for a wrong number of arguments end differently.
                    for answer in &mut answers {
                        *answer = answer.replace(" for 'set' command", "");
                    }
                }
                assert_eq!(answers[0], answers[1], "{mode} {words:?}");
            };
            if protocol == "3" {
                if is_redis_6(&plain) {
                    continue;
                }
                for connection in [&mut hooked, &mut expected] {
                    connection.send("HELLO 3");
                }
            }
            for words in COMMANDS {
                both(
                    &mut hooked,
                    &mut expected,
                    &words.split(' ').collect::<Vec<_>>(),
                );
            }
            for words in ["MULTI", "SET k m", "HGETALL h", "RPUSH wlist c", "EXEC"] {
                both(
                    &mut hooked,
                    &mut expected,
                    &words.split(' ').collect::<Vec<_>>(),
                );
            }
            let script = "redis.call('SET', 'k', 'lua') return redis.call('GET', 'k')";
            both(&mut hooked, &mut expected, &["EVAL", script, "0"]);
        }
        assert_equal("the server with hooks", &plain, &pair.master);
        pair.is_equal();
        // They still run on database 0.
        let reply = send(&pair.master, "GET k");
        assert!(reply.starts_with("hooked"), "{mode}: {reply}");
        assert_eq!(send(&pair.master, "RPUSH wlist a"), "overridden");
    }
}

#[test]
fn rights_count_in_other_databases() {
    let server = Server::start().unwrap();
    if lacks(&server, Capability::CommandsAsUser) {
        return;
    }
    register(&server, &HOOKS.replace("MODE", "sync"));
    assert_eq!(
        send(&server, "ACL SETUSER joe on nopass ~mine:* +@all -hset"),
        "OK"
    );
    let mut joe = In(plain_connection(&server));
    assert_eq!(joe.ask(&["AUTH", "joe", ""]), "OK");
    joe.send("SELECT 1");
    assert_eq!(joe.send("SET mine:k v"), "OK");
    for words in ["SET other v", "GET other", "HSET mine:h f v"] {
        let refused = joe.send(words);
        assert!(refused.contains("NOPERM"), "{refused}");
    }
    assert_eq!(contents(&server).len(), 1);
}

/// A function that counts its runs, in a key.
const TICKS: &str = "registerTE(1, lambda: execute('INCR', 'ticks'), 'te')";

#[test]
fn time_events_stay_with_their_keys_in_other_databases() {
    for preamble in ["yes", "no"] {
        let dir = tempfile::tempdir().unwrap();
        let start = || {
            let server = Server::builder()
                .dir(dir.path())
                .server_arg("appendonly", "yes");
            let server = server.server_arg("appendfsync", "always");
            server
                .server_arg("aof-use-rdb-preamble", preamble)
                .start()
                .unwrap()
        };
        let server = start();
        register(&server, TICKS);
        register(&server, &TICKS.replace("'te'", "'other'"));
        assert_eq!(send(&server, "MOVE other 2"), "1");
        assert_eq!(send(&server, "MOVE te 1"), "1");
        let places = |server: &Server| {
            let all = contents(server)
                .into_keys()
                .filter(|key| !key.ends_with("/ticks"));
            all.collect::<Vec<_>>()
        };
        let ticks = |server: &Server| send(server, "GET ticks").parse().unwrap_or(0_u64);
        assert_eq!(places(&server), ["1/te", "2/other"]);
        untyped(&server, &["BGREWRITEAOF"]);
        eventually("the AOF is written", || {
            let info = send(&server, "INFO persistence");
            info.contains("aof_rewrite_in_progress:0")
                && !info.contains("aof_last_rewrite_time_sec:-1")
        });
        server.kill().unwrap();
        let server = start();
        assert_eq!(places(&server), ["1/te", "2/other"], "preamble: {preamble}");
        let before = ticks(&server);
        eventually("both functions run", || ticks(&server) > before + 1);
        // A key of the same name in database 0 is another key.
        assert_eq!(send(&server, "SET te text"), "OK");
        In::database(1, &server).send("DEL te");
        In::database(2, &server).send("FLUSHDB");
        assert_eq!(places(&server), ["0/te"]);
    }
}

#[test]
fn replicas_get_time_events_in_the_database_of_their_keys() {
    let pair = Pair::start();
    register(&pair.master, TICKS);
    register(&pair.master, &TICKS.replace("'te'", "'other'"));
    send(&pair.master, "MOVE other 2");
    send(&pair.master, "MOVE te 1");
    let mut other = In::database(1, &pair.master);
    assert_eq!(
        other.ask(&["RG.PYEXECUTE", &TICKS.replace("'te'", "'second'")]),
        "OK"
    );
    eventually("the functions run", || {
        send(&pair.master, "GET ticks").parse().unwrap_or(0_u64) > 3
    });
    for key in ["second", "ticks"] {
        send(&pair.master, &format!("DEL {key}"));
    }
    other.send("DEL te");
    In::database(2, &pair.master).send("DEL other");
    pair.is_equal();
}

#[test]
fn streams_of_other_databases_are_none_of_theirs() {
    let server = Server::start().unwrap();
    register(
        &server,
        "GB('StreamReader').foreach(lambda r: execute('RPUSH', 'log', r['value']['f'])).register('s*', trimStream=False, mode='async_local')",
    );
    let log = || send(&server, "LRANGE log 0 -1");
    let triggered = || {
        let rows = send(&server, "RG.DUMPREGISTRATIONS");
        let rows: Vec<String> = rows.lines().map(str::to_owned).collect();
        common::field(&rows, "numTriggered").to_owned()
    };
    send(&server, "XADD s 1-0 f a");
    eventually("the message is handled", || log() == "a");
    let before = triggered();
    let mut other = In::database(1, &server);
    for words in [
        "XADD s 1-1 f other",
        "XADD s2 1-1 f other",
        "DEL s",
        "SET s text",
        "RENAME s s3",
        "FLUSHDB",
    ] {
        other.send(words);
    }
    send(&server, "SWAPDB 2 3");
    assert_eq!(triggered(), before);
    send(&server, "XADD s 2-0 f b");
    eventually("the message is handled", || log() == "a\nb");
    assert_eq!(In::database(1, &server).send("EXISTS s2"), "int(0)");
}
