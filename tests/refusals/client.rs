//! Refusals at the client that called the gear.

use super::common::{plain_connection, untyped};
use super::{as_lim, send, with_lim};

const GEARS: &str = r"
import redgrease
def by_cmd(x):
    try:
        return redgrease.cmd.get('secret')
    except redgrease.exceptions.NoPermissionError as e:
        return type(e).__name__ + ' ' + str(e)
async def later(x):
    return execute('GET', 'secret')
for mode in ['sync', 'async_local']:
    GB('CommandReader').map(lambda x: execute('GET', 'secret')).register(trigger=mode, mode=mode)
GB('CommandReader').map(later).register(trigger='coroutine', mode='async_local')
GB('CommandReader').map(by_cmd).register(trigger='cmd', mode='sync')
GB('CommandReader').map(lambda x: call_next('secret')).register(hook='strlen', mode='sync')
GB('CommandReader').map(lambda x: call_next('secret')).register(hook='hlen', mode='async_local')
GB('KeysReader').foreach(lambda r: r).register('*', mode='sync', eventTypes=['set'], commands=['set', 'rename', 'append'])
";

#[test]
fn a_command_that_waits_for_handlers_is_refused_in_the_words_without_handlers() {
    let Some((server, mut lim)) = with_lim() else {
        return;
    };
    let commands: &[&[&str]] = &[
        &["SET", "secret", "v"],
        &["SET", "ro:1", "v"],
        &["SET", "secret"],
        &["SET", "app:1", "v", "NOSUCH"],
        &["RENAME", "app:1", "secret"],
    ];
    let answers = |lim: &mut redis::Connection| -> Vec<_> {
        commands.iter().map(|words| send(lim, words)).collect()
    };
    let wanted = answers(&mut lim);
    assert!(wanted.iter().all(Result::is_err), "{wanted:?}");
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", GEARS]), "OK");
    assert_eq!(answers(&mut lim), wanted);
    // The command itself is denied.
    let rules = ["ACL", "SETUSER", "lim", "-set"];
    assert_eq!(untyped(&server, &rules), "OK");
    let with_handlers = send(&mut lim, &["SET", "app:1", "v"]);
    let mut admin = plain_connection(&server);
    for row in redgrease::GearsCommands::dump_registrations(&mut admin).unwrap() {
        redgrease::GearsCommands::unregister(&mut admin, &row.id).unwrap();
    }
    let without = send(&mut lim, &["SET", "app:1", "v"]);
    assert!(without.is_err());
    assert_eq!(with_handlers, without);
}

#[test]
fn a_refusal_in_a_gear_reaches_its_client() {
    let Some((server, mut lim)) = with_lim() else {
        return;
    };
    let refused = send(&mut lim, &["GET", "secret"]).unwrap_err();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", GEARS]), "OK");
    for words in [
        &["RG.TRIGGER", "sync"][..],
        &["RG.TRIGGER", "async_local"],
        &["RG.TRIGGER", "coroutine"],
        &["STRLEN", "app:1"],
        &["HLEN", "app:1"],
    ] {
        let mut cmd = redis::cmd(words[0]);
        let error = cmd.arg(&words[1..]).query::<redis::Value>(&mut lim);
        let error = redgrease::Error::from(error.unwrap_err());
        assert!(error.to_string().contains(&refused), "{words:?}: {error}");
        assert!(error.is_no_permission(), "{words:?}: {error}");
    }
    let answer = send(&mut lim, &["RG.TRIGGER", "cmd"]).unwrap();
    let answer: Vec<String> = redis::from_redis_value(answer).unwrap();
    let words = refused.strip_prefix("NOPERM ").unwrap();
    let wanted = format!("NoPermissionError {words}: 'get' with the key 'secret'");
    assert_eq!(answer, [wanted]);
}

#[test]
fn other_errors_are_no_missing_rights() {
    let Some((server, _)) = with_lim() else {
        return;
    };
    let mut lim = as_lim(&server);
    let script = "GB('CommandReader').map(lambda x: execute('NOPERM.no')).register(trigger='t', mode='sync')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    for words in [&["RG.TRIGGER", "t"][..], &["RG.TRIGGER", "none"]] {
        let mut cmd = redis::cmd(words[0]);
        let error = cmd.arg(&words[1..]).query::<redis::Value>(&mut lim);
        let error = redgrease::Error::from(error.unwrap_err());
        assert!(!error.is_no_permission(), "{error}");
    }
}
