//! Registrations in an AOF that is rewritten as commands (`aof-use-rdb-preamble no`).
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, master, untyped};
use redgrease_embedded::{Builder, Server};
use std::path::Path;

fn kept(dir: &Path) -> Builder {
    Server::builder()
        .dir(dir)
        .server_arg("appendonly", "yes")
        .server_arg("appendfsync", "always")
        .server_arg("aof-use-rdb-preamble", "no")
}

fn register(server: &Server, name: &str) {
    let script = format!(
        "GB('CommandReader').map(lambda x: '{name}').register(trigger='{name}', mode='sync')\n\
         GB('CommandReader').foreach(lambda x: GB('CommandReader').map(lambda x: 'grown').register(trigger='{name}:' + x[1], mode='sync')) \
         .register(trigger='grow:{name}')"
    );
    assert_eq!(
        untyped(server, &["RG.PYEXECUTE", &script, "ID", name]),
        "OK"
    );
}

fn rewrite(server: &Server) {
    let persistence = || untyped(server, &["INFO", "persistence"]);
    eventually("no rewrite runs", || {
        let info = persistence();
        info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
    });
    untyped(server, &["BGREWRITEAOF"]);
    eventually("the AOF is rewritten", || {
        let info = persistence();
        info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
    });
    assert!(persistence().contains("aof_last_bgrewrite_status:ok"));
}

#[test]
fn they_are_there_after_a_rewrite() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept(dir.path()).start().unwrap();
    register(&server, "a");
    register(&server, "b");
    untyped(&server, &["RG.TRIGGER", "grow:a", "1"]);
    untyped(&server, &["SET", "k", "v"]);
    rewrite(&server);
    rewrite(&server);
    register(&server, "c");
    let sessions = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    server.kill().unwrap();

    let server = kept(dir.path()).start().unwrap();
    assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), sessions);
    for trigger in ["a", "b", "c"] {
        assert_eq!(untyped(&server, &["RG.TRIGGER", trigger]), trigger);
    }
    assert_eq!(untyped(&server, &["RG.TRIGGER", "a:1"]), "grown");
    assert_eq!(untyped(&server, &["GET", "k"]), "v");
    // What is unregistered stays away.
    for row in untyped(&server, &["RG.DUMPREGISTRATIONS"])
        .lines()
        .filter(|row| row.contains('-'))
    {
        let id_length = row.split('-').next().unwrap().len();
        if id_length == 40 && !row.contains(' ') {
            untyped(&server, &["RG.UNREGISTER", row]);
        }
    }
    assert_eq!(untyped(&server, &["RG.DUMPREGISTRATIONS"]), "");
    rewrite(&server);
    server.kill().unwrap();
    let server = kept(dir.path()).start().unwrap();
    assert_eq!(untyped(&server, &["RG.DUMPREGISTRATIONS"]), "");
    assert_eq!(untyped(&server, &["GET", "k"]), "v");
}

#[test]
fn they_are_there_when_the_aof_begins_later() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept(dir.path())
        .server_arg("appendonly", "no")
        .start()
        .unwrap();
    register(&server, "a");
    untyped(&server, &["CONFIG", "SET", "appendonly", "yes"]);
    eventually("the AOF is written", || {
        let info = untyped(&server, &["INFO", "persistence"]);
        info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
    });
    untyped(&server, &["SET", "k", "v"]);
    server.kill().unwrap();
    let server = kept(dir.path()).start().unwrap();
    assert_eq!(untyped(&server, &["RG.TRIGGER", "a"]), "a");
}

#[test]
fn a_rewrite_while_clients_are_paused() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept(dir.path()).start().unwrap();
    register(&server, "a");
    untyped(&server, &["CLIENT", "PAUSE", "60000", "WRITE"]);
    rewrite(&server);
    let size = || -> u64 {
        let info = untyped(&server, &["INFO", "persistence"]);
        let mut lines = info.lines();
        lines
            .find_map(|line| line.strip_prefix("aof_current_size:"))
            .unwrap()
            .parse()
            .unwrap()
    };
    let before = size();
    assert_eq!(untyped(&server, &["CLIENT", "UNPAUSE"]), "OK");
    eventually("the registrations follow the end of the pause", || {
        size() > before + 300
    });
    server.kill().unwrap();
    let server = kept(dir.path()).start().unwrap();
    assert_eq!(untyped(&server, &["RG.TRIGGER", "a"]), "a");
}

#[test]
fn a_replica_has_them_in_an_aof_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (master, port) = master();
    register(&master, "a");
    let replica = kept(dir.path())
        .server_arg("replicaof", format!("127.0.0.1 {port}"))
        .start()
        .unwrap();
    eventually("the replica has the session", || {
        untyped(&replica, &["RG.TRIGGER", "a"]) == "a"
    });
    let sessions = untyped(&replica, &["RG.PYDUMPSESSIONS"]);
    let offset = |server: &Server| {
        let info = untyped(server, &["INFO", "replication"]);
        info.lines()
            .find_map(|line| line.strip_prefix("master_repl_offset:").map(str::to_owned))
            .unwrap()
    };
    rewrite(&replica);
    eventually("both are at the same place", || {
        offset(&master) == offset(&replica)
    });
    replica.kill().unwrap();
    let replica = kept(dir.path()).start().unwrap();
    assert_eq!(untyped(&replica, &["RG.PYDUMPSESSIONS"]), sessions);
    assert_eq!(untyped(&replica, &["RG.TRIGGER", "a"]), "a");
}
