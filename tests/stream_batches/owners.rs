//! The owner of a registration is deleted, disabled or loses its rights: the messages stay, and the registration pauses.

use crate::common::capability::{Capability, lacks};
use crate::common::{empty, eventually, plain_connection, untyped};
use crate::{add, field, id, list};
use redgrease_embedded::Server;

/// A server whose stream is read with the rights of the user `ann`. `None` on a server that cannot run a command as another
/// user.
fn owned_by_ann(policy: &str, mode: &str) -> Option<Server> {
    let (server, _con) = empty();
    if lacks(&server, Capability::CommandsAsUser) {
        return None;
    }
    create_ann(&server);
    let mut con = plain_connection(&server);
    redis::cmd("AUTH")
        .arg("ann")
        .arg("any")
        .exec(&mut con)
        .unwrap();
    let script = format!(
        "GB('StreamReader').foreach(lambda r: execute('RPUSH', 'handled', r['value']['n'])).register('s', mode='{mode}', onFailedPolicy='{policy}', onFailedRetryInterval=1)"
    );
    redis::cmd("RG.PYEXECUTE")
        .arg(script)
        .exec(&mut con)
        .unwrap();
    add(&server, 0..1);
    eventually("the first one is handled", || {
        list(&server, "handled") == ["0"]
    });
    Some(server)
}

fn create_ann(server: &Server) {
    let words = ["ACL", "SETUSER", "ann", "on", "nopass", "~*", "+@all"];
    assert_eq!(untyped(server, &words), "OK");
}

#[test]
fn messages_stay_while_the_owner_cannot_act() {
    let ends: [(&[&str], &str); 4] = [
        (&["ACL", "DELUSER", "ann"], "does not exist"),
        (&["ACL", "SETUSER", "ann", "off"], "is disabled"),
        (&["ACL", "SETUSER", "ann", "-rpush"], "has no right"),
        (
            &["ACL", "SETUSER", "ann", "resetkeys", "~other"],
            "has no right",
        ),
    ];
    for (policy, mode) in [
        ("continue", "async"),
        ("continue", "async_local"),
        ("continue", "sync"),
        ("abort", "async"),
        ("retry", "async"),
    ] {
        for (end, reason) in ends {
            let Some(server) = owned_by_ann(policy, mode) else {
                return;
            };
            untyped(&server, end);
            add(&server, 1..4);
            eventually("it pauses", || field(&server, "status") == "PAUSED");
            assert_eq!(untyped(&server, &["XLEN", "s"]), "3", "{policy} {end:?}");
            let shown = field(&server, "lastError");
            assert!(shown.contains(reason) && shown.contains("ann"), "{shown}");
            assert!(server.log_tail(50).contains(&shown), "in the log");

            // Too early: it pauses again, and keeps the messages.
            let id = id(&server);
            assert_eq!(untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &id]), "OK");
            eventually("it pauses", || field(&server, "status") == "PAUSED");
            assert_eq!(untyped(&server, &["XLEN", "s"]), "3", "{policy} {end:?}");

            create_ann(&server);
            assert_eq!(untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &id]), "OK");
            eventually("all are handled", || {
                list(&server, "handled") == ["0", "1", "2", "3"]
            });
        }
    }
}

/// The user goes while its handler runs.
#[test]
fn the_owner_is_deleted_during_a_batch() {
    let (server, _con) = empty();
    if lacks(&server, Capability::CommandsAsUser) {
        return;
    }
    create_ann(&server);
    let mut con = plain_connection(&server);
    redis::cmd("AUTH")
        .arg("ann")
        .arg("any")
        .exec(&mut con)
        .unwrap();
    let script = "
import time
def handle(r):
    execute('RPUSH', 'begun', r['value']['n'])
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
    execute('RPUSH', 'handled', r['value']['n'])
GB('StreamReader').foreach(handle).register('s', batch=3)
";
    untyped(&server, &["SET", "gate", "closed"]);
    redis::cmd("RG.PYEXECUTE")
        .arg(script)
        .exec(&mut con)
        .unwrap();
    add(&server, 0..3);
    eventually("it begins", || list(&server, "begun") == ["0"]);
    assert_eq!(untyped(&server, &["ACL", "DELUSER", "ann"]), "1");
    eventually("it pauses", || field(&server, "status") == "PAUSED");
    assert_eq!(untyped(&server, &["XLEN", "s"]), "3");
    untyped(&server, &["DEL", "gate"]);
    // Another user registers: the messages are handled with the rights of that user.
    let id = id(&server);
    untyped(&server, &["RG.UNREGISTER", &id]);
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    eventually("all are handled", || {
        list(&server, "handled") == ["0", "1", "2"]
    });
}
