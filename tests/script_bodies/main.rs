//! The body of a script runs on a thread of its own, without the server's lock: it holds up nobody.
//!
//! | file | contents |
//! |---|---|
//! | `others.rs` | what the server does meanwhile |
//! | `at_once.rs` | many scripts at the same time, and scripts about the same session |
//! | `stopped.rs` | bodies that are stopped: limits, aborts, the end of the server |
//! | `changes.rs` | what changes while a body runs: registrations, roles, data |
//! | `restored.rs` | scripts of sessions that are tried again |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod at_once;
mod changes;
mod others;
mod restored;
mod stopped;

use common::{eventually, plain_connection, untyped};
use redgrease_embedded::Server;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Makes a body wait until a client sets the key `go`.
const WAIT: &str = "
import time
execute('SET', 'begun', '1')
while not execute('EXISTS', 'go'):
    time.sleep(0.005)
";

/// A server may be slow on a busy machine. A body that held up the server would take much longer than this.
const SOON: Duration = Duration::from_secs(2);

/// Sends a script from a client of its own.
fn sent(server: &Server, script: &str, words: &[&str]) -> JoinHandle<String> {
    let mut con = plain_connection(server);
    let mut cmd = redis::cmd("RG.PYEXECUTE");
    cmd.arg(script).arg(words);
    thread::spawn(move || match cmd.query::<redis::Value>(&mut con) {
        Ok(redis::Value::Okay) => "OK".to_owned(),
        Ok(value) => format!("{value:?}"),
        Err(error) => format!(
            "{} {}",
            error.code().unwrap_or_default(),
            error.detail().unwrap_or_default()
        ),
    })
}

/// Sends a script that waits for the key `go` first, and returns when it waits.
fn sent_and_begun(server: &Server, script: &str, words: &[&str]) -> JoinHandle<String> {
    let sent = sent(server, &format!("{WAIT}{script}"), words);
    eventually("the body has begun", || {
        untyped(server, &["EXISTS", "begun"]) == "1"
    });
    sent
}

fn go(server: &Server) {
    untyped(server, &["SET", "go", "1"]);
}

/// The value of a field of `INFO`.
fn info(server: &Server, field: &str) -> String {
    let info = untyped(server, &["INFO", "everything"]);
    let field = format!("rg_{field}:");
    let line = info.lines().find_map(|line| line.strip_prefix(&field));
    line.unwrap_or_default().trim().to_owned()
}

/// Asserts that the server answers soon, again and again until `is_over`.
#[track_caller]
fn answers_until(server: &Server, mut is_over: impl FnMut() -> bool) {
    let mut con = plain_connection(server);
    while !is_over() {
        let begun = Instant::now();
        redis::cmd("PING").exec(&mut con).unwrap();
        let took = begun.elapsed();
        assert!(took < SOON, "PING took {took:?}");
        thread::sleep(Duration::from_millis(5));
    }
}
