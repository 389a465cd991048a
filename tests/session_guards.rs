//! `IF_DESCRIPTION` and `TAKE` of `RG.PYEXECUTE`: what a script replaces, the server decides in one step.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::pair::Pair;
use common::{empty, eventually, untyped};
use redgrease_embedded::Server;

fn script(trigger: &str, answer: &str) -> String {
    format!("GB('CommandReader').map(lambda x: '{answer}').register(trigger='{trigger}')")
}

fn sends(server: &Server, script: &str, options: &[&str]) -> String {
    untyped(server, &[&["RG.PYEXECUTE", script], options].concat())
}

/// The id of the only registration.
fn only_id(server: &Server) -> String {
    let rows = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let ids: Vec<&str> = rows.lines().skip_while(|line| *line != "id").collect();
    ids[1].to_owned()
}

#[test]
fn a_session_is_replaced_only_if_it_has_the_expected_description() {
    let (server, _con) = empty();
    let first = ["ID", "app", "DESCRIPTION", "version 1"];
    assert_eq!(sends(&server, &script("t", "1"), &first), "OK");
    let upgrade = |expected: &str, answer: &str| {
        let options = [
            "ID",
            "app",
            "DESCRIPTION",
            "version 2",
            "UPGRADE",
            "IF_DESCRIPTION",
            expected,
        ];
        sends(&server, &script("t", answer), &options)
    };
    let error = upgrade("version 0", "2");
    assert!(error.contains("Session app has changed"), "{error}");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "1");
    assert_eq!(upgrade("version 1", "2"), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "2");
    // The second one of two clients that have read the same description.
    let error = upgrade("version 1", "3");
    assert!(error.contains("Session app has changed"), "{error}");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "2");
}

/// The session is compared at the end, too: another client may have replaced it while the body ran.
#[test]
fn a_session_that_changes_while_the_script_runs_stays() {
    let (server, _con) = empty();
    let begins = "
import time
execute('SET', 'begun', '1')
while execute('EXISTS', 'gate') == 0:
    time.sleep(0.005)
";
    let late = format!("{begins}{}", script("t", "late"));
    std::thread::scope(|scope| {
        let late = scope.spawn(|| sends(&server, &late, &["ID", "late"]));
        eventually("the body runs", || {
            untyped(&server, &["EXISTS", "begun"]) == "1"
        });
        // Another session takes the trigger, because it does not wait for the first one.
        assert_eq!(
            sends(&server, &script("t", "early"), &["ID", "early"]),
            "OK"
        );
        untyped(&server, &["SET", "gate", "1"]);
        let error = late.join().unwrap();
        assert!(error.contains("trigger already registered"), "{error}");
    });
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "early");
}

#[test]
fn a_registration_is_taken_from_another_session_in_one_step() {
    let (server, _con) = empty();
    let two = format!("{}\n{}", script("t", "old"), script("other", "stays"));
    assert_eq!(sends(&server, &two, &["ID", "old"]), "OK");
    let mut rows = untyped(&server, &["RG.PYDUMPSESSIONS", "SESSIONS", "old"]);
    rows = rows.split_once("registrations\n").unwrap().1.to_owned();
    let id = rows.lines().next().unwrap().to_owned();
    // Without the option, the trigger is taken.
    let error = sends(&server, &script("t", "new"), &["ID", "new"]);
    assert!(error.contains("trigger already registered"), "{error}");
    // A script that fails takes nothing.
    let failing = format!("{}\nraise ValueError('no')", script("t", "new"));
    let error = sends(&server, &failing, &["ID", "new", "TAKE", &id]);
    assert!(error.contains("no"), "{error}");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "old");
    assert_eq!(
        sends(&server, &script("t", "new"), &["ID", "new", "TAKE", &id]),
        "OK"
    );
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "new");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "other"]), "stays");
    // What is gone is not missed.
    let again = ["ID", "new", "UPGRADE", "TAKE", &id];
    assert_eq!(sends(&server, &script("t", "newer"), &again), "OK");
    let error = sends(&server, &script("u", "x"), &["ID", "u", "TAKE", "nothing"]);
    assert!(
        error.contains("TAKE needs the id of a registration"),
        "{error}"
    );
}

#[test]
fn a_session_without_registrations_is_gone_when_the_last_one_is_taken() {
    let (server, _con) = empty();
    assert_eq!(sends(&server, &script("t", "old"), &["ID", "old"]), "OK");
    let id = only_id(&server);
    assert_eq!(
        sends(&server, &script("t", "new"), &["ID", "new", "TAKE", &id]),
        "OK"
    );
    let sessions = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    assert!(
        sessions.contains("new") && !sessions.contains("old"),
        "{sessions}"
    );
}

/// Messages of a stream are handled once, by the old registration or by the new one.
#[test]
fn a_stream_goes_on_with_the_registration_that_takes_it() {
    let (server, _con) = empty();
    let reads = |who: &str| {
        format!(
            "GB('StreamReader').foreach(lambda x: execute('RPUSH', 'seen', '{who}' + x['value']['n'])).register('orders')"
        )
    };
    assert_eq!(sends(&server, &reads("a"), &["ID", "old"]), "OK");
    untyped(&server, &["XADD", "orders", "*", "n", "1"]);
    let seen = || untyped(&server, &["LRANGE", "seen", "0", "-1"]);
    eventually("the first message is handled", || seen() == "a1");
    let id = only_id(&server);
    assert_eq!(
        sends(&server, &reads("b"), &["ID", "new", "TAKE", &id]),
        "OK"
    );
    untyped(&server, &["XADD", "orders", "*", "n", "2"]);
    eventually("the second message is handled", || seen() == "a1\nb2");
}

#[test]
fn a_replica_takes_what_its_master_takes() {
    let pair = Pair::start();
    let Pair { master, replica } = &pair;
    assert_eq!(sends(master, &script("t", "old"), &["ID", "old"]), "OK");
    let id = only_id(master);
    assert_eq!(
        sends(master, &script("t", "new"), &["ID", "new", "TAKE", &id]),
        "OK"
    );
    pair.catch_up();
    assert_eq!(untyped(replica, &["RG.TRIGGER", "t"]), "new");
    let sessions = untyped(replica, &["RG.PYDUMPSESSIONS"]);
    assert!(!sessions.contains("old"), "{sessions}");
}
