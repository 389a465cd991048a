//! Servers without the engine that get the data of a server with it.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, free_port, untyped};
use redgrease_embedded::{Builder, Server};
use std::path::Path;

const SCRIPT: &str = "GB('CommandReader').map(lambda x: 'here').register(trigger='t', mode='sync')";

fn in_folder(dir: &Path, port: u16) -> Builder {
    Server::builder()
        .dir(dir)
        .port(port)
        .server_arg("repl-diskless-sync-delay", "0")
}

/// Starts a replica without the engine, and waits until it has the data.
fn is_followed(master: &Server, port: u16) {
    let value = untyped(master, &["INCR", "replicas"]);
    let replica = Server::builder()
        .without_engine()
        .server_arg("replicaof", format!("127.0.0.1 {port}"))
        .start()
        .unwrap();
    eventually("the replica has the data", || {
        untyped(&replica, &["GET", "replicas"]) == value
    });
}

#[test]
fn a_replica_follows_a_master_that_never_had_a_registration() {
    for settings in [&[][..], &[("appendonly", "yes")], &[("save", "3600 1")]] {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let master = || {
            let add =
                |builder: Builder, (name, value): &(&str, &str)| builder.server_arg(*name, *value);
            settings
                .iter()
                .fold(in_folder(dir.path(), port), add)
                .start()
                .unwrap()
        };
        let server = master();
        untyped(&server, &["RG.PYEXECUTE", "execute('SET', 'k', 'v')"]);
        is_followed(&server, port);
        untyped(&server, &["DEBUG", "RELOAD"]);
        untyped(&server, &["BGREWRITEAOF"]);
        eventually("the AOF is rewritten", || {
            let info = untyped(&server, &["INFO", "persistence"]);
            info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
        });
        untyped(&server, &["SAVE"]);
        server.stop().unwrap();
        // A file that was loaded has no data of the engine either.
        let server = master();
        assert_eq!(untyped(&server, &["GET", "k"]), "v");
        is_followed(&server, port);
    }
}

#[test]
fn a_server_loads_the_data_of_one_that_never_had_a_registration() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::builder().dir(dir.path()).start().unwrap();
    untyped(&server, &["SET", "k", "v"]);
    untyped(&server, &["SAVE"]);
    server.kill().unwrap();
    let plain = Server::builder()
        .dir(dir.path())
        .without_engine()
        .start()
        .unwrap();
    assert_eq!(untyped(&plain, &["GET", "k"]), "v");
    untyped(&plain, &["SAVE"]);
    plain.kill().unwrap();
    let server = Server::builder().dir(dir.path()).start().unwrap();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", SCRIPT]), "OK");
    untyped(&server, &["SAVE"]);
    server.kill().unwrap();
    let server = Server::builder().dir(dir.path()).start().unwrap();
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "here");
}

#[test]
fn registrations_are_refused_under_the_name_of_the_module() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::builder().dir(dir.path()).start().unwrap();
    let modules = untyped(&server, &["MODULE", "LIST"]);
    assert!(modules.lines().any(|line| line == "rg"), "{modules}");
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", SCRIPT]), "OK");
    untyped(&server, &["SAVE"]);
    server.kill().unwrap();
    let refused = Server::builder()
        .dir(dir.path())
        .without_engine()
        .start()
        .unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("rg_engine"), "{refused}");
}

#[test]
fn a_replica_forgets_what_its_master_does_not_have() {
    let (master, port) = common::master();
    let replica = Server::start().unwrap();
    assert_eq!(untyped(&replica, &["RG.PYEXECUTE", SCRIPT]), "OK");
    untyped(&master, &["SET", "k", "v"]);
    untyped(&replica, &["REPLICAOF", "127.0.0.1", &port.to_string()]);
    eventually("the replica has the data", || {
        untyped(&replica, &["GET", "k"]) == "v"
    });
    assert_eq!(untyped(&replica, &["RG.DUMPREGISTRATIONS"]), "");
}

#[test]
fn a_reload_keeps_registrations() {
    let builder = || Server::builder().server_arg("save", "");
    // Redis 6.2 has no such setting, and allows the command.
    let server = builder().server_arg("enable-debug-command", "yes").start();
    let server = server.unwrap_or_else(|_| builder().start().unwrap());
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", SCRIPT]), "OK");
    let before = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    for _ in 0..2 {
        assert_eq!(untyped(&server, &["DEBUG", "RELOAD"]), "OK");
        assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), before);
    }
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "here");
}
