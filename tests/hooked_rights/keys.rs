//! The server knows the keys of a hooked command: clients that track what they have read are told of changes.

use crate::wire::Wire;
use crate::{HOOKS, WATCHED, server};

#[test]
fn a_client_that_tracks_its_keys_is_told_of_changes() {
    for script in [HOOKS, WATCHED] {
        let Some(server) = server(&script.replace("MODE", "sync"), false) else {
            return;
        };
        let mut other = Wire::new(&server);
        other.say("SET k v");
        let mut wire = Wire::new(&server);
        assert!(!wire.say("HELLO 3").starts_with('-'));
        assert_eq!(wire.say("CLIENT TRACKING ON"), "OK");
        assert_eq!(wire.say("GET k"), "v");
        assert_eq!(other.say("SET k w"), "OK");
        assert_eq!(wire.read(), "[invalidate, [k]]");
        assert_eq!(wire.say("GET k"), "w");
    }
}

#[test]
fn dry_runs_and_the_keys_of_a_command_are_those_without_the_hook() {
    let Some(server) = server(&HOOKS.replace("MODE", "sync"), false) else {
        return;
    };
    let mut admin = Wire::new(&server);
    crate::set_user(&server, "lim", "+@all -incr ~app:*");
    assert_eq!(admin.say("COMMAND GETKEYS SET k v"), "[k]");
    assert_eq!(admin.say("ACL DRYRUN lim SET app:1 v"), "OK");
    assert!(
        admin
            .say("ACL DRYRUN lim SET secret v")
            .contains("'secret' key")
    );
    assert!(
        admin
            .say("ACL DRYRUN lim INCR app:1")
            .contains("'incr' command")
    );
}
