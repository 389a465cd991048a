//! Sync handlers of key events that change the key of their event, on every kind of command: the server lives, and its replica
//! and its AOF get the same data.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, free_port, untyped};
use redgrease_embedded::{Builder, Server};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Commands that change a key, with the commands that prepare it. `K` stands for a name that no other line uses.
const COMMANDS: &str = "
    | SET K v
    SET K v | SET K w
    | SET K v EX 100
    | SETEX K 100 v
    | PSETEX K 100000 v
    | SET K v PXAT 4102444800000
    SET K v EX 100 | SET K w KEEPTTL
    SET K v | SET K w GET
    | SETNX K v
    SET K v | GETSET K w
    SET K v | GETDEL K
    SET K v | GETEX K EX 100
    SET K v EX 100 | GETEX K PERSIST
    | APPEND K v
    SET K v | APPEND K w
    | SETRANGE K 3 v
    | SETBIT K 7 1
    | BITFIELD K SET u8 0 7
    SET K1 a ; SET K2 b | BITOP AND K K1 K2
    | MSET K v K1 w K2 x
    | MSETNX K v K1 w
    | INCR K
    SET K 3 | DECR K
    | INCRBY K 7
    | DECRBY K 7
    | INCRBYFLOAT K 1.5
    SET K 1 | INCRBYFLOAT K 0.25
    | PFADD K a b
    PFADD K1 a ; PFADD K2 b | PFMERGE K K1 K2
    SET K v | DEL K
    SET K v ; SET K1 v | DEL K K1
    SET K v | UNLINK K
    SET K v | RENAME K K1
    SET K v ; SET K1 w | RENAME K K1
    SET K v | RENAMENX K K1
    SET K v | COPY K K1
    SET K v ; SET K1 w | COPY K K1 REPLACE
    SET K v | EXPIRE K 100
    SET K v | PEXPIRE K 100000
    SET K v | EXPIREAT K 4102444800
    SET K v | PEXPIREAT K 4102444800000
    SET K v | EXPIRE K 0
    SET K v EX 100 | PERSIST K
    SET K v | MOVE K 1
    RPUSH K1 3 1 2 | SORT K1 STORE K
    | LPUSH K a b
    | RPUSH K a b
    RPUSH K a | LPUSHX K b
    RPUSH K a | RPUSHX K b
    RPUSH K a b | LPOP K
    RPUSH K a | LPOP K
    RPUSH K a b | RPOP K 2
    RPUSH K a b | LSET K 0 c
    RPUSH K a b | LREM K 0 a
    RPUSH K a | LREM K 0 a
    RPUSH K a b c | LTRIM K 1 1
    RPUSH K a b c | LTRIM K 5 6
    RPUSH K a b | LINSERT K BEFORE b c
    RPUSH K a b | LMOVE K K1 LEFT RIGHT
    RPUSH K a | LMOVE K K1 LEFT RIGHT
    RPUSH K a b | LMOVE K K LEFT RIGHT
    RPUSH K a b | RPOPLPUSH K K1
    RPUSH K a | RPOPLPUSH K K1
    RPUSH K a b | BLPOP K 1
    RPUSH K a | BRPOP K 1
    RPUSH K a b | BLMOVE K K1 LEFT RIGHT 1
    RPUSH K a b | BRPOPLPUSH K K1 1
    RPUSH K a b | LMPOP 1 K LEFT COUNT 2
    RPUSH K a b | BLMPOP 1 1 K LEFT
    | SADD K a b
    SADD K a b | SREM K a
    SADD K a | SREM K a
    SADD K a b c | SPOP K
    SADD K a b c | SPOP K 2
    SADD K a b c | SPOP K 3
    SADD K a b | SMOVE K K1 a
    SADD K a | SMOVE K K1 a
    SADD K1 a b ; SADD K2 b | SINTERSTORE K K1 K2
    SADD K1 a b ; SADD K2 c | SUNIONSTORE K K1 K2
    SADD K1 a b ; SADD K2 b | SDIFFSTORE K K1 K2
    SET K v ; SADD K1 a ; SADD K2 b | SINTERSTORE K K1 K2
    | ZADD K 1 a 2 b
    ZADD K 1 a | ZADD K XX CH 2 a
    ZADD K 1 a | ZINCRBY K 2 a
    ZADD K 1 a 2 b | ZREM K a
    ZADD K 1 a | ZREM K a
    ZADD K 1 a 2 b | ZREMRANGEBYSCORE K 0 9
    ZADD K 1 a 2 b | ZREMRANGEBYRANK K 0 0
    ZADD K 0 a 0 b | ZREMRANGEBYLEX K - +
    ZADD K 1 a 2 b | ZPOPMIN K
    ZADD K 1 a 2 b | ZPOPMAX K 2
    ZADD K 1 a 2 b | BZPOPMIN K 1
    ZADD K 1 a | BZPOPMAX K 1
    ZADD K 1 a 2 b | ZMPOP 1 K MIN COUNT 2
    ZADD K 1 a 2 b | BZMPOP 1 1 K MAX
    ZADD K1 1 a ; ZADD K2 2 a | ZINTERSTORE K 2 K1 K2
    ZADD K1 1 a ; ZADD K2 2 b | ZUNIONSTORE K 2 K1 K2
    ZADD K1 1 a ; ZADD K2 2 b | ZDIFFSTORE K 2 K1 K2
    ZADD K1 1 a 2 b | ZRANGESTORE K K1 0 -1
    | GEOADD K 13.36 38.11 a
    GEOADD K1 13.36 38.11 a | GEOSEARCHSTORE K K1 FROMMEMBER a BYRADIUS 1 km
    GEOADD K1 13.36 38.11 a | GEORADIUS K1 13 38 100 km STORE K
    | HSET K f v g w
    HSET K f v | HSETNX K g w
    | HMSET K f v
    | HINCRBY K f 3
    | HINCRBYFLOAT K f 0.5
    HSET K f v g w | HDEL K f
    HSET K f v | HDEL K f
    | XADD K * f v
    XADD K 1-1 f v | XADD K MAXLEN 1 * f v
    XADD K 1-1 f v ; XADD K 2-1 f v | XTRIM K MAXLEN 1
    XADD K 1-1 f v | XDEL K 1-1
    XADD K 1-1 f v | XSETID K 9-9
    XADD K 1-1 f v | XGROUP CREATE K g 0
    | XGROUP CREATE K g $ MKSTREAM
    XADD K 1-1 f v ; XGROUP CREATE K g 0 | XGROUP CREATECONSUMER K g c
    XADD K 1-1 f v ; XGROUP CREATE K g 0 ; XGROUP CREATECONSUMER K g c | XGROUP DELCONSUMER K g c
    XADD K 1-1 f v ; XGROUP CREATE K g 0 | XGROUP SETID K g $
    XADD K 1-1 f v ; XGROUP CREATE K g 0 | XGROUP DESTROY K g
    XADD K 1-1 f v ; XGROUP CREATE K g 0 | XREADGROUP GROUP g c STREAMS K >
    XADD K 1-1 f v ; XGROUP CREATE K g 0 ; XREADGROUP GROUP g c STREAMS K > | XCLAIM K g d 0 1-1
    XADD K 1-1 f v ; XGROUP CREATE K g 0 ; XREADGROUP GROUP g c STREAMS K > | XAUTOCLAIM K g d 0 0
    XADD K 1-1 f v ; XGROUP CREATE K g 0 ; XREADGROUP GROUP g c STREAMS K > | XACK K g 1-1
    SET K v | GET K
    | EVAL return{redis.call('set',KEYS[1],'v','ex','100'),redis.call('rpush',KEYS[2],'a','b'),redis.call('lmove',KEYS[2],KEYS[1]..'2','left','right')} 2 K K1
";

/// What the handlers do with the key of their event.
const HANDLERS: [(&str, &str); 8] = [
    ("del", "execute('DEL', r['key'])"),
    ("set", "execute('SET', r['key'], 'handled')"),
    (
        "rename",
        "execute('RENAME', r['key'], 'renamed:' + r['key'])",
    ),
    ("expire", "execute('EXPIRE', r['key'], 1000)"),
    ("persist", "execute('PERSIST', r['key'])"),
    (
        "replace",
        "(execute('DEL', r['key']), execute('RPUSH', r['key'], r['event'], 'x'))",
    ),
    ("append", "execute('APPEND', r['key'], '+' + r['event'])"),
    ("hset", "execute('HSET', 'log', r['key'], r['event'])"),
];

/// One line of [`COMMANDS`], with the names of its keys.
struct Case {
    prepare: Vec<Vec<String>>,
    command: Vec<String>,
}

fn cases() -> Vec<Case> {
    let lines = COMMANDS.lines().filter(|line| line.contains('|'));
    let case = |(number, line): (usize, &str)| {
        let words = |text: &str| -> Vec<String> {
            let name = |word: &str| match word.strip_prefix('K') {
                Some(rest) if rest.len() < 2 && !rest.starts_with('E') => {
                    format!("k{number}:{rest}")
                }
                _ => word.to_owned(),
            };
            text.split_whitespace().map(name).collect()
        };
        let (prepare, command) = line.split_once('|').unwrap();
        let prepare = prepare
            .split(';')
            .map(words)
            .filter(|words| !words.is_empty());
        Case {
            prepare: prepare.collect(),
            command: words(command),
        }
    };
    lines.enumerate().map(case).collect()
}

fn persistent(dir: &Path) -> Builder {
    Server::builder()
        .dir(dir)
        .server_arg("appendonly", "yes")
        .server_arg("repl-diskless-sync-delay", "0")
}

/// A server with an AOF in `dir`, and a replica of it.
fn with_replica(dir: &Path) -> (Server, Server) {
    let port = free_port();
    let master = persistent(dir).port(port).start().unwrap();
    let replica = Server::builder()
        .server_arg("replicaof", format!("127.0.0.1 {port}"))
        .start()
        .unwrap();
    let state = || untyped(&replica, &["INFO", "replication"]);
    eventually("the replica follows", || {
        state().contains("master_link_status:up")
    });
    (master, replica)
}

/// Every key of the databases 0 and 1, with its type, its value and whether it expires.
fn contents(server: &Server) -> BTreeMap<String, String> {
    let mut con = common::plain_connection(server);
    let mut all = BTreeMap::new();
    for database in ["0", "1"] {
        let ask = |con: &mut redis::Connection, words: &[&str]| {
            let mut command = redis::cmd(words[0]);
            format!("{:?}", command.arg(&words[1..]).query::<redis::Value>(con))
        };
        ask(&mut con, &["SELECT", database]);
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut con).unwrap();
        for key in keys {
            let kind: String = redis::cmd("TYPE").arg(&key).query(&mut con).unwrap();
            let ttl: i64 = redis::cmd("TTL").arg(&key).query(&mut con).unwrap();
            let mut value = match kind.as_str() {
                "string" => ask(&mut con, &["GET", &key]),
                "list" => ask(&mut con, &["LRANGE", &key, "0", "-1"]),
                "zset" => ask(&mut con, &["ZRANGE", &key, "0", "-1", "WITHSCORES"]),
                "stream" => {
                    let groups: Vec<BTreeMap<String, redis::Value>> = redis::cmd("XINFO")
                        .arg("GROUPS")
                        .arg(&key)
                        .query(&mut con)
                        .unwrap();
                    // Replicas of Redis 7.0 do not know how many entries a group has read.
                    let groups = groups.iter().map(|group| {
                        ["name", "pending", "last-delivered-id"].map(|name| group.get(name))
                    });
                    ask(&mut con, &["XRANGE", &key, "-", "+"])
                        + &format!("{:?}", groups.collect::<Vec<_>>())
                }
                "set" => sorted(redis::cmd("SMEMBERS").arg(&key).query(&mut con).unwrap()),
                "hash" => sorted_pairs(redis::cmd("HGETALL").arg(&key).query(&mut con).unwrap()),
                other => panic!("{key} has the type {other}"),
            };
            write!(value, " {kind} expires: {}", ttl >= 0).unwrap();
            all.insert(format!("{database}/{key}"), value);
        }
    }
    all
}

fn sorted(mut members: Vec<String>) -> String {
    members.sort_unstable();
    members.join(" ")
}

fn sorted_pairs(pairs: Vec<(String, String)>) -> String {
    sorted(pairs.into_iter().map(|(a, b)| format!("{a}={b}")).collect())
}

/// The keys whose contents differ.
fn differences(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> Vec<String> {
    let names = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
    names
        .filter(|key| a.get(*key) != b.get(*key))
        .map(|key| format!("{key}: {:?} and {:?}", a.get(key), b.get(key)))
        .collect()
}

fn run(server: &Server, words: &[String]) -> Result<redis::Value, redis::RedisError> {
    let mut con = common::plain_connection(server);
    redis::cmd(&words[0]).arg(&words[1..]).query(&mut con)
}

/// Compares the data of the server with that of its replica, and with that of a server that is started with its AOF.
fn compare_copies(master: Server, replica: &Server, dir: &Path) {
    let mut expected = contents(&master);
    eventually("the handlers have ended", || {
        let before = std::mem::replace(&mut expected, contents(&master));
        before == expected
    });
    eventually("the replica has everything", || {
        let offset = |server: &Server| {
            let info = untyped(server, &["INFO", "replication"]);
            let mut lines = info.lines();
            lines.find_map(|line| line.strip_prefix("master_repl_offset:").map(str::to_owned))
        };
        offset(&master) == offset(replica)
    });
    assert_eq!(
        differences(&expected, &contents(replica)),
        [""; 0],
        "replica"
    );
    master.stop().unwrap();
    let again = persistent(dir).start().unwrap();
    assert_eq!(differences(&expected, &contents(&again)), [""; 0], "AOF");
}

/// Runs every command with this handler.
fn compare(handler: &str, register: &str) {
    let dir = tempfile::tempdir().unwrap();
    let (master, replica) = with_replica(dir.path());
    let cases = cases();
    for command in cases.iter().flat_map(|case| &case.prepare) {
        run(&master, command).unwrap();
    }
    let script = format!("GB('KeysReader').foreach(lambda r: {handler}).register({register})");
    assert_eq!(untyped(&master, &["RG.PYEXECUTE", &script]), "OK");
    let mut known = 0;
    for case in &cases {
        match run(&master, &case.command) {
            Ok(_) => known += 1,
            Err(refused) => assert!(
                refused.to_string().contains("unknown command"),
                "{:?}: {refused}",
                case.command
            ),
        }
    }
    assert!(known > 100, "only {known} commands are known");
    compare_copies(master, &replica, dir.path());
}

#[test]
fn sync_handlers_that_change_the_key_of_their_event() {
    for (name, handler) in HANDLERS {
        eprintln!("handler: {name}");
        compare(handler, "'k*', mode='sync'");
    }
}

#[test]
fn handlers_of_types_that_change_the_key_of_their_event() {
    let types =
        "'k*', mode='sync', keyTypes=['string', 'hash', 'list', 'set', 'zset', 'stream', 'empty']";
    compare("execute('DEL', r['key'])", types);
}

/// The engine knows every event that these commands cause.
#[test]
fn events_that_happen_are_events_that_can_happen() {
    let server = Server::start().unwrap();
    let log = "GB('KeysReader').foreach(lambda r: execute('SADD', 'events', r['event'])).register('k*', mode='sync')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", log]), "OK");
    for case in cases() {
        for command in case.prepare.iter().chain([&case.command]) {
            // Servers do not know all commands.
            let _ = run(&server, command);
        }
    }
    let events = untyped(&server, &["SMEMBERS", "events"]);
    let events: Vec<&str> = events.lines().collect();
    assert!(events.len() > 50, "{events:?}");
    let script = format!("GB('KeysReader').register('k*', eventTypes={events:?})");
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    let logged = server.log_tail(100);
    assert!(!logged.contains("to modules"), "{logged}");
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Sends commands for a few keys, which several clients share, alone, as pipelines, transactions and scripts.
fn random_load(server: &Server, seed: u64) {
    const WORDS: [&str; 16] = [
        "SET K v EX 500",
        "INCRBYFLOAT K 0.5",
        "APPEND K x",
        "RPUSH K a b c",
        "LMOVE K L LEFT RIGHT",
        "LPOP K",
        "SADD K a b c",
        "SPOP K 2",
        "ZADD K 1 a 2 b",
        "ZPOPMIN K",
        "HSET K f v",
        "HDEL K f",
        "XADD K MAXLEN 2 * f v",
        "RENAME K L",
        "DEL K L",
        "GETEX K EX 300",
    ];
    let mut numbers = Numbers(seed);
    let mut con = common::plain_connection(server);
    for _ in 0..150 {
        let mut pipe = redis::pipe();
        let kind = numbers.below(4);
        if kind == 0 {
            pipe.atomic();
        }
        for _ in 0..=numbers.below(5) {
            let line = WORDS[numbers.below(WORDS.len())];
            let keys = [numbers.below(20), numbers.below(20)].map(|key| format!("k{key}"));
            let words: Vec<&str> = line
                .split(' ')
                .map(|word| match word {
                    "K" => &keys[0],
                    "L" => &keys[1],
                    other => other,
                })
                .collect();
            if kind == 1 {
                let call = format!("return redis.pcall('{}')", words.join("','"));
                pipe.cmd("EVAL").arg(call).arg(0);
            } else {
                pipe.cmd(words[0]).arg(&words[1..]);
            }
        }
        // Commands of a wrong type are refused. Only the life of the server counts here.
        let answer = pipe.query::<redis::Value>(&mut con);
        let lives = |refused: redis::RedisError| !refused.is_io_error();
        assert!(answer.map_or_else(lives, |_| true));
    }
}

#[test]
fn random_commands_of_several_clients() {
    let dir = tempfile::tempdir().unwrap();
    let (master, replica) = with_replica(dir.path());
    let script = "
def handle(r):
    execute('INCR', 'events')
    key = r['key']
    what = (len(r['event']) + int(key[1:])) % 6
    if what == 0: execute('DEL', key)
    elif what == 1: execute('EXPIRE', key, 1000)
    elif what == 2: execute('SET', key, '7')
    elif what == 3: execute('PERSIST', key)
    elif what == 4: execute('RENAME', key, 'was:' + key)
GB('KeysReader').foreach(handle).register('k*', mode='sync')
GB('CommandReader').foreach(lambda x: execute(*x[1:])).register(trigger='run', mode='async_local')
";
    assert_eq!(untyped(&master, &["RG.PYEXECUTE", script]), "OK");
    std::thread::scope(|scope| {
        for seed in 1..4 {
            let master = &master;
            scope.spawn(move || random_load(master, seed));
        }
        for number in 0..200 {
            let key = format!("k{}", number % 20);
            untyped(&master, &["RG.TRIGGER", "run", "SET", &key, "of a gear"]);
        }
    });
    assert!(untyped(&master, &["GET", "events"]).parse::<u64>().unwrap() > 500);
    compare_copies(master, &replica, dir.path());
}
