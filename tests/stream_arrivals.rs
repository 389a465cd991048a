//! Streams that arrive under the name of a registration in another way than by their first message are read at once.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, free_port, plain_connection, untyped};
use redgrease_embedded::Server;

const MODES: [&str; 3] = ["sync", "async", "async_local"];

/// A server that appends each message of the streams of `prefix` to the list `seen`.
fn server(mode: &str, prefix: &str) -> Server {
    let server = Server::start().unwrap();
    register(&server, mode, prefix);
    server
}

fn register(server: &Server, mode: &str, prefix: &str) {
    register_with(server, mode, prefix, "");
}

fn register_with(server: &Server, mode: &str, prefix: &str, options: &str) {
    let script = format!(
        "GB('StreamReader').foreach(lambda r: execute('RPUSH', 'seen', r['key'] + ' ' + r['value']['f'])) \
         .register('{prefix}', mode='{mode}'{options})"
    );
    assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
}

/// Runs commands on one connection, so that `SELECT` counts.
fn run(server: &Server, lines: &[&str]) {
    let mut con = plain_connection(server);
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command
            .exec(&mut con)
            .unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[track_caller]
fn sees(server: &Server, expected: &str) {
    let mut seen = String::new();
    let mut all = || {
        seen = untyped(server, &["LRANGE", "seen", "0", "-1"]);
        seen.lines().collect::<Vec<_>>().join(", ") == expected
    };
    eventually(&format!("the handlers have seen: {expected}"), &mut all);
}

#[test]
fn by_commands_that_give_a_stream_a_name() {
    let ways: [&[&str]; 10] = [
        &["RENAME other s:1"],
        &["RENAMENX other s:1"],
        &["COPY other s:1"],
        &["SELECT 1", "XADD s:1 * f a", "XADD s:1 * f b", "MOVE s:1 0"],
        &[
            "SELECT 1",
            "XADD new * f a",
            "XADD new * f b",
            "COPY new s:1 DB 0",
        ],
        &["SELECT 1", "XADD s:1 * f a", "XADD s:1 * f b", "SWAPDB 0 1"],
        &[
            "SELECT 1",
            "XADD s:1 * f a",
            "XADD s:1 * f b",
            "SELECT 2",
            "SWAPDB 1 0",
        ],
        &["MULTI", "RENAME other s:1", "SET unrelated v", "EXEC"],
        &["EVAL redis.call('RENAME','other','s:1') 0"],
        &["RG.PYEXECUTE execute('RENAME','other','s:1')"],
    ];
    for mode in MODES {
        for prefix in ["s:1", "s:*"] {
            for way in ways {
                eprintln!("{mode} {prefix} {way:?}");
                let server = server(mode, prefix);
                run(&server, &["XADD other * f a", "XADD other * f b"]);
                run(&server, way);
                sees(&server, "s:1 a, s:1 b");
                run(&server, &["XADD s:1 * f c"]);
                sees(&server, "s:1 a, s:1 b, s:1 c");
            }
        }
    }
}

fn restore(server: &Server, dump: &[u8], replace: bool) {
    let mut command = redis::cmd("RESTORE");
    command.arg("s:1").arg(0).arg(dump);
    if replace {
        command.arg("REPLACE");
    }
    command.exec(&mut plain_connection(server)).unwrap();
}

#[test]
fn by_restore() {
    for mode in MODES {
        let server = server(mode, "s:*");
        run(&server, &["XADD other * f a"]);
        let dump: Vec<u8> = redis::cmd("DUMP")
            .arg("other")
            .query(&mut plain_connection(&server))
            .unwrap();
        restore(&server, &dump, false);
        sees(&server, "s:1 a");
        run(&server, &["DEL seen"]);
        restore(&server, &dump, true);
        sees(&server, "s:1 a");
        run(&server, &["FLUSHALL"]);
        restore(&server, &dump, false);
        sees(&server, "s:1 a");
    }
}

#[test]
fn in_place_of_another_stream() {
    for mode in MODES {
        let server = server(mode, "s:*");
        run(&server, &["XADD s:1 * f old"]);
        sees(&server, "s:1 old");
        for (way, number) in [("RENAME other s:1", "1"), ("COPY other s:1 REPLACE", "2")] {
            run(
                &server,
                &[
                    "DEL seen",
                    &format!("XADD other * f {number}"),
                    way,
                    "DEL other",
                ]
                .into_iter()
                .filter(|line| *line != "DEL other" || way.starts_with("COPY"))
                .collect::<Vec<_>>(),
            );
            sees(&server, &format!("s:1 {number}"));
        }
    }
}

#[test]
fn by_migrate() {
    let port = free_port();
    let target = Server::builder().port(port).start().unwrap();
    register(&target, "sync", "s:*");
    let source = Server::start().unwrap();
    run(
        &source,
        &[
            "XADD s:1 * f a",
            &format!("MIGRATE 127.0.0.1 {port} s:1 0 5000"),
        ],
    );
    sees(&target, "s:1 a");
}

#[test]
fn when_the_group_is_set_to_the_first_message() {
    for mode in MODES {
        let server = Server::start().unwrap();
        register_with(&server, mode, "s:*", ", trimStream=False");
        run(&server, &["XADD s:1 * f a"]);
        sees(&server, "s:1 a");
        run(&server, &["XGROUP SETID s:1 __gears_consumer_group__ 0"]);
        sees(&server, "s:1 a, s:1 a");
    }
}

#[test]
fn a_key_that_is_no_stream_is_left_alone() {
    let server = server("sync", "s:*");
    run(
        &server,
        &[
            "SET other v",
            "RENAME other s:1",
            "COPY s:1 s:2",
            "SWAPDB 0 1",
            "SWAPDB 0 1",
        ],
    );
    run(&server, &["DEL s:1", "XADD s:1 * f a"]);
    sees(&server, "s:1 a");
    assert_eq!(untyped(&server, &["GET", "s:2"]), "v");
}

#[test]
fn databases_without_registered_streams_that_change_places() {
    let server = server("sync", "s:*");
    run(&server, &["XADD s:1 * f a"]);
    sees(&server, "s:1 a");
    let triggered = || {
        let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        let rows: Vec<&str> = rows.lines().collect();
        let at = rows.iter().position(|row| *row == "numTriggered").unwrap();
        rows[at + 1].to_owned()
    };
    let before = triggered();
    run(
        &server,
        &["SWAPDB 1 2", "SELECT 1", "FLUSHDB", "SET k v", "MOVE k 2"],
    );
    run(&server, &["XADD other * f a"]);
    assert_eq!(triggered(), before);
}
