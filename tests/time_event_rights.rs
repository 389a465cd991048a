//! Keys with time events give no code to users with rights to keys only, and run none for them.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, free_port, master, plain_connection, untyped};
use redgrease_embedded::{Builder, Server};
use std::path::Path;

/// The global must not be seen.
const SCRIPT: &str = "
token = 'hidden-global'
def count():
    execute('INCR', 'n')
    return token
execute('SET', 'made', str(registerTE(1, count, 'te')))
";

fn send(server: &Server, words: &str) -> String {
    untyped(server, &words.split(' ').collect::<Vec<_>>())
}

fn makes_the_key(server: &Server) {
    assert_eq!(untyped(server, &["RG.PYEXECUTE", SCRIPT]), "OK");
    assert_eq!(send(server, "GET made"), "True");
}

fn keeps_running(server: &Server) {
    let count = || send(server, "GET n").parse().unwrap_or(0_u64);
    let before = count();
    eventually("the time event runs", || count() > before);
}

fn kept(dir: &Path) -> Builder {
    Server::builder()
        .dir(dir)
        .server_arg("enable-debug-command", "yes")
}

/// Redis 6.2 allows `DEBUG` without a setting, and does not know the setting.
fn kept_on(dir: &Path) -> Server {
    kept(dir)
        .start()
        .or_else(|_| Server::builder().dir(dir).start())
        .unwrap()
}

fn dumped(server: &Server, way: &[&str]) -> Vec<u8> {
    let mut con = plain_connection(server);
    let mut cmd = redis::cmd(way[0]);
    cmd.arg(&way[1..]);
    cmd.query(&mut con).unwrap()
}

/// Checks that `DUMP` shows nothing of the function.
#[track_caller]
fn shows_nothing(server: &Server) {
    let lua = "return redis.call('DUMP', 'te')";
    for way in [&["DUMP", "te"][..], &["EVAL", lua, "0"]] {
        let bytes = dumped(server, way);
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("whose function is saved"), "{way:?}: {text}");
        assert!(!text.contains("hidden-global"), "{way:?}: {text}");
        assert!(!text.contains("INCR"), "{way:?}: {text}");
    }
}

#[test]
fn dump_shows_nothing_of_the_function() {
    let server = Server::start().unwrap();
    makes_the_key(&server);
    shows_nothing(&server);
    for (words, answer) in [
        ("OBJECT ENCODING te", "raw"),
        ("TYPE te", "rg_timeev"),
        ("STRLEN te", "WRONGTYPE"),
        ("SORT te STORE other", "WRONGTYPE"),
        ("SORT_RO te", "WRONGTYPE"),
        ("GETRANGE te 0 -1", "WRONGTYPE"),
        ("EXISTS other", "0"),
    ] {
        let reply = send(&server, words);
        let is_right = reply.contains(answer) || reply.contains("wrong kind of value");
        let is_unknown = reply.contains("unknown command");
        assert!(is_right || is_unknown, "{words}: {reply}");
    }
    keeps_running(&server);
}

#[test]
fn a_key_is_not_copied() {
    let server = Server::start().unwrap();
    makes_the_key(&server);
    let lua = "return redis.call('COPY', 'te', 'copy')";
    for words in [
        &["COPY", "te", "copy"][..],
        &["COPY", "te", "copy", "DB", "1"],
        &["COPY", "te", "n", "REPLACE"],
        &["EVAL", lua, "0"],
    ] {
        let reply = untyped(&server, words);
        assert!(reply.contains("failed to copy"), "{words:?}: {reply}");
    }
    assert_eq!(send(&server, "EXISTS te copy"), "1");
    let says = "a key with a time event was not copied, because COPY must not bring in code";
    let log = server.log_tail(200);
    assert_eq!(log.matches(says).count(), 1, "{log}");
    keeps_running(&server);
}

#[test]
fn every_way_of_saving_keeps_the_function() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = kept_on(dir.path());
    makes_the_key(&server);
    let ways: [&[&str]; 4] = [
        &["SAVE"],
        &["BGSAVE"],
        &["DEBUG", "RELOAD"],
        &["SHUTDOWN", "SAVE"],
    ];
    for way in ways {
        let name = way.join(" ");
        let _ = std::fs::remove_file(dir.path().join("dump.rdb"));
        untyped(&server, way);
        if name == "BGSAVE" {
            eventually("the child has ended", || {
                let info = send(&server, "INFO persistence");
                info.contains("rdb_bgsave_in_progress:0") && dir.path().join("dump.rdb").exists()
            });
        }
        if name == "DEBUG RELOAD" {
            shows_nothing(&server);
            keeps_running(&server);
        }
        let _ = server.kill();
        server = kept_on(dir.path());
        assert_eq!(send(&server, "TYPE te"), "rg_timeev", "{name}");
        shows_nothing(&server);
        keeps_running(&server);
    }
}

#[test]
fn dump_shows_nothing_while_a_child_saves_and_after_saving_has_failed() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept_on(dir.path());
    makes_the_key(&server);
    for key in 0..50 {
        send(&server, &format!("SET key:{key} x"));
    }
    // 2 ms for each key.
    send(&server, "CONFIG SET rdb-key-save-delay 2000");
    send(&server, "BGSAVE");
    shows_nothing(&server);
    send(&server, "CONFIG SET rdb-key-save-delay 0");
    eventually("the child has ended", || {
        send(&server, "INFO persistence").contains("rdb_bgsave_in_progress:0")
    });
    // A folder in the place of the file.
    let file = dir.path().join("dump.rdb");
    let _ = std::fs::remove_file(&file);
    std::fs::create_dir_all(file.join("occupied")).unwrap();
    let reply = send(&server, "SAVE");
    assert_ne!(reply, "OK");
    shows_nothing(&server);
    // A server that cannot save does not stop.
    server.kill().unwrap();
}

#[test]
fn a_replica_gets_the_function_through_a_file_and_through_a_socket() {
    let (master, port) = master();
    makes_the_key(&master);
    let port = port.to_string();
    for diskless in ["yes", "no"] {
        send(
            &master,
            &format!("CONFIG SET repl-diskless-sync {diskless}"),
        );
        let replica = Server::start().unwrap();
        assert_eq!(untyped(&replica, &["REPLICAOF", "127.0.0.1", &port]), "OK");
        eventually("the replica has the key", || {
            send(&replica, "TYPE te") == "rg_timeev"
        });
        shows_nothing(&replica);
        assert_eq!(untyped(&replica, &["REPLICAOF", "NO", "ONE"]), "OK");
        keeps_running(&replica);
    }
}

#[test]
fn a_key_stays_when_it_is_migrated() {
    let server = Server::start().unwrap();
    makes_the_key(&server);
    let port = free_port();
    let target = Server::builder().port(port).start().unwrap();
    let port = port.to_string();
    let words = ["MIGRATE", "127.0.0.1", &port, "te", "0", "5000"];
    let reply = untyped(&server, &words);
    assert!(reply.contains("Bad data format"), "{reply}");
    assert_eq!(send(&target, "EXISTS te"), "0");
    keeps_running(&server);
}
