//! Scripts that may not write: `EVAL_RO`, and scripts that say so.

use super::common::capability::{Capability, lacks};
use super::common::{empty, plain_connection, untyped};

const GEARS: &str = r"
GB('CommandReader').map(lambda x: execute('SET', 'k', 'v')).register(trigger='t', mode='sync')
GB('CommandReader').map(lambda x: execute('SET', 'k', 'v')).register(hook='append', mode='sync')
GB('KeysReader').foreach(lambda r: execute('SET', 'k', 'v')).register('w', mode='sync', eventTypes=['del'], commands=['del'])
";

#[test]
fn a_script_that_may_not_write_calls_no_gear_that_may() {
    let (server, _con) = empty();
    if lacks(&server, Capability::ReadOnlyScripts) {
        return;
    }
    assert_eq!(untyped(&server, &["SET", "w", "v"]), "OK");
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", GEARS]), "OK");
    let answer = |command: &str, head: &str, call: &str| {
        let script = format!("{head}return redis.call({call})");
        let mut con = plain_connection(&server);
        let mut cmd = redis::cmd(command);
        match cmd.arg(script).arg(0).query::<redis::Value>(&mut con) {
            Ok(value) => format!("{value:?}"),
            // Behind it come the name and the line of the script.
            Err(error) => {
                let detail = error.detail().unwrap_or_default();
                detail
                    .split(" script: ")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            }
        }
    };
    for (command, head) in [("EVAL_RO", ""), ("EVAL", "#!lua flags=no-writes\n")] {
        let wanted = answer(command, head, "'SET', 'k', 'v'");
        assert!(wanted.contains("read-only script"), "{wanted}");
        for call in ["'RG.TRIGGER', 't'", "'APPEND', 'k', 'v'", "'DEL', 'w'"] {
            assert_eq!(answer(command, head, call), wanted, "{command} {call}");
        }
    }
    assert_eq!(untyped(&server, &["EXISTS", "k"]), "0");
    assert_eq!(untyped(&server, &["EXISTS", "w"]), "1");
}
