//! Rights, users and hooks that change between MULTI and EXEC.

use crate::wire::Wire;
use crate::{HOOKS, WATCHED, knows_clients, server, set_user};
use redgrease_embedded::Server;

/// When the script is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registered {
    Before,
    Between,
    /// It is unregistered before EXEC.
    Removed,
}

fn unregister(admin: &mut Wire) {
    let all = admin.say("RG.PYDUMPSESSIONS");
    let words = all.split(['[', ']', ',', ' ']);
    for id in words.filter(|word| word.len() > 40 && word.contains('-')) {
        admin.ask(&["RG.UNREGISTER", id]);
    }
    assert_eq!(admin.say("RG.DUMPREGISTRATIONS"), "[]");
}

/// The answer to EXEC, with changes between the commands of the transaction and EXEC.
fn answer(server: &Server, script: &str, registered: Registered, between: &[&str]) -> String {
    let mut admin = Wire::new(server);
    let register = |admin: &mut Wire| {
        if !script.is_empty() {
            assert_eq!(admin.ask(&["RG.PYEXECUTE", script]), "OK");
        }
    };
    set_user(server, "lim", "+@all ~app:* &*");
    unregister(&mut admin);
    if registered != Registered::Between {
        register(&mut admin);
    }
    admin.say("DEL app:1 app:n");
    let mut wire = Wire::of(server, "lim");
    for (words, expected) in [
        ("MULTI", "OK"),
        ("SET app:1 v", "QUEUED"),
        ("INCR app:n", "QUEUED"),
        ("PUBLISH c x", "QUEUED"),
        ("EXISTS app:1", "QUEUED"),
    ] {
        assert_eq!(wire.say(words), expected, "{words}");
    }
    match registered {
        Registered::Before => {}
        Registered::Between => register(&mut admin),
        Registered::Removed => unregister(&mut admin),
    }
    for words in between {
        admin.say(words);
    }
    let answer = wire.say("EXEC");
    unregister(&mut admin);
    answer
}

const CHANGES: [&[&str]; 7] = [
    &["ACL SETUSER lim -incr"],
    &["ACL SETUSER lim resetkeys %R~app:*"],
    &["ACL SETUSER lim resetkeys"],
    &["ACL SETUSER lim off"],
    &["ACL SETUSER lim resetchannels"],
    &["ACL SETUSER lim nocommands +exec +exists"],
    &["ACL SETUSER lim -set", "ACL SETUSER lim +set"],
];

#[test]
fn rights_count_when_the_transaction_runs() {
    let Some(plain) = server("", false) else {
        return;
    };
    let exact = knows_clients(&plain);
    let plain = CHANGES.map(|between| answer(&plain, "", Registered::Before, between));
    for as_owner in [false, true] {
        let server = server("", as_owner).unwrap();
        for script in [HOOKS, WATCHED].map(|script| script.replace("MODE", "sync")) {
            for (between, plain) in CHANGES.into_iter().zip(&plain) {
                for registered in [Registered::Between, Registered::Before, Registered::Removed] {
                    let hooked = answer(&server, &script, registered, between);
                    let [hooked, plain] = [&hooked, plain].map(|answer| comparable(answer, exact));
                    assert_eq!(hooked, plain, "{registered:?} {between:?} {script}");
                }
            }
        }
    }
}

/// An answer without the reasons of refusals, unless the filter knows that the client had the right before.
fn comparable(answer: &str, exact: bool) -> String {
    let parts = answer.split(", ").map(|part| {
        let at = part.find("-NOPERM").filter(|_| !exact);
        at.map_or(part, |at| &part[..at + 7])
    });
    parts.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_transaction_of_a_deleted_user_does_not_run() {
    for as_owner in [false, true] {
        let Some(server) = server(&HOOKS.replace("MODE", "sync"), as_owner) else {
            return;
        };
        let mut admin = Wire::new(&server);
        set_user(&server, "lim", "+@all ~app:* &*");
        let mut wire = Wire::of(&server, "lim");
        assert_eq!(wire.say("MULTI"), "OK");
        assert_eq!(wire.say("SET app:1 v"), "QUEUED");
        assert_eq!(admin.say("ACL DELUSER lim"), "1");
        // The server closes the connection.
        assert_eq!(wire.until_closed(&["EXEC"]), "");
        assert_eq!(admin.say("EXISTS app:1"), "0");
    }
}
