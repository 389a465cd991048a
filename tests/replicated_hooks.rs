//! Random commands that gears replace: the replica, and the servers after a restart from the AOF, hold the same keys as the
//! master.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::pair::{assert_equal, caught_up, follow};
use common::{eventually, free_port, plain_connection, untyped};
use redgrease_embedded::{Builder, Server};
use std::path::Path;

/// Commands of each client and mode.
const COMMANDS: usize = 1500;

/// Hooks that write more, write something else, write nothing and fail, and handlers that replace the reply. `MODE` is their
/// mode, and `sync` hooks may call each other.
const GEARS: &str = "
def more(words):
    execute('INCRBY', 'calls:' + words[0].lower(), 1)
    return call_next(*words[1:])
def changed(words):
    return call_next('changed:' + words[1], *words[2:])
def several(words):
    pairs = list(zip(words[1::2], words[2::2]))
    execute('SADD', 'seen', *words[1::2])
    reply = call_next(*[word for pair in reversed(pairs) for word in pair])
    execute('PEXPIRE', pairs[0][0], 10000000)
    return reply
def instead(words):
    return execute('RPUSH', 'instead', *words[1:])
def nothing(words):
    return 'nothing'
def fails(words):
    execute('RPUSH', 'fails', words[1])
    raise Exception('on purpose')
def at_once(words):
    with atomic():
        execute('RPUSH', 'at once', words[1])
        reply = call_next(*words[1:])
        execute('RPUSH', 'at once', str(reply))
    return reply

def hook(command, function, **options):
    GB('CommandReader').map(function).register(hook=command, mode='MODE', convertToStr=False, **options)

hook('SET', changed, keyprefix='s')
hook('HSET', more)
hook('MSET', several)
hook('DEL', more)
hook('RENAME', more, keyprefix='a')
hook('INCR', instead, keyprefix='c')
hook('DECR', nothing)
hook('GETSET', fails, keyprefix='b')
hook('ZADD', at_once)
hook('XADD', more)
hook('EXPIRE', more)
hook('SPOP', more)
hook('LPUSH', more, keyprefix='a')
hook('LMOVE', more)
hook('COPY', more)
hook('GETDEL', more)
hook('INCRBYFLOAT', at_once)
hook('SETEX', changed, keyprefix='a')
hook('PUBLISH', more)
hook('SUNIONSTORE', more)

def handled(record):
    execute('HINCRBY', 'handled', record['key'] + ' ' + record['event'], 1)
    if record['key'].endswith('1'):
        override_reply('replaced')
GB('KeysReader').foreach(handled).register('w*', mode='MODE', eventTypes=['rpush', 'append', 'hincrby'], commands=['RPUSH', 'APPEND', 'HINCRBY'])
GB('CommandReader').map(lambda words: execute(*words[1:])).register(trigger='run', mode='MODE', convertToStr=False)
";

/// The commands. `K` stands for a random key, `V` for a random value.
const TEMPLATES: [&str; 27] = [
    "SET K V",
    "SET K V EX 1000",
    "HSET hK V V",
    "MSET K V K V K V",
    "DEL K K hK",
    "RENAME K K",
    "INCR K",
    "DECR K",
    "GETSET K V",
    "ZADD zK V V V V",
    "XADD xK * f V",
    "EXPIRE K 1000",
    "SPOP tK",
    "SADD tK V V V",
    "LPUSH lK V V",
    "LPUSH K V",
    "LMOVE lK lK LEFT RIGHT",
    "COPY K K REPLACE",
    "GETDEL K",
    "INCRBYFLOAT K 0.5",
    "SETEX K 1000 V",
    "PUBLISH channel V",
    "SUNIONSTORE tK tK tK",
    "RPUSH wlK V",
    "APPEND wK V",
    "HINCRBY whK V 1",
    "APPEND K V",
];

/// A `SplitMix64` generator.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn words(&mut self) -> Vec<String> {
        let place = usize::try_from(self.below(TEMPLATES.len() as u64)).unwrap();
        let mut words = Vec::new();
        for word in TEMPLATES[place].split(' ') {
            let key = |random: &mut Random| {
                let prefix = ["a", "b", "c", "s"][usize::try_from(random.below(4)).unwrap()];
                format!("{prefix}{}", random.below(3))
            };
            words.push(match word.split_once(['K', 'V']) {
                Some((kind, "")) if kind.chars().all(char::is_lowercase) => {
                    if word.ends_with('K') {
                        format!("{kind}{}", key(self))
                    } else {
                        self.below(20).to_string()
                    }
                }
                _ => word.to_owned(),
            });
        }
        words
    }
}

/// One client: commands by themselves, through a gear, in transactions and in scripts. Errors are answers.
fn commands(server: &Server, seed: u64) {
    const LUA: &str = "return redis.pcall(unpack(ARGV))";
    let mut random = Random(seed);
    let mut con = plain_connection(server);
    let mut sent = 0;
    let mut ask = |words: &[&str]| {
        let answer = redis::cmd(words[0])
            .arg(&words[1..])
            .query::<redis::Value>(&mut con);
        if let Err(error) = answer {
            assert!(
                !error.is_io_error(),
                "seed {seed}: {words:?}: {error}\n{}",
                server.log_tail(60)
            );
        }
    };
    while sent < COMMANDS {
        let mut words = random.words();
        match random.below(12) {
            0 => {
                ask(&["MULTI"]);
                for _ in 0..3 {
                    let words = random.words();
                    ask(&words.iter().map(String::as_str).collect::<Vec<_>>());
                }
                ask(&["EXEC"]);
                sent += 3;
            }
            1 => {
                let start = ["EVAL", LUA, "0"];
                words.splice(0..0, start.map(str::to_owned));
            }
            2 => {
                let start = ["RG.TRIGGER", "run"];
                words.splice(0..0, start.map(str::to_owned));
            }
            _ => {}
        }
        ask(&words.iter().map(String::as_str).collect::<Vec<_>>());
        sent += 1;
    }
}

fn with_aof(dir: &Path) -> Builder {
    Server::builder()
        .dir(dir)
        .server_arg("appendonly", "yes")
        .server_arg("appendfsync", "no")
        .server_arg("repl-diskless-sync-delay", "0")
}

/// Waits until no execution is waiting or running.
fn is_quiet(server: &Server) {
    eventually("all executions have ended", || {
        let list = untyped(server, &["RG.DUMPEXECUTIONS"]);
        !["created", "running", "pending"]
            .iter()
            .any(|word| list.contains(word))
    });
}

#[test]
fn random_commands_leave_the_same_keys_everywhere() {
    for (mode, seed) in [("sync", 1), ("async_local", 2), ("async", 3)] {
        let (dir, replica_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let port = free_port();
        let master = with_aof(dir.path()).port(port).start().unwrap();
        let replica = with_aof(replica_dir.path()).start().unwrap();
        follow(&replica, port);
        let gears = GEARS.replace("MODE", mode);
        assert_eq!(untyped(&master, &["RG.PYEXECUTE", &gears]), "OK");
        std::thread::scope(|scope| {
            for client in 0..2 {
                let master = &master;
                scope.spawn(move || commands(master, 100 * seed + client));
            }
        });
        is_quiet(&master);
        caught_up(&master, &replica);
        assert_equal("the replica", &master, &replica);
        let ran = untyped(&master, &["GET", "calls:hset"]);
        assert!(ran.parse::<u64>().unwrap() > 50, "{mode}: {ran} calls");

        replica.kill().unwrap();
        let replica = eventually_started(replica_dir.path());
        assert_equal("the restarted replica", &master, &replica);
        let before = common::pair::contents(&master);
        master.kill().unwrap();
        let master = eventually_started(dir.path());
        let after = common::pair::contents(&master);
        let differing: Vec<_> = before
            .iter()
            .filter(|(key, value)| after.get(*key) != Some(*value))
            .collect();
        assert!(
            differing.is_empty() && before.len() == after.len(),
            "{mode}: {differing:?}"
        );
    }
}

/// A server with the data of one that was killed, whose child may still hold the directory for a moment.
fn eventually_started(dir: &Path) -> Server {
    let mut started = None;
    eventually("the directory is free", || {
        started = with_aof(dir).start().ok();
        started.is_some()
    });
    started.unwrap()
}
