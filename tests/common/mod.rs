//! What the integration tests share: a server of their own for each test.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

pub(crate) mod proxy;

use redgrease::Con;
use redgrease_embedded::Server;
use std::net::{Ipv4Addr, TcpListener};

/// A server with the engine, and a connection on which every gear of the test is registered.
pub(crate) fn started() -> (Server, Con) {
    let server = Server::start().unwrap();
    let con = redgrease::start(server.url()).unwrap();
    (server, con)
}

/// A server with the engine, on which nothing is registered.
pub(crate) fn empty() -> (Server, Con) {
    let server = Server::start().unwrap();
    let con = redgrease::connect(server.url()).unwrap();
    (server, con)
}

/// A server that others can reach on a port, to be its replicas.
pub(crate) fn master() -> (Server, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let server = Server::builder()
        .port(port)
        .server_arg("repl-diskless-sync-delay", "0")
        .start()
        .unwrap();
    (server, port)
}

/// What a client sees that knows nothing of types: the answer as `redis-cli` would print it.
pub(crate) fn untyped(server: &Server, words: &[&str]) -> String {
    let mut con = redis::Client::open(server.url())
        .unwrap()
        .get_connection()
        .unwrap();
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    match cmd.query::<redis::Value>(&mut con) {
        Ok(value) => shown(&value),
        Err(e) => format!(
            "{} {}",
            e.code().unwrap_or_default(),
            e.detail().unwrap_or_default()
        ),
    }
}

fn shown(value: &redis::Value) -> String {
    match value {
        redis::Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join("\n"),
        redis::Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        redis::Value::Int(number) => number.to_string(),
        redis::Value::SimpleString(text) => text.clone(),
        redis::Value::Okay => "OK".to_owned(),
        other => format!("{other:?}"),
    }
}

/// How often a command was called on a server.
pub(crate) fn calls_of(server: &Server, command: &str) -> u64 {
    let stats = untyped(server, &["INFO", "commandstats"]);
    let wanted = format!("cmdstat_{}:calls=", command.to_ascii_lowercase());
    stats
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix(&wanted)?
                .split(',')
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

/// Unregisters everything, as an operator would.
pub(crate) fn unregister_all(con: &mut impl redgrease::GearsCommands) {
    for registration in con.dump_registrations().unwrap() {
        con.unregister(&registration.id).unwrap();
    }
}

/// The 1-based line of a source file that contains `text`.
pub(crate) fn line_of(source: &str, text: &str) -> u32 {
    let at = source.lines().position(|line| line.contains(text)).unwrap();
    u32::try_from(at + 1).unwrap()
}

/// Waits until a condition holds: for what a server does on its own, after its answer.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(10),
            "it did not happen: {what}"
        );
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
