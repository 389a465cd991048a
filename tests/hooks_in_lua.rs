//! A script of Lua gets for a hooked command what it would get without the hook, whatever guards the server.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::untyped;
use redgrease_embedded::Server;

const HOOKS: &str = "
for command in ['hset', 'hget', 'del']:
    GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook=command, mode='sync')
";

/// Withholds the replies of the same commands.
const WATCHED: &str = "
GB('KeysReader').foreach(lambda r: None).register('none*', mode='sync', commands=['hset', 'hget', 'del'])
";

const WRITES: &str = "return redis.call('hset', KEYS[1], 'f', 'v')";
const READS: &str = "return redis.call('hget', KEYS[1], 'f')";

/// The answers to everything that a script may try under every guard.
fn answers(script: &str) -> Vec<String> {
    let server = Server::start().unwrap();
    if !script.is_empty() {
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    }
    let scripts = [
        WRITES.to_owned(),
        READS.to_owned(),
        format!("#!lua\n{WRITES}"),
        format!("#!lua flags=allow-oom\n{WRITES}"),
        format!("#!lua flags=no-writes\n{WRITES}"),
        format!("#!lua flags=no-writes\n{READS}"),
        format!("redis.call('del', 'other') {WRITES}"),
        format!("redis.pcall('hset', KEYS[1], 'f', 'v') {READS}"),
        "return redis.call('del', 'other')".to_owned(),
    ];
    // A hook answers with the text of what is missing, so nothing is.
    untyped(&server, &["HSET", "h", "f", "1"]);
    let mut answers = Vec::new();
    let mut ask = |when: &str| {
        untyped(&server, &["HSET", "h", "f", "1"]);
        for script in &scripts {
            for command in ["EVAL", "EVAL_RO"] {
                let answer = untyped(&server, &[command, script, "1", "h"]);
                answers.push(format!("{when}: {command} {script}: {answer}"));
            }
        }
    };
    let set = |name: &str, value: &str| {
        assert_eq!(untyped(&server, &["CONFIG", "SET", name, value]), "OK");
    };
    ask("free");
    set("maxmemory", "1");
    ask("full");
    set("maxmemory", "0");
    ask("free again");
    for _ in 0..3 {
        set("min-replicas-to-write", "1");
        ask("no replicas");
        set("min-replicas-to-write", "0");
        ask("enough replicas");
    }
    untyped(&server, &["REPLICAOF", "127.0.0.1", "1"]);
    ask("replica");
    untyped(&server, &["REPLICAOF", "NO", "ONE"]);
    ask("master");
    answers
}

#[test]
fn scripts_see_no_difference() {
    let plain = answers("");
    for script in [HOOKS, WATCHED] {
        for (with, without) in answers(script).iter().zip(&plain) {
            assert_eq!(with, without, "{script}");
        }
    }
}
