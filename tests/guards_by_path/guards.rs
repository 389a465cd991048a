//! The guards.

use super::common::{eventually, plain_connection, untyped};
use super::paths::Files;
use redgrease_embedded::Server;
use std::thread;

#[derive(Debug)]
pub(crate) struct Guard {
    /// As the table of the documentation names it.
    pub(crate) name: &'static str,
    pub(crate) begin: fn(&Server),
    pub(crate) lift: fn(&Server, &Files),
    /// Handlers of events do not run under the guard.
    pub(crate) stops_events: bool,
    /// Under the guard, MULTI takes no commands, whatever they are.
    pub(crate) refuses_queueing: bool,
    /// Hooks are registered, and `commands=`.
    pub(crate) hooks: bool,
}

pub(crate) const GUARDS: &[Guard] = &[
    Guard {
        name: "read-only replica",
        begin: |server| send(server, "REPLICAOF 127.0.0.1 1"),
        lift: |server, _| send(server, "REPLICAOF NO ONE"),
        stops_events: true,
        refuses_queueing: false,
        hooks: true,
    },
    Guard {
        name: "replica-serve-stale-data no",
        begin: |server| {
            send(server, "CONFIG SET replica-serve-stale-data no");
            send(server, "REPLICAOF 127.0.0.1 1");
        },
        lift: |server, _| send(server, "REPLICAOF NO ONE"),
        stops_events: true,
        refuses_queueing: false,
        hooks: true,
    },
    Guard {
        name: "CLIENT PAUSE WRITE",
        begin: |server| send(server, "CLIENT PAUSE 60000 WRITE"),
        lift: |server, _| send(server, "CLIENT UNPAUSE"),
        stops_events: false,
        refuses_queueing: false,
        hooks: false,
    },
    Guard {
        name: "CLIENT PAUSE WRITE, with hooks",
        begin: |server| send(server, "CLIENT PAUSE 60000 WRITE"),
        lift: |server, _| send(server, "CLIENT UNPAUSE"),
        stops_events: false,
        refuses_queueing: false,
        hooks: true,
    },
    Guard {
        name: "CLIENT PAUSE ALL",
        begin: |server| send(server, "CLIENT PAUSE 60000 ALL"),
        // No client is served.
        lift: |_, files| files.create("lift"),
        stops_events: false,
        refuses_queueing: false,
        hooks: false,
    },
    Guard {
        name: "CLIENT PAUSE ALL, with hooks",
        begin: |server| send(server, "CLIENT PAUSE 60000 ALL"),
        // No client is served.
        lift: |_, files| files.create("lift"),
        stops_events: false,
        refuses_queueing: false,
        hooks: true,
    },
    Guard {
        name: "maxmemory",
        begin: |server| {
            send(server, "CONFIG SET maxmemory 1");
            // Scripts look at the memory as the last command of a client has found it that was not refused.
            answer(server, "GET k");
        },
        lift: |server, _| send(server, "CONFIG SET maxmemory 0"),
        stops_events: false,
        refuses_queueing: true,
        hooks: true,
    },
    Guard {
        name: "min-replicas-to-write",
        begin: |server| {
            send(server, "CONFIG SET min-replicas-to-write 1");
            eventually("the engine knows it", || {
                answer(server, "SET k v").starts_with("NOREPLICAS")
            });
        },
        lift: |server, _| send(server, "CONFIG SET min-replicas-to-write 0"),
        stops_events: false,
        refuses_queueing: false,
        hooks: true,
    },
    Guard {
        name: "stop-writes-on-bgsave-error",
        begin: cannot_save,
        lift: |server, _| send(server, "CONFIG SET stop-writes-on-bgsave-error no"),
        stops_events: false,
        refuses_queueing: false,
        hooks: true,
    },
    Guard {
        name: "loading",
        begin: load,
        lift: |server, _| send(server, "CONFIG SET key-load-delay 0"),
        stops_events: false,
        refuses_queueing: false,
        hooks: true,
    },
    Guard {
        name: "busy script",
        begin: |server| {
            send(server, "CONFIG SET lua-time-limit 1");
            in_background(server, &["EVAL", "while true do end", "0"]);
            eventually("the script is busy", || {
                answer(server, "GET k").starts_with("BUSY")
            });
        },
        lift: |server, _| send(server, "SCRIPT KILL"),
        stops_events: false,
        refuses_queueing: false,
        hooks: true,
    },
];

fn answer(server: &Server, words: &str) -> String {
    untyped(server, &words.split(' ').collect::<Vec<_>>())
}

fn send(server: &Server, words: &str) {
    assert_eq!(answer(server, words), "OK", "{words}");
}

fn in_background(server: &Server, words: &'static [&'static str]) {
    let mut con = plain_connection(server);
    thread::spawn(move || {
        let mut cmd = redis::cmd(words[0]);
        let _ = cmd.arg(&words[1..]).query::<redis::Value>(&mut con);
    });
}

/// The disk takes no data: a folder has the name of the file.
fn cannot_save(server: &Server) {
    assert_eq!(untyped(server, &["CONFIG", "SET", "save", "3600 1"]), "OK");
    let setting = |name: &str| answer(server, &format!("CONFIG GET {name}"));
    let value = |name: &str| setting(name).lines().nth(1).unwrap().to_owned();
    let path = std::path::Path::new(&value("dir")).join(value("dbfilename"));
    let _ = std::fs::remove_file(&path);
    std::fs::create_dir(path).unwrap();
    answer(server, "BGSAVE");
    eventually("the save has failed", || {
        answer(server, "SET k v").starts_with("MISCONF")
    });
}

/// Loads its data, slowly.
fn load(server: &Server) {
    send(
        server,
        "CONFIG SET loading-process-events-interval-bytes 1024",
    );
    send(server, "DEBUG POPULATE 20000");
    send(server, "CONFIG SET key-load-delay 1000");
    in_background(server, &["DEBUG", "RELOAD"]);
    eventually("it loads", || {
        answer(server, "GET k").starts_with("LOADING")
    });
}
