//! The rights of work that goes on outside of the gear that handed it on: threads, tasks, pools, callbacks.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod at_once;
#[path = "../common/mod.rs"]
mod common;
mod loops;
mod modes;
mod nobody;
mod registered;
mod stopped;

use common::capability::{Capability, lacks};
use common::{plain_connection, untyped};
use redgrease_embedded::Server;
use std::collections::BTreeMap;

/// The forms of handed-on work, in Python.
const FORMS: &str = include_str!("forms.py");

/// Whether the server can hold gears to the rights of a user.
fn has_users(server: &Server) -> bool {
    !lacks(server, Capability::CommandsAsUser)
}

/// A server with keys and the users `lim`, who calls gears, and `dev`, who also sends scripts. Neither may read `secret`.
fn with_users(server: &Server) -> bool {
    if !has_users(server) {
        return false;
    }
    untyped(server, &["SET", "secret", "42"]);
    untyped(server, &["SET", "app:x", "7"]);
    let rules = [
        "on",
        "nopass",
        "~app:*",
        "+@all",
        "-@admin",
        "-@dangerous",
        "+acl|whoami",
    ];
    for (user, last) in [("lim", "-rg.pyexecute"), ("dev", "+rg.pyexecute")] {
        let words = [&["ACL", "SETUSER", user][..], &rules, &[last]].concat();
        assert_eq!(untyped(server, &words), "OK");
    }
    true
}

fn connected(server: &Server, user: &str) -> redis::Connection {
    let mut con = plain_connection(server);
    if user != "default" {
        redis::cmd("AUTH")
            .arg(user)
            .arg("any")
            .exec(&mut con)
            .unwrap();
    }
    con
}

/// Sends a command as a user. Returns the reply, or the error, as text.
fn ask(con: &mut redis::Connection, words: &[&str]) -> String {
    match redis::cmd(words[0])
        .arg(&words[1..])
        .query::<redis::Value>(con)
    {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.to_string(),
    }
}

/// A script that registers, with the forms in front of it and a trigger that tells the outcomes.
fn script(name: &str, text: &str) -> String {
    let told = "
def told(r):
    return '\\n'.join('%s\\n%s' % pair for pair in sys.shared.get(r[1], {}).items())
";
    let trigger =
        format!("GB('CommandReader').map(told).register(trigger='told {name}', mode='sync')");
    format!("{FORMS}{told}{text}\n{trigger}\n")
}

/// The outcomes under a tag, by the names of the forms.
fn told(server: &Server, name: &str, tag: &str) -> BTreeMap<String, String> {
    let all = untyped(server, &["RG.TRIGGER", &format!("told {name}"), tag]);
    let lines: Vec<&str> = all.lines().collect();
    let pairs = lines.chunks_exact(2);
    pairs
        .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
        .collect()
}

/// The number of forms in `forms.py`.
fn number_of_forms() -> usize {
    let lists = FORMS.split_once("THREADS = [").unwrap().1;
    let (threads, rest) = lists.split_once(']').unwrap();
    let coroutines = rest.split_once('[').unwrap().1.split_once(']').unwrap().0;
    [threads, coroutines]
        .map(|list| list.split(',').count())
        .iter()
        .sum()
}

/// Waits for the outcomes of all forms, each of which must be `expected`.
#[track_caller]
fn assert_all(server: &Server, name: &str, tag: &str, expected: &str) {
    let count = number_of_forms();
    let mut outcomes = BTreeMap::new();
    for _ in 0..2000 {
        outcomes = told(server, name, tag);
        if outcomes.len() >= count {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let wrong: Vec<_> = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome != expected)
        .collect();
    assert!(wrong.is_empty(), "{tag}: {wrong:#?}");
    assert_eq!(outcomes.len(), count, "{tag}: only {:?}", outcomes.keys());
}
