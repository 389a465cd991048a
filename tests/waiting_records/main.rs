//! Records that wait for coroutines or futures, while the other records of their execution go on.
//!
//! | file | purpose |
//! |---|---|
//! | `together.rs` | the records of a run |
//! | `ended.rs` | errors, aborts, limits, futures that are continued twice |
//! | `events.rs` | messages, events and calls |
//! | `allowed.rs` | where a gear may wait |
//! | `faster.rs` | threads, and functions of the package |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod allowed;
#[path = "../common/mod.rs"]
mod common;
mod ended;
mod events;
mod faster;
mod together;

use common::{eventually, plain_connection, untyped};
use redgrease_embedded::Server;
use std::thread::JoinHandle;
use std::time::Duration;

/// Results and errors of a run.
type Outcome = (Vec<String>, Vec<String>);

/// A step that holds its record: `free` continues one with its name, `free_all` all of them.
const HOLD: &str = "
held = {}
def hold(x, *more):
    f = gearsFuture()
    held[str(x) + ''.join(str(one) for one in more)] = (f, x)
    execute('RPUSH', 'held', str(x))
    return f
";

/// Triggers that continue held records. The futures of a session are those of its script alone.
const FREE: &str = "
def free(words):
    f, x = held.pop(words[1])
    f.continueRun(x)
    return 'freed'
GB('CommandReader').map(free).register(trigger='free', mode='sync')
def fail(words):
    f, x = held.pop(words[1])
    f.continueFailed('no ' + str(x))
    return 'failed'
GB('CommandReader').map(fail).register(trigger='fail', mode='sync')
def free_all(words):
    names = list(held)
    for name in names:
        f, x = held.pop(name)
        f.continueRun(x)
    return len(names)
GB('CommandReader').map(free_all).register(trigger='free_all', mode='sync')
";

fn script(server: &Server, text: &str) {
    assert_eq!(untyped(server, &["RG.PYEXECUTE", text]), "OK");
}

/// Runs a script on a connection of its own. The thread ends with its outcome.
fn run(server: &Server, text: &str) -> JoinHandle<redis::RedisResult<Outcome>> {
    let mut con = plain_connection(server);
    con.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let text = text.to_owned();
    std::thread::spawn(move || redis::cmd("RG.PYEXECUTE").arg(text).query(&mut con))
}

/// The outcome of a script that needs nobody else.
fn outcome(server: &Server, text: &str) -> Outcome {
    run(server, text).join().unwrap().unwrap()
}

fn trigger(server: &Server, words: &[&str]) -> redis::RedisResult<Vec<String>> {
    let mut con = plain_connection(server);
    con.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    redis::cmd("RG.TRIGGER").arg(words).query(&mut con)
}

/// Calls a trigger on a connection of its own. The thread ends with the reply.
fn call(
    server: &Server,
    words: &'static [&'static str],
) -> JoinHandle<redis::RedisResult<Vec<String>>> {
    let mut con = plain_connection(server);
    con.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    std::thread::spawn(move || redis::cmd("RG.TRIGGER").arg(words).query(&mut con))
}

fn held(server: &Server) -> usize {
    untyped(server, &["LLEN", "held"]).parse().unwrap()
}

fn until_held(server: &Server, count: usize) {
    eventually("the records are held", || held(server) == count);
}

/// A chain as a trigger of a session with the triggers that continue records.
fn holding(server: &Server, chain: &str, options: &str) {
    script(
        server,
        &format!("{HOLD}{FREE}GB('CommandReader'){chain}.register(trigger='go'{options})"),
    );
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
