//! Streams that are deleted and created again, and changing masters.

use crate::common::{empty, eventually, master, untyped};
use crate::{add, list, register, unacknowledged};
use redgrease_embedded::Server;

/// Several streams have the same name, one after the other. The ids of each start from the beginning.
#[test]
fn a_stream_that_is_created_again_is_read() {
    let (server, _con) = empty();
    register(&server, "continue", false);
    let group = ["XGROUP", "DESTROY", "s", "__gears_consumer_group__"];
    let ends: [(&str, &[&[&str]]); 6] = [
        ("deleted", &[&["DEL", "s"]]),
        ("flushed", &[&["FLUSHALL"]]),
        ("swapped", &[&["SWAPDB", "0", "1"], &["FLUSHALL"]]),
        ("renamed", &[&["RENAME", "s", "old"]]),
        (
            "replaced",
            &[
                &["XADD", "other", "1-1", "n", "-"],
                &["XTRIM", "other", "MAXLEN", "0"],
                &["RENAME", "other", "s"],
                &["XSETID", "s", "0-1"],
            ],
        ),
        (
            "without its group",
            &[
                &group,
                &["XTRIM", "s", "MAXLEN", "0"],
                &["XSETID", "s", "0-1"],
            ],
        ),
    ];
    for (end, commands) in ends {
        for id in ["7-1", "7-2"] {
            untyped(&server, &["XADD", "s", id, "n", end]);
        }
        eventually(end, || list(&server, "handled") == [end, end]);
        eventually("no message is pending", || unacknowledged(&server) == "0");
        for command in commands {
            let answer = untyped(&server, command);
            assert!(!answer.contains("ERR"), "{command:?}: {answer}");
        }
        untyped(&server, &["XADD", "s", "2-1", "n", "after"]);
        let read = || {
            list(&server, "handled")
                .last()
                .is_some_and(|n| n == "after")
        };
        eventually("the new stream is read", read);
        untyped(&server, &["FLUSHALL"]);
    }
}

#[test]
fn a_stream_deleted_during_a_batch_is_read_when_it_is_created_again() {
    let (server, _con) = empty();
    register(&server, "continue", true);
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 1..3);
    eventually("message 1 is being handled", || {
        list(&server, "begun").len() == 1
    });
    untyped(&server, &["DEL", "s"]);
    untyped(&server, &["XADD", "s", "1-1", "n", "3"]);
    assert_eq!(list(&server, "begun"), ["1"]);
    untyped(&server, &["DEL", "gate"]);
    eventually("the new one is read", || {
        list(&server, "handled").len() == 2
    });
    assert_eq!(list(&server, "handled"), ["1", "3"]);
    eventually("the stream is empty", || {
        untyped(&server, &["XLEN", "s"]) == "0"
    });
}

/// The batch goes with its stream: it is acknowledged under the new name, and no message is handled again.
#[test]
fn a_stream_renamed_during_a_batch_is_handled_once() {
    let (server, _con) = empty();
    let script = "
import time
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'begun', n)
    while execute('GET', 'gate') == n:
        time.sleep(0.005)
    execute('RPUSH', 'handled', n)
GB('StreamReader').foreach(handle).register('s*', batch=2)
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 0..4);
    eventually("message 1 is being handled", || {
        list(&server, "begun") == ["0", "1"]
    });
    assert_eq!(untyped(&server, &["RENAME", "s", "s2"]), "OK");
    assert_eq!(list(&server, "begun"), ["0", "1"], "one batch at a time");
    untyped(&server, &["DEL", "gate"]);
    eventually("all are handled", || list(&server, "handled").len() >= 4);
    eventually("the stream is empty", || {
        untyped(&server, &["XLEN", "s2"]) == "0"
    });
    assert_eq!(list(&server, "handled"), ["0", "1", "2", "3"]);
    add(&server, 4..6);
    eventually("the old name is free", || {
        list(&server, "handled").len() == 6
    });
}

/// A message of the new stream has the id of one that is being handled.
#[test]
fn the_end_of_a_batch_does_not_touch_another_stream_of_the_name() {
    let (server, _con) = empty();
    register(&server, "continue", true);
    untyped(&server, &["SET", "gate", "old"]);
    untyped(&server, &["XADD", "s", "1-1", "n", "old"]);
    eventually("it is being handled", || list(&server, "begun") == ["old"]);
    untyped(&server, &["DEL", "s"]);
    untyped(&server, &["XADD", "s", "1-1", "n", "new"]);
    untyped(&server, &["DEL", "gate"]);
    eventually("both are handled", || {
        list(&server, "handled") == ["old", "new"]
    });
}

/// A master was a replica for a time. It handles the messages that the other master received and did
/// not handle.
#[test]
fn a_new_master_continues_the_batches_of_the_old_one() {
    let ((first, first_port), (second, second_port)) = (master(), master());
    let follow = |server: &Server, port: u16| {
        untyped(server, &["REPLICAOF", "127.0.0.1", &port.to_string()]);
        eventually("the link is up", || {
            untyped(server, &["INFO", "replication"]).contains("master_link_status:up")
        });
    };
    let alone = |server: &Server| untyped(server, &["REPLICAOF", "NO", "ONE"]);
    follow(&second, first_port);
    register(&first, "continue", false);
    add(&first, 0..1);
    eventually("the first handles one", || list(&first, "handled") == ["0"]);
    eventually("the effect is replicated", || {
        list(&second, "handled") == ["0"]
    });

    alone(&second);
    follow(&first, second_port);
    untyped(&second, &["SET", "gate", "1"]);
    add(&second, 1..3);
    eventually("the second begins one", || {
        list(&second, "begun") == ["0", "1"]
    });
    eventually("the first knows of the delivery", || {
        unacknowledged(&first) == "1"
    });
    second.kill().unwrap();

    alone(&first);
    untyped(&first, &["DEL", "gate"]);
    eventually("the first handles both", || {
        list(&first, "handled").len() >= 3
    });
    assert_eq!(list(&first, "handled"), ["0", "1", "2"]);
}
