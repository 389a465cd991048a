//! Shared parts of the integration tests. Each test starts its own server.
#![allow(
    dead_code,
    reason = "each test program uses only some of the functions"
)]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

pub(crate) mod anywhere;
pub(crate) mod capability;
pub(crate) mod pair;
pub(crate) mod proxy;
pub(crate) mod rounds;
pub(crate) mod shards;
pub(crate) mod wheel;

use anywhere::Answers;
use redgrease::{Con, Gear, Options};
use redgrease_embedded::Server;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

/// Time limit of [`eventually`]. It only matters for failing tests.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A server with the engine, and a connection that has registered every gear of the test program.
pub(crate) fn started() -> (Server, Con) {
    let server = Server::start().unwrap();
    let con = redgrease::start(server.url()).unwrap();
    (server, con)
}

/// A server with the engine, and a connection that has registered these gears.
pub(crate) fn with_gears(gears: &[&'static Gear]) -> (Server, Con) {
    let server = Server::start().unwrap();
    let (con, _) = redgrease::start_with(server.url(), &Options::new().gears(gears)).unwrap();
    (server, con)
}

/// A server with the engine, and a connection. Nothing is registered.
pub(crate) fn empty() -> (Server, Con) {
    let server = Server::start().unwrap();
    let con = redgrease::connect(server.url()).unwrap();
    (server, con)
}

/// A connection of redis-rs, which knows nothing of gears.
pub(crate) fn plain_connection(server: &impl Answers) -> redis::Connection {
    plain_connection_to(server.url())
}

/// [`plain_connection`] to a server with this address, such as a node of a cluster.
pub(crate) fn plain_connection_to(url: &str) -> redis::Connection {
    redis::Client::open(url).unwrap().get_connection().unwrap()
}

/// A TCP port on loopback that no program uses.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A server that listens on a TCP port, so that replicas can follow it.
pub(crate) fn master() -> (Server, u16) {
    let port = free_port();
    let server = Server::builder()
        .port(port)
        .server_arg("repl-diskless-sync-delay", "0")
        .start()
        .unwrap();
    (server, port)
}

/// Sends a command and returns the reply as text, similar to `redis-cli`.
pub(crate) fn untyped(server: &impl Answers, words: &[&str]) -> String {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    match server.answer(&cmd) {
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

/// Number of calls of a command on a server.
pub(crate) fn calls_of(server: &impl Answers, command: &str) -> u64 {
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

/// Unregisters every registration, as an operator could.
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

/// The value that follows a name in a flat list of names and values.
pub(crate) fn field<'a>(rows: &'a [String], name: &str) -> &'a str {
    let at = rows.iter().position(|row| row == name).unwrap();
    &rows[at + 1]
}

/// Waits until a condition holds, for effects that follow the reply of a command.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        thread::sleep(Duration::from_millis(5));
    }
}
