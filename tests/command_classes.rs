//! The classes of the commands: the documented list, and what a user without the right to `RG.PYEXECUTE` gets.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::{plain_connection, untyped};
use redgrease_embedded::Server;
use std::collections::{BTreeMap, BTreeSet};

const DOCUMENTATION: &str = include_str!("../book/src/engine.md");

/// The documented rules of a user who may call gears and may not bring in code, on servers with categories for commands of
/// modules and on those without.
const LIMITED: &str = "+@all -@admin -@dangerous";
const LIMITED_7_0: &str = "+@all -@admin -@dangerous -rg.pyexecute";
/// A part of everything that the user must not see.
const SECRET: &str = "hidden-from-others";

const SCRIPT: &str = "
def fails(x):
    raise ValueError('hidden-from-others')
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='run', mode='sync')
GB('CommandReader').map(lambda x: execute(*x[1:])).register(trigger='run later', mode='async_local')
GB('CommandReader').map(fails).register(trigger='fails', mode='sync')
GB('StreamReader').register('s:*')
";

/// The commands of the documented list, with their classes.
fn documented() -> BTreeMap<String, String> {
    let start = DOCUMENTATION
        .find("### Commands and their classes")
        .unwrap();
    let section = &DOCUMENTATION[start..];
    let rows = section[..section.find("\n## ").unwrap()]
        .lines()
        .filter_map(|line| line.strip_prefix("| `RG."));
    let mut classes = BTreeMap::new();
    for row in rows {
        let (name, rest) = row.split_once('`').unwrap();
        let class = rest.split('|').nth(1).unwrap().trim();
        let name = format!("rg.{}", name.to_ascii_lowercase());
        let before = classes.insert(name.clone(), class.to_owned());
        assert!(before.is_none(), "{name} is in the list twice");
    }
    classes
}

/// `None` on a server that cannot run a command as a user, and refuses scripts as soon as there are several users.
fn server() -> Option<Server> {
    let server = Server::start().unwrap();
    let keeps_rights = !lacks(&server, Capability::CommandsAsUser);
    keeps_rights.then_some(server)
}

fn send(server: &Server, words: &str) -> String {
    untyped(server, &words.split(' ').collect::<Vec<_>>())
}

/// A connection of the limited user.
fn limited(server: &Server) -> redis::Connection {
    let is_7_0 = send(server, "INFO server").contains("redis_version:7.0");
    let rules = if is_7_0 { LIMITED_7_0 } else { LIMITED };
    assert!(DOCUMENTATION.contains(&format!("| `{rules}` |")));
    let words = format!("ACL SETUSER lim on nopass ~app:* &* {rules}");
    assert_eq!(send(server, &words), "OK");
    let mut con = plain_connection(server);
    redis::cmd("AUTH")
        .arg("lim")
        .arg("")
        .exec(&mut con)
        .unwrap();
    con
}

fn ask(con: &mut redis::Connection, words: &[&str]) -> String {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    match cmd.query::<redis::Value>(con) {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.to_string(),
    }
}

fn is_denial(reply: &str) -> bool {
    // Lua on Redis 7.0 has words of its own.
    ["NOPERM", "no permissions", "can't run this command"]
        .iter()
        .any(|words| reply.contains(words))
}

/// All that the limited user might disturb.
struct World {
    server: Server,
    session: String,
    registration: String,
    execution: String,
}

impl World {
    fn new(server: Server) -> World {
        let words = ["RG.PYEXECUTE", SCRIPT, "ID", "app", "DESCRIPTION", "gears"];
        assert_eq!(untyped(&server, &words), "OK");
        send(&server, "SET secret hidden-from-others");
        send(&server, "RG.CONFIGSET token hidden-from-others");
        untyped(&server, &["RG.TRIGGER", "fails"]);
        let run = "GB('ShardsIDReader').map(lambda r: 'hidden-from-others').run()";
        let execution = untyped(&server, &["RG.PYEXECUTE", run, "UNBLOCKING"]);
        untyped(&server, &["RG.GETRESULTSBLOCKING", &execution]);
        let rows = send(&server, "RG.DUMPREGISTRATIONS");
        let registration = rows.lines().nth(1).unwrap().to_owned();
        World {
            session: "app".to_owned(),
            registration,
            execution,
            server,
        }
    }

    /// The ways in which the test sends a command.
    fn calls(&self, command: &str) -> Vec<Vec<&str>> {
        let (id, registration) = (self.execution.as_str(), self.registration.as_str());
        let session = self.session.as_str();
        match command {
            "rg.getresults" | "rg.getresultsblocking" | "rg.dropexecution" => vec![vec![id]],
            "rg.getexecution" => vec![vec![id], vec![id, "SHARD"]],
            "rg.abortexecution" => vec![vec![id], vec![session]],
            "rg.unregister" => vec![vec![registration], vec![registration, "ABORTPENDING"]],
            "rg.innerunregister" => vec![vec![registration]],
            "rg.pauseregistrations" | "rg.unpauseregistrations" => {
                vec![vec![registration], vec!["CLUSTER", registration]]
            }
            "rg.clearregistrationsstats" => vec![vec![], vec!["CLUSTER"]],
            "rg.innerregister" | "rg.inneraddregistration" | "rg.innermsgcommand" => {
                vec![vec!["x"]]
            }
            "rg.innertimeevent" => vec![vec!["app:te", "x"]],
            "rg.pyexecute" => vec![vec!["execute('DEL', 'secret')"]],
            "rg.configget" => vec![
                vec!["token"],
                vec!["MaxExecutions", "token"],
                vec!["PipArguments"],
            ],
            "rg.configset" => vec![vec!["token", "x"], vec!["MaxExecutions", "1"]],
            "rg.pydumpsessions" => vec![
                vec![],
                vec!["VERBOSE"],
                vec!["DEAD"],
                vec!["SESSIONS", session],
            ],
            "rg.pyprofile" => vec![vec!["STATS", session], vec!["RESET", session]],
            "rg.pyexportreq" | "rg.pyimportreq" => vec![vec!["x"]],
            "rg.trigger" => vec![
                vec!["nosuch"],
                vec!["run", "GET", "secret"],
                vec!["run later", "DEL", "secret"],
            ],
            "rg.triggeronkey" => vec![vec!["run", "secret"], vec!["nosuch", "app:1"]],
            "rg.innerhook"
            | "rg.innerhookread"
            | "rg.innerhookkeyless"
            | "rg.innerhookwrite"
            | "rg.innerhookgrow" => {
                vec![
                    vec!["GET", "secret"],
                    vec!["DEL", "secret"],
                    vec!["SET", "secret", "1"],
                ]
            }
            "rg.clusterset" | "rg.clustersetfromshard" => {
                vec!["x x x x x x x x x x".split(' ').collect()]
            }
            "rg.pyimportretinternal"
            | "rg.refreshcluster"
            | "rg.dumpregistrations"
            | "rg.dumpexecutions"
            | "rg.pydumpreqs"
            | "rg.pystats"
            | "rg.infocluster"
            | "rg.dumpplugins"
            | "rg.hello"
            | "rg.networktest"
            | "rg.pyfreeinterpreter"
            | "rg.pyexecuteremote" => vec![vec![]],
            other => panic!("say with which words {other} is called"),
        }
    }

    /// The state that only administrators change.
    fn state(&self) -> Vec<String> {
        let server = &self.server;
        let mut state: Vec<String> = [
            "RG.PYDUMPSESSIONS",
            "RG.CONFIGGET token MaxExecutions",
            "GET secret",
            "DBSIZE",
        ]
        .map(|words| send(server, words))
        .into();
        state.push(send(server, &format!("RG.GETRESULTS {}", self.execution)));
        let rows = send(server, "RG.DUMPREGISTRATIONS");
        let lines: Vec<&str> = rows.lines().collect();
        for name in ["id", "status", "trigger"] {
            let values = lines.windows(2).filter(|pair| pair[0] == name);
            let values: Vec<&str> = values.map(|pair| pair[1]).collect();
            state.push(format!("{name} {values:?}"));
        }
        // The gears through which the test sends commands have errors, too.
        let has_error = rows.contains("ValueError: hidden-from-others");
        state.push(format!("the error of the gear that fails: {has_error}"));
        state
    }
}

/// The ways in which a user can send a command.
const WAYS: [&str; 5] = [
    "directly",
    "in MULTI",
    "in EVAL",
    "in a sync gear",
    "in an async gear",
];

fn sent(con: &mut redis::Connection, way: &str, words: &[&str]) -> String {
    match way {
        "directly" => ask(con, words),
        "in MULTI" => {
            ask(con, &["MULTI"]);
            let queued = ask(con, words);
            let ended = ask(con, &["EXEC"]);
            format!("{queued} {ended}")
        }
        "in EVAL" => {
            let script = "return redis.call(unpack(ARGV))";
            ask(con, &[&["EVAL", script, "0"], words].concat())
        }
        "in a sync gear" => ask(con, &[&["RG.TRIGGER", "run"], words].concat()),
        _ => ask(con, &[&["RG.TRIGGER", "run later"], words].concat()),
    }
}

#[test]
fn every_command_is_in_the_documented_list() {
    let server = Server::start().unwrap();
    let documented = documented();
    let names: BTreeSet<String> = untyped(&server, &["COMMAND"])
        .lines()
        .filter(|line| line.starts_with("rg."))
        .map(str::to_owned)
        .collect();
    let listed: BTreeSet<String> = documented.keys().cloned().collect();
    assert_eq!(names, listed);
    for (name, class) in documented {
        let info = untyped(&server, &["COMMAND", "INFO", &name]);
        let is_admin = info.contains("admin");
        assert_eq!(
            is_admin,
            class == "admin" || class == "internal",
            "{name}: {info}"
        );
    }
}

#[test]
fn a_limited_user_gets_what_the_list_says() {
    let Some(server) = server() else { return };
    let world = World::new(server);
    let mut lim = limited(&world.server);
    let before = world.state();
    for (command, class) in documented() {
        for words in world.calls(&command) {
            let words = [&[command.as_str()], words.as_slice()].concat();
            for way in WAYS {
                let reply = sent(&mut lim, way, &words);
                let case = format!("{words:?} {way}: {reply}");
                assert!(!reply.contains(SECRET), "{case}");
                if class == "admin" || class == "internal" {
                    assert!(is_denial(&reply), "{case}");
                }
                assert_eq!(world.state(), before, "{case}");
            }
        }
    }
}

#[test]
fn a_denial_has_the_words_of_the_server_and_is_logged() {
    let Some(server) = server() else { return };
    let world = World::new(server);
    let mut lim = limited(&world.server);
    for way in WAYS {
        send(&world.server, "ACL LOG RESET");
        // `acl` is a rule of the server, `rg.unregister` on older servers one of the engine.
        let words = ["rg.unregister", world.registration.as_str()];
        let reply = sent(&mut lim, way, &words);
        assert!(
            reply.contains("no permissions to run the 'rg.unregister' command"),
            "{way}: {reply}"
        );
        let log = send(&world.server, "ACL LOG");
        let names = |value: &str| log.lines().any(|line| line == value);
        assert!(
            names("lim") && names("rg.unregister") && names("command"),
            "{way}: {log}"
        );
    }
}

#[test]
fn the_default_user_may_be_limited_too() {
    let Some(server) = server() else { return };
    let mut con = plain_connection(&server);
    for (words, answer) in [
        ("RG.CONFIGSET MaxExecutions 7", "OK"),
        ("ACL SETUSER root on nopass +@all ~* &*", "OK"),
        (
            "ACL SETUSER default -@admin -@dangerous -rg.pyexecute",
            "OK",
        ),
    ] {
        assert_eq!(send(&server, words), answer);
    }
    let reply = ask(&mut con, &["RG.CONFIGSET", "MaxExecutions", "1"]);
    assert!(is_denial(&reply), "{reply}");
}

#[test]
fn internal_commands_are_for_masters_and_files() {
    let Some(server) = server() else { return };
    let world = World::new(server);
    let before = world.state();
    let mut con = plain_connection(&world.server);
    for (command, class) in documented() {
        if class != "internal" {
            continue;
        }
        for words in world.calls(&command) {
            let words = [&[command.as_str()], words.as_slice()].concat();
            for way in WAYS {
                let reply = sent(&mut con, way, &words);
                let says = format!(
                    "{} is for masters and AOF files only: ",
                    command.to_uppercase()
                );
                assert!(reply.contains(&says), "{words:?} {way}: {reply}");
                assert_eq!(world.state(), before, "{words:?} {way}");
            }
        }
    }
}
