//! Clients that have not logged in get no further than without hooks.

use crate::wire::Wire;
use crate::{HOOKS, WATCHED, server, set_user};
use redgrease_embedded::Server;

const NO_LOGIN: &str = "-NOAUTH Authentication required.";

/// Commands that the engine runs, and commands that it must not run for anybody.
const WORDS: [&str; 9] = [
    "SET k v",
    "GET k",
    "INCR n",
    "PUBLISH c x",
    "SORT k",
    "CONFIG GET maxmemory",
    "OBJECT ENCODING k",
    "RG.TRIGGER x",
    "RG.PYEXECUTE 1",
];

const OWN: [&str; 9] = [
    "RG.INNERHOOK SET k v",
    "rg.innerhookread GET k",
    "rg.innerhookkeyless PING",
    "RG.INNERHOOKWRITE DEL k",
    "RG.INNERHOOKGROW SET k v",
    "RG.INNERHOOKGROW CONFIG SET maxmemory 1",
    "RG.INNERHOOK RG.PYEXECUTE 1",
    "RG.INNERHOOK RG.INNERHOOK SET k v",
    "RG.INNERHOOK",
];

fn servers() -> Vec<Server> {
    let scripts = [HOOKS, WATCHED].map(|script| script.replace("MODE", "sync"));
    let with = |as_owner| {
        scripts
            .iter()
            .filter_map(move |script| server(script, as_owner))
    };
    [false, true].into_iter().flat_map(with).collect()
}

/// Nothing runs for the client, in whatever way it asks.
fn is_refused(server: &Server, admin: &mut Wire, wire: &mut Wire) {
    let seen = |admin: &mut Wire| admin.say("MGET k n");
    let before = seen(admin);
    let exact = !admin.say("INFO server").contains("redis_version:7.0.");
    for words in WORDS {
        let answer = wire.say(words);
        // Redis 7.0 looks at the keys first.
        let is_refused = answer == NO_LOGIN || (!exact && answer.starts_with("-NOPERM"));
        assert!(
            is_refused,
            "{words}: {answer}: {}",
            server.program().display()
        );
    }
    for words in OWN {
        let answer = wire.say(words);
        assert!(
            answer.starts_with("-ERR") || answer == NO_LOGIN,
            "{words}: {answer}"
        );
    }
    for words in ["MULTI", "EXEC", "EVAL return(1) 0"] {
        let answer = wire.say(words);
        assert!(answer.ends_with(&NO_LOGIN[1..]), "{words}: {answer}");
    }
    assert_eq!(seen(admin), before);
}

#[test]
fn a_default_user_with_a_password_has_to_log_in() {
    for server in servers() {
        let mut admin = Wire::new(&server);
        let mut early = Wire::new(&server);
        assert_eq!(early.say("SET k v"), "OK");
        set_user(&server, "other", "+@all ~*");
        assert_eq!(admin.say("CONFIG SET requirepass secret"), "OK");
        // The password does not count for the connections that there were.
        let mut late = Wire::new(&server);
        is_refused(&server, &mut admin, &mut late);
        assert_eq!(early.say("SET k v"), "OK");
        assert!(late.say("AUTH wrong").starts_with("-WRONGPASS"));
        is_refused(&server, &mut admin, &mut late);
        assert_eq!(late.say("AUTH secret"), "OK");
        assert_eq!(late.say("SET k w"), "OK");
        assert_eq!(late.say("RESET"), "RESET");
        is_refused(&server, &mut admin, &mut late);
        assert_eq!(late.say("AUTH other p"), "OK");
        assert_eq!(late.say("GET k"), "w");
        assert_eq!(late.say("RESET"), "RESET");
        is_refused(&server, &mut admin, &mut late);
        assert!(
            late.say("HELLO 3 AUTH other wrong")
                .starts_with("-WRONGPASS")
        );
        is_refused(&server, &mut admin, &mut late);
        assert!(!late.say("HELLO 3 AUTH other p").starts_with('-'));
        assert_eq!(late.say("GET k"), "w");
        assert_eq!(late.say("RESET"), "RESET");
        is_refused(&server, &mut admin, &mut late);
        assert_eq!(admin.ask(&["CONFIG", "SET", "requirepass", ""]), "OK");
        assert_eq!(late.say("GET k"), "w");
    }
}

#[test]
fn a_default_user_that_is_off_gets_nothing() {
    for server in servers() {
        let mut admin = Wire::new(&server);
        set_user(&server, "other", "+@all ~*");
        let mut other = Wire::of(&server, "other");
        let mut early = Wire::new(&server);
        assert_eq!(early.say("SET k v"), "OK");
        assert_eq!(admin.say("ACL SETUSER default off"), "OK");
        let mut late = Wire::new(&server);
        is_refused(&server, &mut other, &mut late);
        assert_eq!(other.say("GET k"), "v");
        assert_eq!(early.say("GET k"), "v", "as without hooks");
        assert_eq!(other.say("ACL SETUSER default on"), "OK");
        assert_eq!(late.say("GET k"), "v");
    }
}

#[test]
fn a_default_user_with_few_rights_may_run_hooked_commands() {
    for server in servers() {
        let mut admin = Wire::new(&server);
        set_user(&server, "other", "+@all ~*");
        let mut other = Wire::of(&server, "other");
        assert_eq!(
            admin.say("ACL SETUSER default -@all +get +set +auth +multi +exec resetkeys ~app:*"),
            "OK"
        );
        for password in [None, Some("ACL SETUSER default >p")] {
            let mut wire = Wire::new(&server);
            if let Some(password) = password {
                assert_eq!(other.say(password), "OK");
                is_refused(&server, &mut other, &mut Wire::new(&server));
                assert_eq!(wire.say("GET app:1"), "v", "it has come before");
                assert_eq!(wire.say("AUTH p"), "OK");
            }
            assert_eq!(wire.say("SET app:1 v"), "OK");
            assert_eq!(wire.say("GET app:1"), "v");
            assert!(wire.say("GET secret").starts_with("-NOPERM"));
            assert!(wire.say("INCR app:1").starts_with("-NOPERM"));
        }
    }
}

/// A connection logs in and out while it has a transaction, or after the default user has changed.
#[test]
fn logins_change_at_any_time() {
    for server in servers() {
        let mut admin = Wire::new(&server);
        set_user(&server, "few", "+get +multi +exec +reset ~app:*");
        let mut wire = Wire::of(&server, "few");
        assert_eq!(admin.say("CONFIG SET requirepass secret"), "OK");
        assert_eq!(wire.say("MULTI"), "OK");
        assert_eq!(wire.say("GET app:1"), "QUEUED");
        assert_eq!(wire.say("RESET"), "RESET");
        is_refused(&server, &mut admin, &mut wire);
        assert_eq!(wire.say("AUTH few p"), "OK");
        assert!(!wire.say("GET app:1").starts_with('-'));
        assert!(wire.say("SET app:1 v").starts_with("-NOPERM"));
        assert_eq!(wire.say("AUTH default secret"), "OK");
        assert_eq!(wire.say("SET app:1 v"), "OK");
        assert_eq!(wire.say("AUTH few p"), "OK");
        assert!(wire.say("SET app:1 v").starts_with("-NOPERM"));
    }
}
