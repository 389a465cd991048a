//! Promoted and demoted servers, and servers that read a file.

use crate::common::pair::{assert_equal, caught_up, follow};
use crate::common::{eventually, free_port, master, untyped};
use crate::{CHANGES, in_multi, modes, send};
use redgrease_embedded::Server;

#[test]
fn hooks_begin_on_a_promoted_replica_and_end_on_a_demoted_master() {
    for (mode, script) in modes() {
        let (master, port) = master();
        let replica_port = free_port();
        let replica = Server::builder()
            .port(replica_port)
            .server_arg("repl-diskless-sync-delay", "0")
            .start()
            .unwrap();
        follow(&replica, port);
        assert_eq!(untyped(&master, &["RG.PYEXECUTE", &script]), "OK");
        send(&master, "HSET hh a 1");
        caught_up(&master, &replica);
        assert_eq!(send(&replica, "REPLICAOF NO ONE"), "OK");
        send(&replica, "HSET hh b 2");
        assert_eq!(send(&replica, "GET count"), "2", "{mode}");
        follow(&master, replica_port);
        send(&replica, "HSET hh c 3");
        caught_up(&replica, &master);
        assert_equal("the former master", &replica, &master);
        assert_eq!(send(&master, "GET count"), "3", "{mode}");
    }
}

#[test]
fn a_replica_restarts_with_the_commands_that_it_was_sent() {
    for ((mode, script), preamble) in modes().zip(["yes", "no", "no"]) {
        let (master, port) = master();
        let dir = tempfile::tempdir().unwrap();
        let start = || {
            let server = Server::builder()
                .dir(dir.path())
                .server_arg("appendonly", "yes");
            let server = server.server_arg("aof-use-rdb-preamble", preamble);
            server.server_arg("appendfsync", "always").start().unwrap()
        };
        let replica = start();
        follow(&replica, port);
        assert_eq!(untyped(&master, &["RG.PYEXECUTE", &script]), "OK");
        send(&master, "HSET hh a 1");
        caught_up(&master, &replica);
        // The replica writes its AOF anew after it was sent all data.
        eventually("the AOF is written", || {
            let info = send(&replica, "INFO persistence");
            info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
        });
        replica.kill().unwrap();
        let replica = start();
        assert_equal("the restarted replica", &master, &replica);
        follow(&replica, port);
        send(&master, "HSET hh b 2");
        caught_up(&master, &replica);
        assert_equal("the replica that follows again", &master, &replica);
        assert_eq!(send(&replica, "GET count"), "2", "{mode} {preamble}");
    }
}

#[test]
fn hooks_do_not_run_while_a_file_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let start = || {
        let server = Server::builder()
            .dir(dir.path())
            .server_arg("appendonly", "yes");
        server.server_arg("appendfsync", "always").start().unwrap()
    };
    let (other, port) = master();
    let server = start();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", CHANGES]), "OK");
    for command in ["SET c1 v", "INCR m", "MSET a 1 b 2"] {
        send(&server, command);
    }
    in_multi(&server, &["SET c7 v", "INCR m"]);
    untyped(
        &server,
        &["EVAL", "return redis.call('SET', 'c8', 'v')", "0"],
    );
    let port = port.to_string();
    let sent = untyped(&server, &["MIGRATE", "127.0.0.1", &port, "a", "0", "5000"]);
    assert_eq!(sent, "OK");
    assert_eq!(send(&other, "GET a"), "1");
    eventually("all events are handled", || {
        send(&server, "GET events") == "3"
    });
    let before = crate::common::pair::contents(&server);
    server.kill().unwrap();
    let server = start();
    assert_eq!(crate::common::pair::contents(&server), before);
}
