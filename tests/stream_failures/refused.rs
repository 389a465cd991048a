//! Dead letters that the server refuses, and options that contradict each other.

use crate::common::capability::{Capability, lacks};
use crate::common::{empty, eventually, plain_connection, untyped};
use crate::{HANDLER, OPTIONS, add, all_are_settled, bad, field, letters, list, register};

#[test]
fn options_that_contradict_each_other_are_refused() {
    let (server, _con) = empty();
    for (pattern, options, word) in [
        (
            "s",
            "onFailedPolicy='abort', deadLetter='dead'",
            "contradicts",
        ),
        (
            "s",
            "onFailedPolicy='retry', deadLetter='dead'",
            "add maxRetries",
        ),
        ("s", "maxRetries=3", "add onFailedPolicy='retry'"),
        (
            "s",
            "onFailedPolicy='abort', maxRetries=3",
            "add onFailedPolicy='retry'",
        ),
        (
            "s",
            "onFailedPolicy='retry', maxRetries=3, mode='sync'",
            "sync",
        ),
        ("s", "retryBackoff=2.0", "add onFailedPolicy='retry'"),
        (
            "s",
            "onFailedPolicy='retry', maxRetryInterval=9",
            "add retryBackoff",
        ),
        ("s", "onFailedPolicy='retry', retryBackoff=0.5", "from 1 on"),
        (
            "s",
            "onFailedPolicy='retry', retryBackoff=float('nan')",
            "from 1 on",
        ),
        (
            "s",
            "onFailedPolicy='retry', retryBackoff='x'",
            "must be a number",
        ),
        (
            "s",
            "onFailedPolicy='retry', onFailedRetryInterval=9, retryBackoff=2, maxRetryInterval=3",
            "shorter",
        ),
        ("s", "onFailedPolicy='retry', maxRetries=-1", "from 0"),
        ("s", "onFailedPolicy='retry', maxRetries=1 << 32", "from 0"),
        (
            "s",
            "onFailedPolicy='retry', maxRetries='3'",
            "must be a number",
        ),
        ("s", "deadLetter=3", "must be a string"),
        ("s", "deadLetter=''", "empty"),
        ("s", "deadLetter='s'", "never end"),
        ("s*", "deadLetter='s:dead'", "never end"),
        ("*", "deadLetter='dead'", "never end"),
    ] {
        let script = format!("GB('StreamReader').register('{pattern}', {options})");
        let refused = untyped(&server, &["RG.PYEXECUTE", &script]);
        assert!(refused.contains(word), "{options}: {refused}");
    }
    assert_eq!(untyped(&server, &["RG.DUMPREGISTRATIONS"]), "");
}

#[test]
fn a_key_of_another_type_pauses_and_loses_nothing() {
    for (mode, options) in [("async", OPTIONS), ("sync", "deadLetter='dead'")] {
        let (server, _con) = empty();
        untyped(&server, &["SET", "dead", "a string"]);
        bad(&server, &["0"]);
        register(
            &server,
            "foreach(handle)",
            &format!("{options}, mode='{mode}'"),
        );
        add(&server, "s", 0..2);
        eventually("it pauses", || field(&server, "status") == "PAUSED");
        assert_eq!(untyped(&server, &["XLEN", "s"]), "2");
        assert_eq!(untyped(&server, &["GET", "dead"]), "a string");
        let error = field(&server, "lastError");
        for word in ["WRONGTYPE", "dead", "RG.UNPAUSEREGISTRATIONS"] {
            assert!(error.contains(word), "{error}");
        }
        untyped(&server, &["DEL", "dead"]);
        untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &field(&server, "id")]);
        all_are_settled(&server);
        assert_eq!(letters(&server).len(), 1);
        assert_eq!(list(&server, "handled"), ["1"]);
    }
}

/// The dead letters are written with the rights of the user that registered.
#[test]
fn an_owner_without_the_right_pauses_and_loses_nothing() {
    let (server, _con) = empty();
    if lacks(&server, Capability::CommandsAsUser) {
        return;
    }
    for rules in ["%RW~s|%RW~bad|%RW~tried|%RW~handled", "~*|-xadd"] {
        untyped(&server, &["FLUSHALL"]);
        let mut words = vec!["ACL", "SETUSER", "ann", "reset", "on", "nopass", "+@all"];
        words.extend(rules.split('|'));
        assert_eq!(untyped(&server, &words), "OK");
        bad(&server, &["0"]);
        let mut con = plain_connection(&server);
        redis::cmd("AUTH")
            .arg("ann")
            .arg("any")
            .exec(&mut con)
            .unwrap();
        let script =
            format!("{HANDLER}\nGB('StreamReader').foreach(handle).register('s', {OPTIONS})");
        redis::cmd("RG.PYEXECUTE")
            .arg(&[&script, "ID", "s", "UPGRADE"])
            .exec(&mut con)
            .unwrap();
        add(&server, "s", 0..2);
        eventually("it pauses", || field(&server, "status") == "PAUSED");
        assert_eq!(untyped(&server, &["XLEN", "s"]), "2", "{rules}");
        assert_eq!(untyped(&server, &["EXISTS", "dead"]), "0", "{rules}");
        let error = field(&server, "lastError");
        assert!(
            error.contains("NOPERM") && error.contains("dead"),
            "{error}"
        );
        let words = ["ACL", "SETUSER", "ann", "~*", "+xadd"];
        assert_eq!(untyped(&server, &words), "OK");
        untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &field(&server, "id")]);
        all_are_settled(&server);
        assert_eq!(letters(&server).len(), 1, "{rules}");
        assert_eq!(list(&server, "handled"), ["1"], "{rules}");
    }
}

/// A message leaves the stream for the dead letters even if the memory is full: it is not lost, and the stream shrinks.
#[test]
fn a_full_server_takes_dead_letters() {
    let (server, _con) = empty();
    let script = "
def handle(r):
    raise ValueError('bad')
GB('StreamReader').foreach(handle).register('s', onFailedPolicy='retry', onFailedRetryInterval=0, maxRetries=1, deadLetter='dead')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let id = field(&server, "id");
    untyped(&server, &["RG.PAUSEREGISTRATIONS", &id]);
    add(&server, "s", 0..3);
    untyped(&server, &["CONFIG", "SET", "maxmemory", "1"]);
    untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &id]);
    eventually("all are given up", || {
        untyped(&server, &["XLEN", "dead"]) == "3"
    });
    all_are_settled(&server);
}
