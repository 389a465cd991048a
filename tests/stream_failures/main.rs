//! Messages of streams that fail: they are tried again, and in the end they go to the dead letters.
//!
//! | file | subject |
//! |---|---|
//! | `given_up.rs` | which messages are given up, after how many tries, in which order |
//! | `groups.rs` | streams that lose their consumer group, or are others, while a message waits for its retry |
//! | `letters.rs` | the fields of a dead letter |
//! | `limits.rs` | handlers that limits or clients stop |
//! | `refused.rs` | dead letters that the server refuses, and options that contradict each other |
//! | `restarts.rs` | restarts, crashes, upgrades and replicas |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod given_up;
mod groups;
mod letters;
mod limits;
mod refused;
mod restarts;

use common::{eventually, untyped};
use redgrease_embedded::Server;
use std::collections::HashMap;

/// Fails at the messages whose number is in the set `bad`.
const HANDLER: &str = "
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'tried', n)
    if execute('SISMEMBER', 'bad', n):
        raise ValueError('bad ' + n)
    execute('RPUSH', 'handled', n)
def handle_all(a, r):
    handle(r)
    return 1
async def wait_for(r):
    handle(r)
";

/// Registers a chain of steps that use [`HANDLER`].
fn register(server: &Server, steps: &str, options: &str) {
    let script = format!("{HANDLER}\nGB('StreamReader').{steps}.register('s', {options})");
    let answer = untyped(server, &["RG.PYEXECUTE", &script, "ID", "s", "UPGRADE"]);
    assert_eq!(answer, "OK", "{options}");
}

/// Adds messages with numbers, all at once.
fn add(server: &Server, stream: &str, numbers: std::ops::Range<u32>) {
    let mut together = redis::pipe();
    together.atomic();
    for n in numbers {
        together.cmd("XADD").arg(stream).arg("*").arg("n").arg(n);
    }
    together
        .exec(&mut common::plain_connection(server))
        .unwrap();
}

fn bad(server: &Server, numbers: &[&str]) {
    untyped(server, &[&["SADD", "bad"], numbers].concat());
}

fn list(server: &Server, key: &str) -> Vec<String> {
    let text = untyped(server, &["LRANGE", key, "0", "-1"]);
    text.lines().map(str::to_owned).collect()
}

fn tries_of(server: &Server, number: &str) -> usize {
    let tried = list(server, "tried");
    tried.iter().filter(|one| *one == number).count()
}

/// The dead letters, by their fields.
fn letters(server: &Server) -> Vec<HashMap<String, String>> {
    let mut con = common::plain_connection(server);
    let rows: Vec<(String, Vec<String>)> = redis::cmd("XRANGE")
        .arg(&["dead", "-", "+"])
        .query(&mut con)
        .unwrap();
    rows.into_iter()
        .map(|(_, fields)| {
            let pairs = fields.chunks(2);
            pairs
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect()
        })
        .collect()
}

fn numbers_of_letters(server: &Server) -> Vec<String> {
    letters(server).iter().map(|one| one["n"].clone()).collect()
}

fn all_are_settled(server: &Server) {
    eventually("no message is pending", || {
        let pending = untyped(server, &["XPENDING", "s", "__gears_consumer_group__"]);
        pending.lines().next() == Some("0")
    });
}

/// The value of a field in the row of the only registration.
fn field(server: &Server, name: &str) -> String {
    let rows = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let mut lines = rows.lines();
    lines.find(|line| *line == name).unwrap();
    lines.next().unwrap().to_owned()
}

fn figure(server: &Server, name: &str) -> String {
    let info = untyped(server, &["INFO", "everything"]);
    let wanted = format!("{name}:");
    let mut lines = info.lines();
    let line = lines.find_map(|line| line.split_once(&wanted)).unwrap();
    line.1.trim().to_owned()
}

const OPTIONS: &str =
    "onFailedPolicy='retry', onFailedRetryInterval=0, maxRetries=2, deadLetter='dead'";
