//! A program whose user may call gears and may not register them, with the documented rules.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::{calls_of, unregister_all, untyped};
use redgrease::prelude::*;
use redgrease::{Con, Gear, Options, Policy};
use redgrease_embedded::Server;

#[gear_command]
fn doubled(number: i64) -> i64 {
    python! {
        return number * 2
    }
}

#[gear_command]
fn not_deployed() -> i64 {
    python! {
        return 1
    }
}

#[gear_command]
fn shown(key: &str) -> Option<String> {
    python! {
        return execute("GET", key)
    }
}

const GEARS: [&Gear; 2] = [doubled::GEAR, shown::GEAR];

const PAGE: &str = include_str!("../book/src/deploying.md");

/// The users who call gears: their names, and their rules in the documentation.
fn users() -> [(&'static str, Vec<&'static str>); 2] {
    ["app", "service"].map(|name| {
        let begin = format!("ACL SETUSER {name} ");
        let rules = PAGE.lines().find(|line| line.starts_with(&begin));
        (name, rules.unwrap().split(' ').collect())
    })
}

/// A server on which a deployment program has registered the gears, and the addresses with the names of the users.
/// `None` on a server that cannot run a command as a user.
fn deployed() -> Option<(Server, Con, [String; 2])> {
    let server = Server::start().unwrap();
    if lacks(&server, Capability::CommandsAsUser) {
        return None;
    }
    let (con, _) = redgrease::start_with(server.url(), &Options::new().gears(&GEARS)).unwrap();
    let urls = users().map(|(name, rules)| {
        assert_eq!(untyped(&server, &rules), "OK");
        format!("{}?user={name}&pass=password", server.url())
    });
    Some((server, con, urls))
}

#[test]
fn the_program_starts_and_calls_gears_with_every_policy() {
    let Some((server, _deployer, urls)) = deployed() else {
        return;
    };
    let registered = calls_of(&server, "rg.pyexecute");
    for url in &urls {
        for policy in [
            Policy::Never,
            Policy::Error,
            Policy::IfNewer,
            Policy::IfChanged,
        ] {
            let options = Options::new().gears(&GEARS).policy(policy);
            let (mut con, _) = redgrease::start_with(url.as_str(), &options).unwrap();
            assert_eq!(doubled(&mut con, 21).unwrap(), 42, "{policy:?}");
        }
    }
    assert_eq!(calls_of(&server, "rg.pyexecute"), registered);
}

#[test]
fn the_program_is_told_what_it_may_not_do() {
    let Some((_server, mut deployer, urls)) = deployed() else {
        return;
    };
    // Another gear would have to be registered.
    let both: &[&'static Gear] = &[doubled::GEAR, not_deployed::GEAR];
    for url in &urls {
        let error = redgrease::start_with(url.as_str(), &Options::new().gears(both)).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains("rg.pyexecute"), "{text}");
    }
    let options = Options::new().gears(&GEARS).policy(Policy::Never);
    let open = |url: &String| redgrease::start_with(url.as_str(), &options).unwrap().0;
    let mut connections: Vec<Con> = urls.iter().map(open).collect();
    unregister_all(&mut deployer);
    for con in &mut connections {
        let error = doubled(con, 21).unwrap_err().to_string();
        assert!(
            error.contains("the policy `Never` is to register nothing"),
            "{error}"
        );
    }
}

/// What a user of this server is answered.
fn ask(url: &str, words: &[&str]) -> String {
    let client = redis::Client::open(url).unwrap();
    let mut con = client.get_connection().unwrap();
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    match cmd.query::<redis::Value>(&mut con) {
        Ok(value) => format!("{value:?}"),
        Err(error) => {
            let text = error.to_string();
            let words = ["permission", "ACL failure", "can't run this command"];
            let refused = words.iter().any(|words| text.contains(words));
            format!("{}: {text}", if refused { "NOPERM" } else { "error" })
        }
    }
}

/// The class of a command stands in the table of book/src/engine.md.
#[test]
fn the_documented_users_bring_in_no_code() {
    let Some((_server, _deployer, urls)) = deployed() else {
        return;
    };
    let admin: Vec<&str> = include_str!("../book/src/engine.md")
        .lines()
        .filter(|row| row.contains("` | admin |"))
        .map(|row| row.split('`').nth(1).unwrap())
        .collect();
    assert!(admin.contains(&"RG.PYIMPORTREQ"), "{admin:?}");
    for url in &urls {
        for command in &admin {
            // A server may count the words of a command before it looks at the rights.
            let answers = [&[*command][..], &[command, "x"]].map(|words| ask(url, words));
            let refused = |answer: &&String| answer.starts_with("NOPERM");
            let miscounted = |answer: &String| answer.contains("wrong number");
            assert!(
                answers.iter().any(|one| refused(&one)),
                "{command}: {answers:?}"
            );
            assert!(
                answers.iter().all(|one| refused(&one) || miscounted(one)),
                "{url} {command}: {answers:?}"
            );
        }
        for words in [
            &["CONFIG", "GET", "*"][..],
            &["FLUSHALL"],
            &["INFO"],
            &["MODULE", "LIST"],
            &["ACL", "LIST"],
            &["SET", "other", "1"],
        ] {
            let answer = ask(url, words);
            assert!(answer.starts_with("NOPERM"), "{url} {words:?}: {answer}");
        }
    }
}

#[test]
fn a_gear_has_the_keys_of_the_documented_user() {
    let Some((server, _deployer, urls)) = deployed() else {
        return;
    };
    untyped(&server, &["SET", "app:x", "1"]);
    untyped(&server, &["SET", "other", "2"]);
    for url in &urls {
        let options = Options::new().gears(&GEARS).policy(Policy::Never);
        let (mut con, _) = redgrease::start_with(url.as_str(), &options).unwrap();
        assert_eq!(shown(&mut con, "app:x").unwrap().as_deref(), Some("1"));
        let error = shown(&mut con, "other").unwrap_err().to_string();
        assert!(error.contains("NOPERM"), "{error}");
    }
}

/// The user of `redis_exporter`, of the health check and of a readiness probe.
#[test]
fn the_documented_monitor_reads_figures_and_changes_nothing() {
    let Some((server, _deployer, _)) = deployed() else {
        return;
    };
    let mut lines = PAGE.lines();
    let rules = lines.find(|line| line.starts_with("ACL SETUSER monitor "));
    let words: Vec<&str> = rules.unwrap().split(' ').collect();
    assert_eq!(untyped(&server, &words), "OK");
    let url = format!("{}?user=monitor&pass=password", server.url());
    let script = include_str!("../packaging/monitoring/redgrease.lua");
    for words in [
        &["PING"][..],
        &["INFO", "ALL"],
        &["INFO", "rg_engine"],
        &["CONFIG", "GET", "maxmemory"],
        &["LATENCY", "LATEST"],
        &["SLOWLOG", "LEN"],
        &["CLIENT", "SETNAME", "exporter"],
        &["CLIENT", "LIST"],
        &["EVAL", script, "0"],
        &["RG.TRIGGER", "doubled", "2"],
    ] {
        let answer = ask(&url, words);
        assert!(!answer.starts_with("NOPERM"), "{words:?}: {answer}");
    }
    for words in [
        &["RG.PYEXECUTE", "1"][..],
        &["RG.UNREGISTER", "x"],
        &["RG.CONFIGSET", "x", "y"],
        &["CONFIG", "SET", "maxmemory", "0"],
        &["SET", "app:x", "1"],
        &["GET", "app:x"],
        &["EVAL", "return redis.call('GET', 'app:x')", "0"],
        &["CLIENT", "KILL", "127.0.0.1:1"],
        &["SCRIPT", "FLUSH"],
        &["LATENCY", "RESET"],
        &["SLOWLOG", "RESET"],
        &["SHUTDOWN"],
    ] {
        let answer = ask(&url, words);
        assert!(answer.starts_with("NOPERM"), "{words:?}: {answer}");
    }
}

/// Chains, scripts and registrations are code: the error of a user who may not send code says who may, and how else to go on.
#[test]
fn code_of_a_user_who_may_only_call_is_refused_with_the_remedy() {
    let Some((server, _deployer, urls)) = deployed() else {
        return;
    };
    for url in &urls {
        let mut con = redgrease::connect(url.as_str()).unwrap();
        let chain = KeysReader::new("*").count().run();
        let errors = [
            chain.on(&mut con).unwrap_err(),
            chain.start(&mut con).unwrap_err(),
            con.pyexecute::<redis::Value>("GB().run()").unwrap_err(),
            KeysReader::new("*")
                .register("app:*")
                .on(&mut con)
                .unwrap_err(),
            redgrease::register_all_with(&mut con, &Options::new().gears(&[not_deployed::GEAR]))
                .unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(error.is_no_permission(), "{url}: {text}");
            assert!(text.contains("`+rg.pyexecute`"), "{url}: {text}");
            assert!(text.ends_with("(`Policy::Never`)"), "{url}: {text}");
        }
    }
    assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
}
