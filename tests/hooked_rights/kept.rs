//! Commands that stay with the server: no gear takes their place.

use crate::wire::Wire;
use crate::{knows_clients, server};

/// The server keeps the passwords in these commands out of `MONITOR` and `SLOWLOG`, or holds them to more than access rules.
#[test]
fn commands_with_passwords_and_commands_of_the_engine_are_not_hooked() {
    for as_owner in [false, true] {
        let Some(server) = server("x = 1", as_owner) else {
            return;
        };
        let mut admin = Wire::new(&server);
        for name in [
            "acl",
            "CONFIG",
            "config|set",
            "object|encoding",
            "migrate",
            "auth",
            "function",
            "rg.configset",
            "RG.ConfigGet",
            "rg.unregister",
            "rg.trigger",
            "rg.triggeronkey",
            "rg.innerhook",
        ] {
            let hook = format!(
                "GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='{name}', mode='sync')"
            );
            let watched = format!(
                "GB('KeysReader').foreach(lambda r: None).register('*', mode='sync', commands=['{name}'])"
            );
            for script in [hook, watched] {
                let answer = admin.ask(&["RG.PYEXECUTE", &script]);
                assert!(
                    answer.contains("Can not") || answer.contains("bad reply"),
                    "{script}: {answer}"
                );
            }
        }
    }
}

/// The server lets a subscriber of the older protocol send few commands, and knows them by their names.
#[test]
fn a_subscriber_pings_the_server() {
    let script = "GB('CommandReader').map(lambda x: 'hooked').register(hook='PING', mode='sync', convertToStr=False)";
    let Some(server) = server(script, false) else {
        return;
    };
    if !knows_clients(&server) {
        return;
    }
    let mut wire = Wire::new(&server);
    assert_eq!(wire.say("PING"), "hooked");
    assert_eq!(wire.say("SUBSCRIBE c"), "[subscribe, c, 1]");
    assert_eq!(wire.say("PING"), "[pong, ]");
    assert!(wire.say("GET k").contains("'get'"));
    assert_eq!(wire.say("UNSUBSCRIBE c"), "[unsubscribe, c, 0]");
    assert_eq!(wire.say("PING"), "hooked");
}
