//! Commands that wait for the end of a pause, while rights change.

use crate::common::{eventually, untyped};
use crate::wire::Wire;
use crate::{HOOKS, WATCHED, server, set_user};

#[test]
fn rights_count_when_the_pause_is_over() {
    for script in [HOOKS, WATCHED].map(|script| script.replace("MODE", "sync")) {
        for as_owner in [false, true] {
            let Some(server) = server(&script, as_owner) else {
                return;
            };
            let mut admin = Wire::new(&server);
            for user in ["lim", "kept"] {
                set_user(&server, user, "+@all ~app:*");
            }
            let mut refused = Wire::of(&server, "lim");
            let mut kept = Wire::of(&server, "kept");
            assert_eq!(admin.say("CLIENT PAUSE 600000 WRITE"), "OK");
            refused.send(&["SET", "app:1", "v"]);
            eventually("the first client waits", || {
                untyped(&server, &["INFO", "clients"]).contains("blocked_clients:1")
            });
            assert_eq!(admin.say("ACL SETUSER lim resetkeys"), "OK");
            // The last command that the filter sees is one of a client with the right.
            kept.send(&["SET", "app:2", "v"]);
            let waiting = "INFO clients";
            eventually("the second client waits", || {
                admin.say(waiting).contains("blocked_clients:2")
            });
            assert_eq!(admin.say("CLIENT UNPAUSE"), "OK");
            assert!(refused.read().starts_with("-NOPERM"), "{script}");
            assert_eq!(kept.read(), "OK");
            assert_eq!(admin.say("EXISTS app:1 app:2"), "1");
        }
    }
}
