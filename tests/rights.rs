//! Access rights of gears.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::{eventually, plain_connection, untyped};
use redgrease_embedded::Server;

const GEARS: &str = "
for mode in ('sync', 'async_local'):
    GB('CommandReader').map(lambda x: execute('GET', 'secret')).register(trigger=mode, mode=mode)
    GB('CommandReader').map(lambda x: execute('ACL', 'WHOAMI')).register(trigger='who ' + mode, mode=mode)
async def later(x):
    import asyncio
    await asyncio.sleep(0.01)
    return execute('GET', 'secret')
GB('CommandReader').map(later).register(trigger='coroutine', mode='async_local')
GB('CommandReader').map(lambda x: execute('GET', 'secret')).register(hook='TOUCH', mode='sync')
GB('KeysReader').foreach(lambda r: execute('SET', 'seen', execute('GET', 'secret'))).register('event', mode='async_local')
";

/// Registers the gears and connects as `guest`. `None` on a server that cannot run a command as
/// another user.
fn with_guest(server: &Server) -> Option<redis::Connection> {
    if lacks(server, Capability::CommandsAsUser) {
        return None;
    }
    untyped(server, &["SET", "secret", "42"]);
    assert_eq!(untyped(server, &["RG.PYEXECUTE", GEARS]), "OK");
    let rules = [
        "ACL",
        "SETUSER",
        "guest",
        "on",
        "nopass",
        "~open:*",
        "~event",
        "+@all",
        "-@admin",
        "+acl|whoami",
    ];
    assert_eq!(untyped(server, &rules), "OK");
    let mut con = plain_connection(server);
    redis::cmd("AUTH")
        .arg("guest")
        .arg("any")
        .exec(&mut con)
        .unwrap();
    Some(con)
}

fn ask(con: &mut redis::Connection, words: &[&str]) -> String {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    match cmd.query::<Vec<String>>(con) {
        Ok(records) => records.join(" "),
        Err(refused) => format!("refused: {refused}"),
    }
}

#[test]
fn a_gear_has_the_rights_of_its_caller() {
    let server = Server::start().unwrap();
    let Some(mut guest) = with_guest(&server) else {
        return;
    };
    for mode in ["sync", "async_local", "coroutine"] {
        let answer = ask(&mut guest, &["RG.TRIGGER", mode]);
        assert!(answer.starts_with("refused"), "{mode}: {answer}");
        assert!(!answer.contains("42"), "{mode}: {answer}");
        assert_eq!(untyped(&server, &["RG.TRIGGER", mode]), "42", "{mode}");
    }
    for mode in ["who sync", "who async_local"] {
        assert_eq!(ask(&mut guest, &["RG.TRIGGER", mode]), "guest");
        assert_eq!(untyped(&server, &["RG.TRIGGER", mode]), "default");
    }
    let hooked = redis::cmd("TOUCH")
        .arg("open:x")
        .query::<String>(&mut guest);
    assert!(hooked.is_err(), "{hooked:?}");
}

#[test]
fn an_event_handler_has_the_rights_of_the_user_who_registered_it() {
    let server = Server::start().unwrap();
    let Some(mut guest) = with_guest(&server) else {
        return;
    };
    redis::cmd("SET")
        .arg("event")
        .arg(1)
        .exec(&mut guest)
        .unwrap();
    eventually("it is handled", || {
        untyped(&server, &["GET", "seen"]) == "42"
    });
}

#[test]
fn only_administrators_can_register_code() {
    let server = Server::start().unwrap();
    let Some(mut guest) = with_guest(&server) else {
        return;
    };
    let id = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let id = id.lines().nth(1).unwrap();
    for words in [
        &["RG.PYEXECUTE", "GB().run()"][..],
        &["RG.UNREGISTER", id],
        &["RG.CONFIGSET", "MaxExecutions", "1"],
        &["RG.INNERREGISTER", "x"],
        &["RG.PYPROFILE", "RESET", "app"],
        &["RG.PYIMPORTREQ", "x"],
    ] {
        // Before Redis 7.2, module commands have no categories: the right to this command decides.
        untyped(&server, &["ACL", "SETUSER", "guest", "-rg.pyexecute"]);
        let answer = ask(&mut guest, words);
        assert!(
            answer.to_ascii_uppercase().contains("NOPERM"),
            "{words:?}: {answer}"
        );
    }
}

/// The error names the key and says what to do.
#[test]
fn a_time_event_needs_the_right_to_write_its_key() {
    let server = Server::start().unwrap();
    let Some(mut guest) = with_guest(&server) else {
        return;
    };
    let script = "
def nothing():
    pass
GB('CommandReader').map(lambda x: registerTE(100, nothing, x[1])).register(trigger='begin', mode='sync')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let answer = ask(&mut guest, &["RG.TRIGGER", "begin", "secret:te"]);
    for part in ["NOPERM", "guest", "'secret:te'", "ACL SETUSER"] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
    assert_eq!(untyped(&server, &["EXISTS", "secret:te"]), "0");
    assert_eq!(ask(&mut guest, &["RG.TRIGGER", "begin", "open:te"]), "True");
}

#[test]
fn with_execute_as_owner_gears_have_the_rights_of_their_owner() {
    let server = Server::builder()
        .module_arg("ExecuteAsOwner", "1")
        .start()
        .unwrap();
    let Some(mut guest) = with_guest(&server) else {
        return;
    };
    for mode in ["sync", "async_local", "coroutine"] {
        assert_eq!(ask(&mut guest, &["RG.TRIGGER", mode]), "42", "{mode}");
    }
    for mode in ["who sync", "who async_local"] {
        assert_eq!(ask(&mut guest, &["RG.TRIGGER", mode]), "default");
    }
}

/// Before Redis 7.2, the server reads the name of the client's user when it refuses a command, and the clients of callbacks
/// have no user.
#[test]
fn a_refused_command_of_a_sync_handler_is_an_error_of_the_handler() {
    let server = Server::start().unwrap();
    if with_guest(&server).is_none() {
        return;
    }
    let owner = [
        "ACL", "SETUSER", "owner", "on", "nopass", "~*", "+@all", "-rpush",
    ];
    assert_eq!(untyped(&server, &owner), "OK");
    let mut con = plain_connection(&server);
    redis::cmd("AUTH")
        .arg("owner")
        .arg("any")
        .exec(&mut con)
        .unwrap();
    let script = "
def handle(r):
    try:
        execute('RPUSH', 'forbidden', 1)
    except Exception as e:
        execute('SET', 'why:' + r['key'], str(e))
GB('KeysReader').foreach(handle).register('k', eventTypes=['set'], mode='sync')
GB('StreamReader').foreach(handle).register('s', mode='sync')
registerTE(1, lambda: handle({'key': 'timer'}))
";
    redis::cmd("RG.PYEXECUTE")
        .arg(script)
        .exec(&mut con)
        .unwrap();
    for _ in 0..3 {
        untyped(&server, &["SET", "k", "1"]);
        untyped(&server, &["XADD", "s", "*", "f", "v"]);
    }
    for key in ["k", "s", "timer"] {
        let why = || untyped(&server, &["GET", &format!("why:{key}")]);
        eventually("it is refused", || why().contains("NOPERM"));
    }
    assert_eq!(untyped(&server, &["EXISTS", "forbidden"]), "0");
}

/// The server gives the clients of a removed user to the default user, whose rights the rest of the gear would have.
#[test]
fn a_sync_gear_removes_no_user() {
    let server = Server::start().unwrap();
    if with_guest(&server).is_none() {
        return;
    }
    let rules = ["ACL", "SETUSER", "lim", "on", "nopass", "~open:*", "+@all"];
    assert_eq!(untyped(&server, &rules), "OK");
    let script = "
def remove(x):
    why = []
    for words in (('ACL', 'DELUSER', 'lim'), ('acl', 'load')):
        try: execute(*words)
        except Exception as e: why.append(str(e))
    try: return [execute('GET', 'secret')]
    except Exception as e: return why + [str(e)]
GB('CommandReader').flatmap(remove).register(trigger='remove', mode='sync')
GB('CommandReader').flatmap(remove).register(trigger='remove later', mode='async_local')
GB('CommandReader').map(lambda x: remove(x)[-1]).register(hook='STRLEN', mode='sync')
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let mut con = plain_connection(&server);
    redis::cmd("AUTH")
        .arg("lim")
        .arg("any")
        .exec(&mut con)
        .unwrap();
    let said = ask(&mut con, &["RG.TRIGGER", "remove"]);
    assert!(
        said.matches("run it in an async gear").count() == 2,
        "{said}"
    );
    assert!(said.contains("NOPERM"), "{said}");
    let hooked = redis::cmd("STRLEN").arg("open:x").query::<String>(&mut con);
    assert!(!format!("{hooked:?}").contains("42"), "{hooked:?}");
    // The client is gone with its user, or the gear has lost its rights.
    let later = ask(&mut con, &["RG.TRIGGER", "remove later"]);
    assert!(!later.contains("42"), "{later}");
    eventually("the user is removed", || {
        !untyped(&server, &["ACL", "USERS"]).contains("lim")
    });
}
