//! With and without hooks, a user gets the same answers, and the same entries of `ACL LOG`.

use crate::wire::Wire;
use crate::{HOOKS, WATCHED, knows_clients, server, set_user};
use redgrease_embedded::Server;

/// The users: all commands but some, and some commands only.
const USERS: [(&str, &str); 6] = [
    ("lim", "+@all -@admin -@dangerous -incr ~app:* &chan:*"),
    ("few", "+get +set +multi +exec +eval +rg.trigger ~app:*"),
    (
        "reads",
        "+@all -@admin %R~app:* %W~own:* %RW~both:* allchannels",
    ),
    (
        "selects",
        "+get +multi +exec +eval ~app:* (+set ~own:*) (+publish &chan:*) (+object|encoding ~*)",
    ),
    ("parts", "+@all -@dangerous -object|refcount +config|get ~*"),
    ("nothing", "+multi +exec +eval"),
];

const COMMANDS: [&str; 29] = [
    "SET app:1 1",
    "SET own:1 1",
    "SET secret 1",
    "SET both:1 1 GET",
    "SET own:1 1 GET",
    "GET app:1",
    "GET own:1",
    "GET secret",
    "INCR app:n",
    "INCR own:n",
    "MSET app:1 a app:2 b",
    "MSET app:1 a secret b",
    "MSET own:1 a own:2 b",
    "GETDEL app:d",
    "GETDEL both:d",
    "COPY app:1 own:2",
    "COPY own:1 app:2",
    "COPY app:1 secret",
    "PUBLISH chan:1 x",
    "PUBLISH other x",
    "SORT app:list",
    "SORT app:list STORE own:list",
    "SORT secret STORE app:list",
    "OBJECT ENCODING app:1",
    "OBJECT REFCOUNT app:1",
    "CONFIG GET maxmemory",
    "CONFIG SET maxmemory 0",
    "XREADGROUP GROUP g c STREAMS app:s >",
    "XREADGROUP GROUP g c STREAMS app:s secret:s > >",
];

/// The fields of `ACL LOG` that tell what was refused, and to whom.
fn logged(admin: &mut Wire) -> Vec<String> {
    let log = admin.say("ACL LOG");
    admin.say("ACL LOG RESET");
    let entries = log.split("[count, ").skip(1);
    let shown = entries.map(|entry| {
        let parts: Vec<&str> = entry.split(", ").collect();
        let of = |name: &str| {
            let at = parts.iter().position(|part| *part == name);
            at.and_then(|at| parts.get(at + 1))
                .unwrap_or(&"")
                .to_string()
        };
        format!("{} {} {}", of("reason"), of("object"), of("username"))
    });
    shown.collect()
}

fn fill(admin: &mut Wire) {
    for words in [
        "FLUSHALL",
        "SET app:1 v",
        "SET own:1 v",
        "SET both:1 v",
        "SET secret v",
        "SET app:d v",
        "SET both:d v",
        "RPUSH app:list 2 1",
        "XADD app:s 1-1 f v",
        "XGROUP CREATE app:s g 0",
        "XADD secret:s 1-1 f v",
        "XGROUP CREATE secret:s g 0",
        "ACL LOG RESET",
    ] {
        admin.say(words);
    }
}

/// How a user sends a command.
type Way = fn(&mut Wire, &str) -> String;

/// The answers and the log for every user and command, sent in this way.
fn answers(server: &Server, way: Way, exact: bool) -> Vec<String> {
    let mut admin = Wire::new(server);
    let library = "#!lua name=l\nredis.register_function('pass', function(keys, args) return redis.pcall(unpack(args)) end)";
    admin.ask(&["FUNCTION", "LOAD", "REPLACE", library]);
    let mut answers = Vec::new();
    for (user, rules) in USERS {
        set_user(server, user, &format!("{rules} +multi +exec +eval +fcall"));
        for command in COMMANDS {
            fill(&mut admin);
            let mut wire = Wire::of(server, user);
            let mut answer = way(&mut wire, command);
            let mut log = logged(&mut admin);
            if !exact {
                answer = without_reason(&answer);
                for entry in &mut log {
                    *entry = user_of(entry);
                }
            }
            let data = admin.say("MGET app:1 app:2 app:n own:1 own:2 secret both:1");
            answers.push(format!("{user}: {command}: {answer} {log:?} {data}"));
        }
    }
    answers
}

/// A refusal without the reason.
fn without_reason(answer: &str) -> String {
    let refused = answer.starts_with("-NOPERM");
    if refused { "-NOPERM" } else { answer }.to_owned()
}

fn user_of(entry: &str) -> String {
    entry.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// Compares servers with hooks to one without. Unless `exact`, one reason for a refusal is as good as another.
fn compare(modes: &[&str], way: Way, exact: bool) {
    let Some(plain) = server("", false) else {
        return;
    };
    let without = answers(&plain, way, exact);
    let scripts = modes
        .iter()
        .flat_map(|mode| [HOOKS, WATCHED].map(|script| script.replace("MODE", mode)));
    for script in scripts {
        for as_owner in [false, true] {
            let hooked = server(&script, as_owner).unwrap();
            for (with, without) in answers(&hooked, way, exact).iter().zip(&without) {
                assert_eq!(with, without, "as owner: {as_owner}, {script}");
            }
        }
    }
}

/// The server checks keys first where it does not tell whose command it is.
fn is_exact() -> bool {
    server("", false).is_some_and(|server| knows_clients(&server))
}

#[test]
fn a_client_sees_no_difference() {
    let way: Way = |wire, command| wire.say(command);
    compare(&["sync", "async_local"], way, is_exact());
}

#[test]
fn a_transaction_sees_no_difference() {
    let way: Way = |wire, command| {
        let words = ["MULTI", command, "GET app:1", "EXEC"];
        words.map(|words| wire.say(words)).join(" ")
    };
    // Redis 7.0 refuses some commands only in EXEC.
    if is_exact() {
        compare(&["sync"], way, true);
    }
}

/// Asks a script, which gets the words of the command as arguments.
fn through(wire: &mut Wire, script: &[&str], command: &str) -> String {
    let mut words = script.to_vec();
    words.extend(command.split(' '));
    wire.ask(&words)
}

#[test]
fn a_script_sees_no_difference() {
    let caught: Way = |wire, command| {
        let script = "return redis.pcall(unpack(ARGV))";
        through(wire, &["EVAL", script, "0"], command)
    };
    compare(&["sync"], caught, true);
    let raised: Way = |wire, command| {
        let script = "local r = redis.call(unpack(ARGV)) return r";
        through(wire, &["EVAL", script, "0"], command)
    };
    compare(&["sync"], raised, true);
}

#[test]
fn a_function_sees_no_difference() {
    let way: Way = |wire, command| through(wire, &["FCALL", "pass", "0"], command);
    compare(&["sync"], way, true);
}
