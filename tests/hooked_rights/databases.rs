//! Users whose rights name databases (`db=`, from Valkey 9.1 on).

use crate::wire::Wire;
use crate::{server, set_user};
use redgrease_embedded::Server;

/// Every hook changes the reply of its command, so that a reply tells whether it ran.
const HOOKED: &str = "
for name in ['GET', 'SET', 'PING', 'ECHO', 'COMMAND', 'DBSIZE', 'PUBLISH']:
    GB('CommandReader').map(lambda x: ['hooked', call_next(*x[1:])]).register(hook=name, mode='sync', convertToStr=False)
";

const CALLS: &str = "
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='call', mode='sync', convertToStr=False)
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='later', mode='async_local', convertToStr=False)
";

const USERS: [(&str, &str); 6] = [
    ("some", "+@all -@admin -@dangerous ~*"),
    ("first", "+@all -@admin -@dangerous ~* db=0"),
    ("second", "+@all -@admin -@dangerous ~* db=1"),
    ("both", "+@all -@admin -@dangerous ~* db=0,1"),
    (
        "few",
        "+get +eval +rg.trigger +multi +exec +select ~* -client db=0",
    ),
    (
        "parts",
        "-@all +select +multi +exec +ping +eval +rg.trigger ~* db=0,1 (+get ~* db=1) (+set ~* db=0)",
    ),
];

const COMMANDS: [&str; 8] = [
    "GET k",
    "SET k v",
    "PING",
    "ECHO x",
    "PUBLISH c x",
    "COMMAND COUNT",
    "DBSIZE",
    "GET",
];

/// `None` if the server's rights do not name databases.
fn servers() -> Option<(Server, Server)> {
    let (plain, hooked) = (server(CALLS, false)?, server(CALLS, false)?);
    let rules = "ACL SETUSER first on >p +@all ~* db=0";
    if Wire::new(&plain).say(rules) != "OK" {
        return None;
    }
    for server in [&plain, &hooked] {
        for (user, rules) in USERS {
            set_user(server, user, rules);
        }
        Wire::new(server).say("SET k v");
    }
    let answer = Wire::new(&hooked).ask(&["RG.PYEXECUTE", HOOKED]);
    assert_eq!(answer, "OK");
    Some((plain, hooked))
}

fn is_denial(answer: &str) -> bool {
    ["NOPERM", "can't run", "ACL failure"]
        .iter()
        .any(|words| answer.contains(words))
}

/// A command in database 0 meets its hook if the user may run it, and the server refuses it in its own words otherwise.
fn compare(without: &str, with: &str, what: &str, exact: bool) {
    assert_eq!(
        is_denial(without),
        is_denial(with),
        "{what}: {without}\n{with}"
    );
    if is_denial(without) {
        assert!(!with.contains("hooked"), "{what}: {with}");
        if exact {
            assert_eq!(with, without, "{what}");
        }
    } else if !without.contains("wrong number") {
        let meets = with.contains("hooked");
        assert_eq!(meets, !what.contains("in 1"), "{what}: {with}");
    }
}

#[test]
fn a_command_meets_its_hook_where_the_user_may_run_it() {
    let Some((plain, hooked)) = servers() else {
        return;
    };
    for (user, _) in USERS {
        for database in ["0", "1"] {
            let (mut a, mut b) = (Wire::of(&plain, user), Wire::of(&hooked, user));
            let select = format!("SELECT {database}");
            let selected = a.say(&select);
            assert_eq!(b.say(&select), selected);
            let database = if selected == "OK" { database } else { "0" };
            for command in COMMANDS {
                let what = format!("{user} in {database}: {command}");
                compare(&a.say(command), &b.say(command), &what, true);
                for call in ["call", "later"] {
                    let call = format!("RG.TRIGGER {call} {command}");
                    let what = format!("{what}: {call}");
                    compare(&a.say(&call), &b.say(&call), &what, false);
                }
            }
        }
    }
}

#[test]
fn a_script_meets_the_hook() {
    let Some((plain, hooked)) = servers() else {
        return;
    };
    for (user, _) in USERS {
        let (mut a, mut b) = (Wire::of(&plain, user), Wire::of(&hooked, user));
        for command in ["GET k", "SET k v", "ECHO x"] {
            for before in ["", "redis.call('SELECT', 1); "] {
                let script = format!("{before}return redis.call(unpack(ARGV))");
                let mut words = vec!["EVAL", &script, "0"];
                words.extend(command.split(' '));
                let (without, with) = (a.ask(&words), b.ask(&words));
                let what = format!("{user}: {before}{command}: {without}\n{with}");
                assert_eq!(is_denial(&without), is_denial(&with), "{what}");
                let meets = !is_denial(&without) && before.is_empty();
                assert_eq!(with.contains("hooked"), meets, "{what}");
            }
        }
    }
}

/// A transaction may select another database than that of its client. Hooks are for database 0.
#[test]
fn a_transaction_meets_the_hook_in_each_database() {
    let Some((plain, hooked)) = servers() else {
        return;
    };
    for (user, _) in USERS {
        for (from, to) in [("0", "0"), ("0", "1"), ("1", "0")] {
            let may_leave = Wire::of(&plain, user).say(&format!("SELECT {from}")) == "OK";
            let from = if may_leave { from } else { "0" };
            for command in ["GET k", "SET k v", "PING"] {
                let (mut a, mut b) = (Wire::of(&plain, user), Wire::of(&hooked, user));
                let mut answers = Vec::new();
                for wire in [&mut a, &mut b] {
                    wire.say(&format!("SELECT {from}"));
                    wire.say("MULTI");
                    let queued =
                        [format!("SELECT {to}"), command.to_owned()].map(|all| wire.say(&all));
                    answers.push((queued, wire.say("EXEC")));
                }
                let what = format!("{user}: {from} {to} {command}: {answers:?}");
                let (without, with) = (&answers[0].1, &answers[1].1);
                let fails = |answer: &str| answer.contains("EXECABORT") || is_denial(answer);
                assert_eq!(fails(without), fails(with), "{what}");
                let meets = !fails(without) && (from, to) == ("0", "0");
                assert_eq!(with.contains("hooked"), meets, "{what}");
            }
        }
    }
}
