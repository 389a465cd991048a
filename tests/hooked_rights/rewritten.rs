//! Hooks that run something else than their caller sent, and whose rights count then.

use crate::wire::Wire;
use crate::{server, set_user};

/// Passes on another key, reads one with `execute`, says who it is.
const SCRIPT: &str = "
GB('CommandReader').map(lambda x: call_next('secret', *x[2:])).register(hook='SET', mode='MODE', convertToStr=False)
GB('CommandReader').map(lambda x: execute('GET', 'secret')).register(hook='STRLEN', mode='MODE', convertToStr=False)
GB('CommandReader').map(lambda x: execute('ACL', 'WHOAMI')).register(hook='TYPE', mode='MODE', convertToStr=False)
";

#[test]
fn the_caller_is_checked_for_its_own_words_and_the_owner_for_those_of_the_hook() {
    for mode in ["sync", "async_local"] {
        for as_owner in [false, true] {
            let Some(server) = server(&SCRIPT.replace("MODE", mode), as_owner) else {
                return;
            };
            let mut admin = Wire::new(&server);
            admin.say("MSET secret s app:1 v");
            set_user(&server, "lim", "+@all -@dangerous -append ~app:*");
            set_user(&server, "all", "+@all ~*");
            let mut wire = Wire::of(&server, "lim");
            // Forbidden as it was sent.
            assert!(wire.say("SET secret lim").starts_with("-NOPERM"));
            assert!(wire.say("STRLEN secret").starts_with("-NOPERM"));
            assert!(wire.say("TYPE secret").starts_with("-NOPERM"));
            assert_eq!(admin.say("GET secret"), "s");
            let set = wire.say("SET app:1 lim");
            let read = wire.say("STRLEN app:1");
            let who = wire.say("TYPE app:1");
            if as_owner {
                assert_eq!(
                    (set.as_str(), read.as_str(), who.as_str()),
                    ("OK", "lim", "default"),
                    "{mode}"
                );
            } else {
                assert!(
                    set.contains("NOPERM") && read.contains("NOPERM"),
                    "{mode}: {set} {read}"
                );
                assert_eq!(who, "lim");
                assert_eq!(admin.say("GET secret"), "s");
            }
            // A user with rights enough.
            let mut wire = Wire::of(&server, "all");
            assert_eq!(wire.say("SET app:1 all"), "OK");
            assert_eq!(wire.say("STRLEN app:1"), "all");
        }
    }
}

/// An owner with fewer rights than the caller.
#[test]
fn an_owner_without_the_right_is_refused_inside_of_the_hook() {
    let Some(server) = server("", true) else {
        return;
    };
    set_user(&server, "owner", "+@all ~own:*");
    let script =
        "GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='SET', mode='sync')";
    assert_eq!(
        Wire::of(&server, "owner").ask(&["RG.PYEXECUTE", script]),
        "OK"
    );
    let mut admin = Wire::new(&server);
    let refused = admin.say("SET app:1 v");
    assert!(
        refused.contains("NOPERM") && refused.contains("Traceback"),
        "{refused}"
    );
    assert_eq!(admin.say("SET own:1 v"), "OK");
}
