//! A user who deploys gears, with the documented rules: it can do that, and nothing else. The pages have the same rules.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::untyped;
use redgrease::prelude::*;
use redgrease::{Gear, Options};
use redgrease_embedded::Server;

const DOCUMENTATION: &str = include_str!("../book/src/engine.md");
const DEPLOYING: &str = include_str!("../book/src/deploying.md");

#[gear_command]
fn tripled(number: i64) -> i64 {
    python! {
        return number * 3
    }
}

const GEARS: [&Gear; 1] = [tripled::GEAR];

const SCRIPT: &str = "
GB('CommandReader').register(trigger='deployed')
GB('KeysReader').register('app:*')
GB('StreamReader').register('app:stream')
GB('CommandReader').register(hook='touch')
";

/// A server with the user `deploy`, and the address of that user. `None` on a server that cannot run a command as a user.
fn server() -> Option<(Server, String)> {
    let server = Server::start().unwrap();
    if lacks(&server, Capability::CommandsAsUser) {
        return None;
    }
    let [rules, same] = [DOCUMENTATION, DEPLOYING].map(|page| {
        let mut lines = page.lines();
        lines
            .find(|line| line.starts_with("ACL SETUSER deploy "))
            .unwrap()
    });
    assert_eq!(rules, same);
    let words: Vec<&str> = rules.split(' ').collect();
    assert_eq!(untyped(&server, &words), "OK");
    let url = format!("{}?user=deploy&pass=password", server.url());
    Some((server, url))
}

#[test]
fn the_documented_user_deploys_and_does_nothing_else() {
    let Some((server, url)) = server() else {
        return;
    };
    let client = redis::Client::open(url.as_str()).unwrap();
    let mut con = client.get_connection().unwrap();
    let mut ask = |words: &[&str]| {
        let mut cmd = redis::cmd(words[0]);
        cmd.arg(&words[1..]);
        match cmd.query::<redis::Value>(&mut con) {
            Ok(value) => format!("{value:?}"),
            Err(error) => format!("refused: {error}"),
        }
    };
    assert_eq!(ask(&["RG.PYEXECUTE", SCRIPT]), "ok");
    let ids = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let id = ids
        .lines()
        .skip_while(|line| *line != "id")
        .nth(1)
        .unwrap()
        .to_owned();
    for words in [
        vec!["RG.DUMPREGISTRATIONS"],
        vec!["RG.PYDUMPSESSIONS"],
        vec!["RG.PAUSEREGISTRATIONS", &id],
        vec!["RG.UNPAUSEREGISTRATIONS", &id],
        vec!["RG.UNREGISTER", &id],
    ] {
        let answer = ask(&words);
        assert!(!answer.contains("refused"), "{words:?}: {answer}");
    }
    for words in [
        &["GET", "app:x"][..],
        &["SET", "app:x", "1"],
        &["FLUSHALL"],
        &["CONFIG", "GET", "*"],
        &["ACL", "LIST"],
        &["INFO"],
        &["MODULE", "LIST"],
        &["EVAL", "return 1", "0"],
        &["RG.TRIGGER", "deployed"],
        &["RG.CONFIGSET", "MaxExecutions", "1"],
        &["RG.PYIMPORTREQ", "x"],
        &["RG.PYEXPORTREQ", "x"],
        &["RG.CLEARREGISTRATIONSSTATS"],
        &["RG.REFRESHCLUSTER"],
        &["RG.INNERREGISTER", "x"],
    ] {
        let answer = ask(words);
        assert!(answer.contains("refused"), "{words:?}: {answer}");
    }
    let answer = ask(&["RG.PYEXECUTE", "execute('GET', 'app:x')"]);
    assert!(answer.contains("NOPERM"), "{answer}");
}

#[test]
fn a_program_deploys_as_the_documented_user() {
    let Some((server, url)) = server() else {
        return;
    };
    let options = Options::new().gears(&GEARS);
    redgrease::start_with(url.as_str(), &options).unwrap();
    // A second start compares what is registered.
    redgrease::start_with(url.as_str(), &options).unwrap();
    let mut con = redgrease::connect(server.url()).unwrap();
    assert_eq!(tripled(&mut con, 4).unwrap(), 12);
}

/// Server rules by category: both take the commands of the class `admin` away.
#[test]
fn admin_commands_are_in_both_categories() {
    let Some((server, _)) = server() else { return };
    for category in ["admin", "dangerous"] {
        let listed = untyped(&server, &["ACL", "CAT", category]);
        // Redis 7.0 has no categories for commands of modules.
        if listed.contains("rg.") {
            for row in DOCUMENTATION
                .lines()
                .filter(|row| row.contains("` | admin |"))
            {
                let name = row.split('`').nth(1).unwrap().to_ascii_lowercase();
                assert!(listed.lines().any(|one| one == name), "{category}: {name}");
            }
        }
    }
}
