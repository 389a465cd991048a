//! Internal commands come from a master or an AOF file, whatever is around them.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::pair::{caught_up, follow};
use common::{eventually, free_port, master, plain_connection, untyped};
use redgrease_embedded::{Builder, Server};
use std::path::Path;

const SCRIPT: &str = "
def more(x):
    GB('CommandReader').map(lambda x: 'more').register(trigger=x[1], mode='sync')
GB('CommandReader').foreach(more).register(trigger='more', mode='sync')
GB('CommandReader').map(lambda x: str(registerTE(1, lambda: execute('INCR', 'n'), x[1]))).register(trigger='tick', mode='sync')
GB('CommandReader').register(trigger='goes', mode='sync')
";

const REFUSAL: &str = "is for masters and AOF files only";

fn send(server: &Server, words: &str) -> String {
    untyped(server, &words.split(' ').collect::<Vec<_>>())
}

/// Makes each kind of internal command, in a transaction and outside of one.
fn makes_all(server: &Server) {
    assert_eq!(
        untyped(server, &["RG.PYEXECUTE", SCRIPT, "ID", "app"]),
        "OK"
    );
    send(server, "RG.TRIGGER more plain");
    assert!(send(server, "RG.TRIGGER tick te:plain").contains("True"));
    let rows = send(server, "RG.DUMPREGISTRATIONS");
    let lines: Vec<&str> = rows.lines().collect();
    let at = lines.iter().position(|line| *line == "goes").unwrap();
    let id = lines[..at].iter().rposition(|line| *line == "id").unwrap();
    let mut con = plain_connection(server);
    let mut transaction = redis::pipe();
    transaction.atomic();
    for words in [
        &["SET", "beside", "1"][..],
        &["RG.TRIGGER", "more", "in-multi"],
        &["RG.TRIGGER", "tick", "te:in-multi"],
        &["RG.UNREGISTER", lines[id + 1]],
    ] {
        transaction.cmd(words[0]).arg(&words[1..]);
    }
    transaction.exec(&mut con).unwrap();
}

/// Checks that the server has everything.
#[track_caller]
fn has_all(server: &Server) {
    let rows = send(server, "RG.DUMPREGISTRATIONS");
    let mut triggers: Vec<&str> = rows
        .lines()
        .zip(rows.lines().skip(1))
        .filter_map(|(name, value)| (name == "trigger").then_some(value))
        .collect();
    triggers.sort_unstable();
    assert_eq!(triggers, ["in-multi", "more", "plain", "tick"]);
    assert_eq!(send(server, "EXISTS te:plain te:in-multi beside"), "3");
    assert_eq!(send(server, "TYPE te:in-multi"), "rg_timeev");
}

#[track_caller]
fn refuses_clients(server: &Server) {
    for words in [
        "RG.INNERREGISTER x",
        "RG.INNERUNREGISTER x",
        "RG.INNERTIMEEVENT te x",
    ] {
        let reply = send(server, words);
        assert!(reply.contains(REFUSAL), "{words}: {reply}");
    }
}

fn with_aof(dir: &Path, preamble: &str) -> Builder {
    Server::builder()
        .dir(dir)
        .server_arg("appendonly", "yes")
        .server_arg("appendfsync", "always")
        .server_arg("aof-use-rdb-preamble", preamble)
}

/// The same, with the command `DEBUG`, which needs a setting from Redis 7.0 on.
fn started(dir: &Path, preamble: &str) -> Server {
    let with_debug = with_aof(dir, preamble).server_arg("enable-debug-command", "yes");
    with_debug
        .start()
        .or_else(|_| with_aof(dir, preamble).start())
        .unwrap()
}

fn rewrite(server: &Server) {
    send(server, "BGREWRITEAOF");
    eventually("the AOF is rewritten", || {
        let info = send(server, "INFO persistence");
        info.contains("aof_rewrite_in_progress:0")
            && info.contains("aof_rewrite_scheduled:0")
            && !info.contains("aof_last_rewrite_time_sec:-1")
    });
}

#[test]
fn a_file_tells_everything() {
    for preamble in ["yes", "no"] {
        let dir = tempfile::tempdir().unwrap();
        let mut server = started(dir.path(), preamble);
        makes_all(&server);
        has_all(&server);
        for rewritten in [false, true] {
            if rewritten {
                rewrite(&server);
            }
            assert_eq!(send(&server, "DEBUG LOADAOF"), "OK");
            has_all(&server);
            server.kill().unwrap();
            server = started(dir.path(), preamble);
            has_all(&server);
            refuses_clients(&server);
        }
    }
}

#[test]
fn a_master_tells_everything_also_through_another_replica() {
    let (master, port) = master();
    let between_port = free_port();
    let between = Server::builder().port(between_port).start().unwrap();
    let last = Server::start().unwrap();
    follow(&between, port);
    follow(&last, between_port);
    makes_all(&master);
    caught_up(&master, &between);
    caught_up(&master, &last);
    for server in [&master, &between, &last] {
        has_all(server);
    }
    // A server that was a replica takes them from no client.
    assert_eq!(send(&last, "REPLICAOF NO ONE"), "OK");
    refuses_clients(&last);
    has_all(&last);
    refuses_clients(&master);
}
