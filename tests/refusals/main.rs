//! The words of a command that the server refuses, and the entry of `ACL LOG`, on every path by which a gear runs: they are
//! those that a client gets for the same command.
//!
//! | file | purpose |
//! |---|---|
//! | `paths.rs` | the paths, and a gear on each of them that runs the commands |
//! | `words.rs` | the words in the gear and for its client |
//! | `client.rs` | the errors at the client that called the gear |
//! | `log.rs` | the entries of `ACL LOG` |
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod client;
#[path = "../common/mod.rs"]
mod common;
mod log;
mod paths;
mod words;

use common::capability::{Capability, lacks};
use common::{plain_connection, untyped};
use redgrease_embedded::Server;

/// Commands that the server does not run for the user `lim`.
const REFUSED: &[&[&str]] = &[
    &["GET", "secret"],
    &["MGET", "app:1", "secret", "other"],
    &["RENAME", "app:1", "se'cret key"],
    &["SET", "ro:1", "v"],
    &["GETSET", "wo:1", "v"],
    &["SORT", "app:list", "STORE", "secret"],
    &["XREADGROUP", "GROUP", "g", "c", "STREAMS", "secret", ">"],
    &["ZUNIONSTORE", "app:z", "2", "app:1", "secret"],
    &["CONFIG", "GET", "maxmemory"],
    &["config", "set", "maxmemory", "0"],
    &["KEYS", "*"],
    &["PUBLISH", "channel", "m"],
    &["PUBLISH", "app:channel", "m"],
    &["GET"],
    &["GET", "app:1", "app:2"],
    &["ZUNIONSTORE", "app:z"],
    &["CONFIG"],
    &["CONFIG", "NoSuch"],
    &["no.such", "a", "b\r\nc"],
    &["no such\n", "\u{e9}\u{20ac}"],
    &["OBJECT", "ENCODING"],
];

/// `true` for a command that no script may run, whatever the user: a gear that a script calls gets another error.
fn is_refused_to_scripts(command: &str) -> bool {
    command.to_ascii_lowercase().contains("config")
}

/// A server with the user `lim` and a connection of that user. `None` on a server that runs no gears for such a user.
fn with_lim() -> Option<(Server, redis::Connection)> {
    let server = Server::builder();
    // Without packages of other tests: the bundled `cmd` is meant.
    let server = server.module_arg("PythonInstallationDir", "packages");
    let server = server.start().unwrap();
    if lacks(&server, Capability::CommandsAsUser) {
        return None;
    }
    let rules = "ACL SETUSER lim on >p resetchannels &app:* ~app:* %R~ro:* %W~wo:* +@all -@dangerous +sort +rg.pyexecute";
    let words: Vec<&str> = rules.split(' ').collect();
    assert_eq!(untyped(&server, &words), "OK");
    let con = as_lim(&server);
    Some((server, con))
}

fn as_lim(server: &Server) -> redis::Connection {
    let mut con = plain_connection(server);
    let login: String = redis::cmd("AUTH")
        .arg("lim")
        .arg("p")
        .query(&mut con)
        .unwrap();
    assert_eq!(login, "OK");
    con
}

/// Sends a command. An error is its whole line.
fn send(con: &mut redis::Connection, words: &[&str]) -> Result<redis::Value, String> {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    match cmd.query(con) {
        Ok(redis::Value::ServerError(error)) => Err(format!(
            "{} {}",
            error.code(),
            error.details().unwrap_or_default()
        )),
        Ok(value) => Ok(value),
        Err(error) => Err(format!(
            "{} {}",
            error.code().unwrap_or_default(),
            error.detail().unwrap_or_default()
        )),
    }
}
