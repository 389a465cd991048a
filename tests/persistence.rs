//! Registrations are restored from the RDB file and the AOF, and are replicated.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, master, untyped};
use redgrease_embedded::{Builder, Server};
use std::path::Path;

/// A script with a side effect, a command and a handler of key events.
const SCRIPT: &str = "
execute('INCR', 'scripts')
GB('CommandReader', desc='kept').map(lambda x: 'kept ' + x[1]).register(trigger='kept', mode='sync')
GB('KeysReader').foreach(lambda r: execute('INCR', 'events')).register('k:*', mode='sync')
";

fn kept(dir: &Path) -> Builder {
    Server::builder().dir(dir)
}

fn register(server: &Server) {
    let registered = untyped(
        server,
        &[
            "RG.PYEXECUTE",
            SCRIPT,
            "ID",
            "app",
            "DESCRIPTION",
            "of the app",
        ],
    );
    assert_eq!(registered, "OK");
}

/// Checks that the registrations work with the same ids, and that the script did not run again.
fn works_as_before(server: &Server, ids: &str) {
    assert_eq!(untyped(server, &["RG.TRIGGER", "kept", "x"]), "kept x");
    assert_eq!(untyped(server, &["SET", "k:1", "v"]), "OK");
    assert_eq!(untyped(server, &["GET", "events"]), "1");
    assert_eq!(untyped(server, &["GET", "scripts"]), "1");
    assert_eq!(untyped(server, &["RG.PYDUMPSESSIONS"]), ids);
}

#[test]
fn registrations_are_restored_from_the_rdb() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept(dir.path()).start().unwrap();
    register(&server);
    let ids = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.kill().unwrap();

    let server = kept(dir.path()).start().unwrap();
    works_as_before(&server, &ids);
    // A restored session can be upgraded.
    let script = "GB('CommandReader').map(lambda x: 'new').register(trigger='kept', mode='sync')";
    let upgraded = untyped(&server, &["RG.PYEXECUTE", script, "ID", "app", "UPGRADE"]);
    assert_eq!(upgraded, "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "kept", "x"]), "new");
}

/// Handlers of one event run in the order of their registrations. An upgrade makes new ones.
#[test]
fn the_order_of_handlers_survives_a_restart() {
    let server = Server::builder()
        .server_arg("enable-debug-command", "yes")
        .start()
        .unwrap();
    let register = |name: &str, options: &[&str]| {
        let script = format!(
            "GB('KeysReader').foreach(lambda r: execute('APPEND', 'order', '{name}')).register('k', mode='sync', eventTypes=['set'])"
        );
        let words = [&["RG.PYEXECUTE", &script], options].concat();
        assert_eq!(untyped(&server, &words), "OK");
    };
    for name in ["A", "B", "C", "D", "E"] {
        register(name, &[]);
    }
    for name in ["9", "7", "8", "5", "6"] {
        register(name, &["ID", name]);
    }
    register("7", &["ID", "7", "UPGRADE"]);
    for _ in 0..3 {
        untyped(&server, &["SET", "k", "v"]);
        assert_eq!(untyped(&server, &["GETDEL", "order"]), "ABCDE98567");
        assert_eq!(untyped(&server, &["DEBUG", "RELOAD"]), "OK");
    }
}

#[test]
fn registrations_are_restored_from_the_aof() {
    let dir = tempfile::tempdir().unwrap();
    let with_aof = || {
        kept(dir.path())
            .server_arg("appendonly", "yes")
            .server_arg("appendfsync", "always")
    };
    let server = with_aof().start().unwrap();
    register(&server);
    let ids = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    server.kill().unwrap();

    let server = with_aof().start().unwrap();
    works_as_before(&server, &ids);
    let id = ids.lines().last().unwrap().to_owned();
    assert_eq!(untyped(&server, &["RG.UNREGISTER", &id]), "OK");
    let left = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    server.kill().unwrap();

    let server = with_aof().start().unwrap();
    assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), left);
}

#[test]
fn earlier_and_later_registrations_are_replicated() {
    let (master, port) = master();
    register(&master);
    let replica = Server::start().unwrap();
    let port = port.to_string();
    assert_eq!(untyped(&replica, &["REPLICAOF", "127.0.0.1", &port]), "OK");
    eventually("the replica has the first session", || {
        untyped(&replica, &["RG.TRIGGER", "kept", "x"]) == "kept x"
    });

    let script = "GB('CommandReader').map(lambda x: 'late').register(trigger='late', mode='sync')";
    assert_eq!(
        untyped(&master, &["RG.PYEXECUTE", script, "ID", "late"]),
        "OK"
    );
    eventually("the replica has the second session", || {
        untyped(&replica, &["RG.TRIGGER", "late"]) == "late"
    });

    // The master handles the event and replicates the effect.
    assert_eq!(untyped(&master, &["SET", "k:1", "v"]), "OK");
    eventually("the effect is replicated", || {
        untyped(&replica, &["GET", "events"]) == "1"
    });
    assert_eq!(untyped(&master, &["GET", "events"]), "1");
}

/// A script whose registrations depend on data of the server.
const CONDITIONAL: &str = "
prefix = execute('GET', 'prefix')
for name in execute('LRANGE', 'names', 0, -1):
    GB('CommandReader').map(lambda x: 'kept ' + x[0]).register(trigger=prefix + name, mode='sync')
try:
    execute('INCR', 'prefix')
except Exception as refused:
    GB('CommandReader').map(lambda x: 'kept ' + x[0]).register(trigger=str(refused).split()[0], mode='sync')
";

#[test]
fn a_restored_script_gets_the_same_replies_as_the_first_time() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept(dir.path()).start().unwrap();
    untyped(&server, &["SET", "prefix", "p:"]);
    untyped(&server, &["RPUSH", "names", "a", "b", "c"]);
    let answer = untyped(&server, &["RG.PYEXECUTE", CONDITIONAL, "ID", "curious"]);
    assert_eq!(answer, "OK");
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let id = |trigger: &str| {
        let rows: Vec<&str> = rows.lines().collect();
        let at = rows.windows(2).position(|two| two == ["trigger", trigger]);
        let ids = rows[..at.unwrap()].iter().rev();
        ids.skip_while(|row| **row != "id").count()
    };
    let line = |trigger: &str| rows.lines().nth(id(trigger)).unwrap().to_owned();
    let (first, last) = (line("p:a"), line("p:c"));
    assert_eq!(untyped(&server, &["RG.UNREGISTER", &first]), "OK");
    untyped(&server, &["DEL", "prefix", "names"]);
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.kill().unwrap();

    let server = kept(dir.path()).start().unwrap();
    for trigger in ["p:b", "p:c", "ERR"] {
        let answer = untyped(&server, &["RG.TRIGGER", trigger]);
        assert_eq!(answer, format!("kept {trigger}"));
    }
    assert!(untyped(&server, &["RG.TRIGGER", "p:a"]).contains("subcommand not found"));
    // The other registrations have the same ids as before.
    assert_eq!(untyped(&server, &["RG.UNREGISTER", &last]), "OK");
    assert!(untyped(&server, &["RG.TRIGGER", "p:c"]).contains("subcommand not found"));
}

/// A gear that registers others while it runs.
const GROWS: &str = "
def grow(words):
    suffix = words[1]
    GB('CommandReader', desc='grown').map(lambda x: 'grown ' + suffix).limit(1).register(trigger='t' + suffix, mode='sync')
    GB('KeysReader').foreach(lambda r: execute('RPUSH', 'events', suffix)).register('grown:' + suffix, mode='sync', eventTypes=['set'], keyTypes=['string'])
GB('CommandReader').foreach(grow).count().register(trigger='grow')
";

fn has_grown(server: &Server, suffix: &str) {
    let trigger = format!("t{suffix}");
    assert_eq!(
        untyped(server, &["RG.TRIGGER", &trigger]),
        format!("grown {suffix}")
    );
}

#[test]
fn registrations_of_running_gears_are_restored() {
    for aof in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let start = || {
            let yes_no = if aof { "yes" } else { "no" };
            let server = kept(dir.path()).server_arg("appendonly", yes_no);
            server.start().unwrap()
        };
        let server = start();
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", GROWS]), "OK");
        untyped(&server, &["RG.TRIGGER", "grow", "1"]);
        untyped(&server, &["RG.TRIGGER", "grow", "2"]);
        has_grown(&server, "1");
        let ids = untyped(&server, &["RG.PYDUMPSESSIONS"]);
        let saved = if aof { "BGREWRITEAOF" } else { "SAVE" };
        untyped(&server, &[saved]);
        if aof {
            eventually("the AOF is rewritten", || {
                untyped(&server, &["INFO", "persistence"]).contains("aof_rewrite_in_progress:0")
            });
            // This registration is in the part of the AOF after the rewrite.
            untyped(&server, &["RG.TRIGGER", "grow", "3"]);
            untyped(&server, &["CONFIG", "SET", "appendfsync", "always"]);
            untyped(&server, &["SET", "last", "1"]);
        }
        server.kill().unwrap();

        let server = start();
        has_grown(&server, "1");
        has_grown(&server, "2");
        if aof {
            has_grown(&server, "3");
        } else {
            assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), ids);
        }
        untyped(&server, &["SET", "grown:2", "x"]);
        untyped(&server, &["HSET", "grown:1", "f", "x"]);
        assert_eq!(untyped(&server, &["LRANGE", "events", "0", "-1"]), "2");
    }
}
