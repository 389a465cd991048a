//! What changes while a body runs: registrations of others, roles, data.

use super::common::pair::{Pair, follow};
use super::common::{empty, eventually, master, untyped};
use super::{go, info, sent_and_begun};
use redgrease_embedded::Server;

const TAKES_T: &str = "GB('CommandReader').map(lambda x: 'body').register(trigger='other')\nGB('CommandReader').map(lambda x: 'body').register(trigger='t')";

#[test]
fn a_trigger_that_another_client_takes_meanwhile_is_refused_and_nothing_is_registered() {
    let (server, _con) = empty();
    // The script has asked for the trigger before the other client takes it.
    let body = format!("{TAKES_T}\n{}", super::WAIT);
    let sent = super::sent(&server, &body, &[]);
    eventually("the body has begun", || {
        untyped(&server, &["EXISTS", "begun"]) == "1"
    });
    let taken = "GB('CommandReader').map(lambda x: 'taken').register(trigger='t')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", taken]), "OK");
    go(&server);
    let answer = sent.join().unwrap();
    assert!(
        answer.contains("trigger already registered: the trigger t"),
        "{answer}"
    );
    assert_eq!(info(&server, "nregistrations"), "1");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "taken");
    assert!(untyped(&server, &["RG.TRIGGER", "other"]).contains("no gear has the trigger"));
}

#[test]
fn a_hook_that_another_client_takes_meanwhile_is_refused() {
    let (server, _con) = empty();
    let hook = "GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='hset', mode='async_local')";
    let sent = super::sent(&server, &format!("{hook}\n{}", super::WAIT), &[]);
    eventually("the body has begun", || {
        untyped(&server, &["EXISTS", "begun"]) == "1"
    });
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", hook]), "OK");
    go(&server);
    let answer = sent.join().unwrap();
    assert!(
        answer.contains("Can not override a none sync registration"),
        "{answer}"
    );
    assert_eq!(info(&server, "nregistrations"), "1");
}

#[test]
fn a_replaced_session_that_is_gone_is_an_error() {
    let (server, _con) = empty();
    let old = "GB('CommandReader').register(trigger='old')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", old, "ID", "old"]), "OK");
    let sent = sent_and_begun(&server, TAKES_T, &["ID", "new", "REPLACE_WITH", "old"]);
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let id = rows.lines().nth(1).unwrap();
    assert_eq!(untyped(&server, &["RG.UNREGISTER", id]), "OK");
    go(&server);
    let answer = sent.join().unwrap();
    assert!(answer.contains("session does not exists"), "{answer}");
    assert_eq!(info(&server, "nregistrations"), "0");
}

#[test]
fn data_may_be_flushed_reloaded_and_saved() {
    // Newer servers allow DEBUG only if a setting says so.
    let allowing = Server::builder().server_arg("enable-debug-command", "yes");
    let server = allowing.start().or_else(|_| Server::start()).unwrap();
    for change in [
        &["DEBUG", "RELOAD"][..],
        &["BGSAVE"],
        &["FLUSHALL"],
        &["SWAPDB", "0", "1"],
    ] {
        untyped(&server, &["FLUSHALL"]);
        let session = ["ID", "s", "UPGRADE"];
        let sent = sent_and_begun(&server, TAKES_T, &session);
        let done = untyped(&server, change);
        assert!(!done.contains("ERR"), "{change:?}: {done}");
        go(&server);
        assert_eq!(sent.join().unwrap(), "OK", "{change:?}");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "body");
        assert_eq!(info(&server, "nregistrations"), "2");
    }
}

#[test]
fn a_server_that_becomes_a_replica_meanwhile_registers_nothing() {
    let (master, port) = master();
    let server = Server::start().unwrap();
    let sent = sent_and_begun(&server, TAKES_T, &[]);
    // The replica gets the keys of its master, and lets the body go on.
    go(&master);
    follow(&server, port);
    let answer = sent.join().unwrap();
    assert!(!answer.contains("OK"), "{answer}");
    eventually("the body has ended", || {
        info(&server, "running_scripts") == "0"
    });
    assert_eq!(info(&server, "nregistrations"), "0");
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

#[test]
fn a_body_on_a_replica_reads_and_neither_writes_nor_registers() {
    let pair = Pair::start();
    untyped(&pair.master, &["SET", "k", "v"]);
    pair.catch_up();
    let run = "value = execute('GET', 'k')\nGB('ShardsIDReader').map(lambda x: value).run()";
    assert_eq!(untyped(&pair.replica, &["RG.PYEXECUTE", run]), "v\n");
    for script in [
        "execute('SET', 'k', 'w')",
        TAKES_T,
        "registerTE(1, lambda: None)",
    ] {
        let answer = untyped(&pair.replica, &["RG.PYEXECUTE", script]);
        assert!(answer.contains("READONLY"), "{script}: {answer}");
    }
    pair.is_equal();
}

#[test]
fn what_a_body_does_reaches_the_replica() {
    let pair = Pair::start();
    let body = "execute('SET', 'a', '1')\nwith atomic():\n  execute('INCR', 'a')\n  execute('SET', 'b', '2')\n";
    pair.register(&format!("{body}{TAKES_T}"));
    pair.is_equal();
    assert_eq!(info(&pair.replica, "nregistrations"), "2");
}

#[test]
fn a_body_that_ends_while_clients_are_paused_registers_afterwards() {
    let (server, _con) = empty();
    let sent = sent_and_begun(&server, TAKES_T, &[]);
    go(&server);
    untyped(&server, &["CLIENT", "PAUSE", "300", "WRITE"]);
    assert_eq!(sent.join().unwrap(), "OK");
    assert_eq!(info(&server, "nregistrations"), "2");
}
