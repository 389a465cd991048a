//! Many scripts at the same time, and scripts about the same session.

use super::common::{empty, eventually, untyped};
use super::{WAIT, go, info, sent, sent_and_begun};
use redgrease_embedded::Server;

#[test]
fn a_hundred_clients_register_at_once() {
    let (server, _con) = empty();
    let all: Vec<_> = (0..100)
        .map(|number| {
            let script = format!(
                "execute('INCR', 'bodies')\nGB('CommandReader').map(lambda x: {number}).register(trigger='t{number}', mode='sync')"
            );
            sent(&server, &script, &["ID", &format!("s{number}")])
        })
        .collect();
    for one in all {
        assert_eq!(one.join().unwrap(), "OK");
    }
    assert_eq!(untyped(&server, &["GET", "bodies"]), "100");
    assert_eq!(info(&server, "nregistrations"), "100");
    for number in [0, 57, 99] {
        let trigger = format!("t{number}");
        let answer = untyped(&server, &["RG.TRIGGER", &trigger]);
        assert_eq!(answer, number.to_string());
    }
}

#[test]
fn many_bodies_wait_at_once_and_the_others_wait_their_turn() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "ScriptThreads", "4"]);
    let all: Vec<_> = (0..7).map(|_| sent(&server, WAIT, &[])).collect();
    eventually("four run", || info(&server, "running_scripts") == "4");
    eventually("three wait", || info(&server, "waiting_scripts") == "3");
    go(&server);
    for one in all {
        assert_eq!(one.join().unwrap(), "OK");
    }
    assert_eq!(info(&server, "waiting_scripts"), "0");
}

#[test]
fn too_many_waiting_bodies_are_refused() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "ScriptThreads", "1"]);
    untyped(&server, &["RG.CONFIGSET", "ExecutionQueueSize", "1"]);
    let runs = sent_and_begun(&server, "", &[]);
    let waits = sent(&server, WAIT, &[]);
    eventually("one waits", || info(&server, "waiting_scripts") == "1");
    let refused = untyped(&server, &["RG.PYEXECUTE", "x = 1"]);
    assert!(refused.contains("ExecutionQueueSize, 1"), "{refused}");
    go(&server);
    assert_eq!(runs.join().unwrap(), "OK");
    assert_eq!(waits.join().unwrap(), "OK");
}

/// Sends `second` while the body of `first` runs, and lets them end.
fn one_after_the_other(
    server: &Server,
    first: (&str, &[&str]),
    second: (&str, &[&str]),
) -> (String, String) {
    let first = sent_and_begun(server, first.0, first.1);
    let second = sent(server, second.0, second.1);
    eventually("the second one waits", || {
        info(server, "waiting_scripts") == "1"
    });
    assert_eq!(untyped(server, &["EXISTS", "second"]), "0");
    go(server);
    (first.join().unwrap(), second.join().unwrap())
}

const FIRST: &str = "GB('CommandReader').map(lambda x: 'first').register(trigger='t')";
const SECOND: &str = "execute('SET', 'second', '1')\nGB('CommandReader').map(lambda x: 'second').register(trigger='t')";

#[test]
fn another_script_for_the_same_session_waits_and_is_refused() {
    let (server, _con) = empty();
    let (first, second) =
        one_after_the_other(&server, (FIRST, &["ID", "s"]), (SECOND, &["ID", "s"]));
    assert_eq!(first, "OK");
    assert!(second.contains("s already exists"), "{second}");
    assert_eq!(untyped(&server, &["EXISTS", "second"]), "0");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "first");
}

#[test]
fn an_upgrade_waits_for_the_script_that_it_replaces() {
    let (server, _con) = empty();
    let upgrade = ["ID", "s", "UPGRADE"];
    let (first, second) = one_after_the_other(&server, (FIRST, &["ID", "s"]), (SECOND, &upgrade));
    assert_eq!((first.as_str(), second.as_str()), ("OK", "OK"));
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "second");
    assert_eq!(info(&server, "nregistrations"), "1");
}

#[test]
fn a_replacement_waits_for_the_script_that_it_names() {
    let (server, _con) = empty();
    let old = "GB('CommandReader').map(lambda x: 'old').register(trigger='t')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", old, "ID", "old"]), "OK");
    let (first, second) = one_after_the_other(
        &server,
        (FIRST, &["ID", "old", "UPGRADE"]),
        (SECOND, &["ID", "new", "REPLACE_WITH", "old"]),
    );
    assert_eq!((first.as_str(), second.as_str()), ("OK", "OK"));
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "second");
    let sessions = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    assert!(
        sessions.contains("new") && !sessions.contains("old"),
        "{sessions}"
    );
}

#[test]
fn the_same_script_runs_once_for_all_who_send_it_during_its_body() {
    let (server, _con) = empty();
    let script = "execute('INCR', 'bodies')\nGB('ShardsIDReader').map(lambda x: 'done').run()";
    let first = sent_and_begun(&server, script, &["ID", "once"]);
    let others: Vec<_> = (0..3)
        .map(|_| sent(&server, &format!("{WAIT}{script}"), &["ID", "once"]))
        .collect();
    eventually("all of them wait", || {
        untyped(&server, &["INFO", "clients"]).contains("blocked_clients:4")
    });
    go(&server);
    let answer = first.join().unwrap();
    assert!(answer.contains("done"), "{answer}");
    for other in others {
        assert_eq!(other.join().unwrap(), answer);
    }
    assert_eq!(untyped(&server, &["GET", "bodies"]), "1");
}

#[test]
fn all_who_send_a_script_get_the_error_of_its_body() {
    let (server, _con) = empty();
    let script = format!("{WAIT}raise ValueError('no luck')");
    let first = sent_and_begun(&server, "raise ValueError('no luck')", &["ID", "once"]);
    let other = sent(&server, &script, &["ID", "once"]);
    eventually("both wait", || {
        untyped(&server, &["INFO", "clients"]).contains("blocked_clients:2")
    });
    go(&server);
    for one in [first, other] {
        let answer = one.join().unwrap();
        assert!(answer.contains("no luck"), "{answer}");
    }
}
