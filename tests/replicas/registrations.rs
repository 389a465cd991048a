//! Only the master changes registrations.

use crate::common::pair::Pair;
use crate::common::{eventually, untyped};
use crate::send;
use redgrease_embedded::Server;

const READ_ONLY: &str = "READONLY You can't write against a read only replica.";

#[test]
fn only_the_master_changes_registrations() {
    let pair = Pair::start();
    let script = "
GB('CommandReader').map(lambda words: GB('CommandReader').register(trigger=words[1], mode='sync')).register(trigger='grow', mode='sync')
GB('CommandReader').map(lambda words: GB('CommandReader').register(trigger=words[1], mode='sync')).register(trigger='grow_later')
GB('CommandReader').map(lambda words: str(registerTE(1, lambda: 1))).register(trigger='tick', mode='sync')
GB('CommandReader').map(lambda words: str(registerTE(1, lambda: 1, words[1]))).register(trigger='tick_key', mode='sync')
GB('StreamReader').foreach(lambda r: None).register('s')
";
    assert_eq!(
        untyped(&pair.master, &["RG.PYEXECUTE", script, "ID", "app"]),
        "OK"
    );
    pair.catch_up();
    let listed = |server: &Server| send(server, "RG.PYDUMPSESSIONS SESSIONS app");
    let before = listed(&pair.master);
    assert_eq!(listed(&pair.replica), before);
    let ids: Vec<&str> = before
        .lines()
        .filter(|line| line.starts_with("000"))
        .collect();
    let (first, stream) = (ids[0], ids[4]);
    let register = "GB('CommandReader').register(trigger='x')";
    let refused: &[&[&str]] = &[
        &["RG.PYEXECUTE", register],
        &["RG.PYEXECUTE", register, "UNBLOCKING"],
        &["RG.PYEXECUTE", register, "ID", "app", "UPGRADE"],
        &["RG.PYEXECUTE", register, "ID", "new", "REPLACE_WITH", "app"],
        &["RG.PYEXECUTE", "GB('KeysReader').register('k')"],
        &["RG.PYEXECUTE", "registerTE(1, lambda: 1)"],
        &["RG.PYEXECUTE", "registerTE(1, lambda: 1, 'te')"],
        &["RG.UNREGISTER", first],
        &["RG.UNREGISTER", first, "ABORTPENDING"],
        &["RG.UNREGISTER", "nosuch"],
        &["RG.PAUSEREGISTRATIONS", stream],
        &["RG.UNPAUSEREGISTRATIONS", stream],
        &["RG.INNERUNREGISTER", first],
        &["RG.INNERREGISTER", ""],
        &["RG.INNERADDREGISTRATION", ""],
        &["RG.INNERTIMEEVENT", "te", "x"],
        &["RG.TRIGGER", "grow", "x"],
        &["RG.TRIGGER", "grow_later", "x"],
        &["RG.TRIGGER", "tick"],
        &["RG.TRIGGER", "tick_key", "te"],
    ];
    for words in refused {
        assert_eq!(untyped(&pair.replica, words), READ_ONLY, "{words:?}");
    }
    // A replica whose clients may write keys has the registrations of its master, too.
    assert_eq!(send(&pair.replica, "CONFIG SET replica-read-only no"), "OK");
    for words in refused {
        if words[0] != "RG.INNERTIMEEVENT" {
            assert_eq!(untyped(&pair.replica, words), READ_ONLY, "{words:?}");
        }
    }
    assert_eq!(listed(&pair.replica), before);
    assert_eq!(send(&pair.replica, "EXISTS te"), "0");

    // What changes nothing on the master is allowed: runs, and what is this server's own.
    let run = "GB('ShardsIDReader').map(lambda r: 'ran').run()";
    assert_eq!(untyped(&pair.replica, &["RG.PYEXECUTE", run]), "ran\n");
    assert_eq!(untyped(&pair.replica, &["RG.PYEXECUTE", "x = 1"]), "OK");
    for (words, answer) in [
        (
            "RG.CONFIGSET own 1",
            "OK - value was saved in extra config dictionary",
        ),
        ("RG.CLEARREGISTRATIONSSTATS", "OK"),
        ("RG.REFRESHCLUSTER", "OK"),
    ] {
        assert_eq!(send(&pair.replica, words), answer);
    }

    // The master still changes them, and the replica follows.
    assert_eq!(
        send(&pair.master, "RG.TRIGGER grow grown"),
        ids_after(&pair.master)
    );
    assert_eq!(untyped(&pair.master, &["RG.UNREGISTER", stream]), "OK");
    pair.catch_up();
    assert_eq!(listed(&pair.replica), listed(&pair.master));
    assert_eq!(send(&pair.replica, "RG.TRIGGER grown"), "['grown']");
}

/// The id of the newest registration.
fn ids_after(server: &Server) -> String {
    let sessions = send(server, "RG.PYDUMPSESSIONS SESSIONS app");
    sessions.lines().last().unwrap().to_owned()
}

#[test]
fn the_ids_of_a_promoted_replica_are_new() {
    for running in [false, true] {
        let pair = Pair::start();
        let script =
            "GB('CommandReader').map(lambda words: words[0]).register(trigger='NAME', mode='sync')";
        let grows = "GB('CommandReader').map(lambda words: GB('CommandReader').map(lambda w: w[0]).register(trigger=words[1], mode='sync')).register(trigger='grow', mode='sync')";
        pair.register(grows);
        // Scripts take ids, on each server its own ones.
        for _ in 0..5 {
            send(&pair.replica, "RG.PYEXECUTE GB()");
        }
        let mut triggers = vec!["grow".to_owned()];
        let mut grow = |server: &Server, name: &str| {
            if running {
                send(server, &format!("RG.TRIGGER grow {name}"));
            } else {
                let script = script.replace("NAME", name);
                assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
            }
            triggers.push(name.to_owned());
        };
        for number in 0..5 {
            grow(&pair.master, &format!("master:{number}"));
        }
        pair.catch_up();
        assert_eq!(send(&pair.replica, "REPLICAOF NO ONE"), "OK");
        for number in 0..5 {
            grow(&pair.replica, &format!("promoted:{number}"));
        }
        let rows = send(&pair.replica, "RG.DUMPREGISTRATIONS");
        let lines: Vec<&str> = rows.lines().collect();
        let mut ids: Vec<&str> = lines
            .windows(2)
            .filter(|two| two[0] == "id")
            .map(|two| two[1])
            .collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), triggers.len(), "{ids:?}");
        for name in triggers.iter().filter(|name| *name != "grow") {
            assert_eq!(send(&pair.replica, &format!("RG.TRIGGER {name}")), *name);
        }
    }
}

#[test]
fn functions_that_run_at_registration_register_on_the_replica() {
    let pair = Pair::start();
    let script = "
def begin():
    log('begun: ' + str(registerTE(1, lambda: execute('INCR', 'ticks'))))
GB('CommandReader').map(lambda words: 'x').register(trigger='t', mode='sync', onRegistered=begin)
";
    pair.register(script);
    assert!(pair.replica.log_tail(50).contains("begun: True"));
    let Pair { master, replica } = pair;
    master.kill().unwrap();
    assert_eq!(send(&replica, "REPLICAOF NO ONE"), "OK");
    let ticks = || send(&replica, "GET ticks").parse().unwrap_or(0_u64);
    let before = ticks();
    eventually("the time event runs", || ticks() > before);
}
