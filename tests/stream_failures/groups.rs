//! Streams that lose their consumer group, or become others, while a message waits for its retry.

use crate::common::{empty, eventually, untyped};
use crate::{add, bad, field, letters, register, tries_of};
use redgrease_embedded::Server;

/// One second is long enough for a command, and short enough for a test.
const SLOW: &str =
    "onFailedPolicy='retry', onFailedRetryInterval=1, maxRetries=2, deadLetter='dead'";
/// The test ends before the interval does.
const HELD: &str =
    "onFailedPolicy='retry', onFailedRetryInterval=1000, maxRetries=2, deadLetter='dead'";
const GROUP: &str = "__gears_consumer_group__";
const WAITING: &str = "WAITING_FOR_RETRY_ON_FAILURE";

/// A registration whose first message has failed and waits.
fn failed_once(server: &Server, options: &str) {
    bad(server, &["0"]);
    register(server, "foreach(handle)", options);
    add(server, "s", 0..1);
    eventually("it waits", || field(server, "status") == WAITING);
}

fn all_is_done(server: &Server) {
    eventually("it is given up", || letters(server).len() == 1);
    assert_eq!(letters(server)[0]["redgrease:tries"], "3");
    eventually("the stream is empty", || {
        untyped(server, &["XLEN", "s"]) == "0"
    });
    assert_eq!(field(server, "status"), "OK");
}

#[test]
fn a_retry_goes_on_without_its_group() {
    let (server, _con) = empty();
    failed_once(&server, SLOW);
    assert_eq!(untyped(&server, &["XGROUP", "DESTROY", "s", GROUP]), "1");
    assert_eq!(field(&server, "status"), WAITING);
    all_is_done(&server);
    let log = server.log_tail(20);
    assert!(
        log.contains("the stream s has lost its consumer group while one of its messages waited"),
        "{log}"
    );
}

#[test]
fn the_end_of_a_pause_finds_a_stream_without_its_group() {
    let (server, _con) = empty();
    // While it waits, and while the registration is paused.
    for paused_before in [false, true] {
        failed_once(&server, HELD);
        let id = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        let id = id.lines().nth(1).unwrap().to_owned();
        let pause = || untyped(&server, &["RG.PAUSEREGISTRATIONS", &id]);
        let destroy = || untyped(&server, &["XGROUP", "DESTROY", "s", GROUP]);
        if paused_before {
            pause();
            destroy();
        } else {
            destroy();
            pause();
        }
        untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &id]);
        eventually("it is tried again", || tries_of(&server, "0") == 2);
        untyped(&server, &["RG.UNREGISTER", &id]);
        untyped(&server, &["DEL", "s", "tried"]);
    }
}

/// Other changes of the stream or of its group. The message is read again: at once, or at the end of the interval.
#[test]
fn a_retry_goes_on_after_other_changes() {
    for change in [
        &[&["XGROUP", "SETID", "s", GROUP, "0"][..]][..],
        &[&["XSETID", "s", "9999999999999-0"]],
        &[&["RENAME", "s", "away"], &["RENAME", "away", "s"]],
        &[
            &["COPY", "s", "copy"],
            &["DEL", "s"],
            &["RENAME", "copy", "s"],
        ],
    ] {
        let (server, _con) = empty();
        failed_once(&server, SLOW);
        for command in change {
            untyped(&server, command);
        }
        eventually(&format!("it is given up: {change:?}"), || {
            letters(&server).len() == 1
        });
        eventually("the stream is empty", || {
            untyped(&server, &["XLEN", "s"]) == "0"
        });
    }
}

/// A new stream of the name: its messages are handled at once, and the timer of the old wait does not end the new one.
#[test]
fn another_stream_of_the_name_has_waits_of_its_own() {
    for gone in [&["DEL", "s"][..], &["FLUSHALL"]] {
        let (server, _con) = empty();
        failed_once(&server, HELD);
        untyped(&server, gone);
        bad(&server, &["5"]);
        add(&server, "s", 4..6);
        eventually("the new ones are tried", || {
            tries_of(&server, "4") == 1 && tries_of(&server, "5") == 1
        });
        eventually("the bad one waits", || field(&server, "status") == WAITING);
        assert!(letters(&server).is_empty());
    }
}
