//! The user of a gear that a gear calls: not that of another connection.

use crate::wire::Wire;
use crate::{server, set_user};

const CALLS: &str = "
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='call', mode='sync', convertToStr=False)
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='later', mode='async_local', convertToStr=False)
GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='INCR', mode='sync', convertToStr=False)
";

/// The server uses the client of a module's command again, with the id that another connection had.
#[test]
fn a_gear_that_calls_a_hooked_command_has_no_other_rights() {
    for as_owner in [false, true] {
        let Some(server) = server(CALLS, as_owner) else {
            return;
        };
        let mut admin = Wire::new(&server);
        set_user(&server, "lim", "+@all -incr ~app:*");
        let mut wire = Wire::of(&server, "lim");
        for way in ["call", "later"] {
            // Leaves clients with the id of the administrator.
            assert!(admin.say("RG.TRIGGER later PING").contains("PONG"));
            assert!(
                !admin
                    .ask(&["RG.PYEXECUTE", "execute('PING')"])
                    .starts_with('-')
            );
            let answer = wire.say(&format!("RG.TRIGGER {way} INCR app:n"));
            if as_owner {
                assert_eq!(answer, "[1]");
                admin.say("DEL app:n");
            } else {
                assert!(answer.contains("NOPERM"), "{way}: {answer}");
                assert_eq!(
                    answer.matches("Traceback").count(),
                    1,
                    "the hook does not run: {answer}"
                );
            }
        }
    }
}
