//! Clients that lose patience send a script again. With the id of a session it runs once.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::wheel::make_wheel;
use common::{eventually, untyped};
use redgrease_embedded::Server;
use std::thread;

/// Counts its runs, and waits for the key `go`.
const SCRIPT: &str = "
import time
def work(shard):
    execute('INCR', 'runs')
    while not execute('EXISTS', 'go'):
        time.sleep(0.005)
    return 'done'
GB('ShardsIDReader').map(work).run()
";

fn send(server: &Server, script: &str, words: &[&str]) -> String {
    let mut all = vec!["RG.PYEXECUTE", script];
    all.extend(words);
    untyped(server, &all)
}

fn blocked(server: &Server) -> usize {
    let info = untyped(server, &["INFO", "clients"]);
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("blocked_clients:"));
    line.unwrap().trim().parse().unwrap()
}

/// Sends the same script from three clients, lets it end when all of them wait, and returns their answers.
fn thrice(server: &Server, script: &str, words: &[&str]) -> Vec<String> {
    thread::scope(|scope| {
        let senders: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| send(server, script, words)))
            .collect();
        eventually("all of them wait", || blocked(server) == 3);
        untyped(server, &["SET", "go", "1"]);
        senders.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn runs(server: &Server) -> String {
    untyped(server, &["GET", "runs"])
}

#[test]
fn the_same_script_of_a_session_runs_once_and_all_senders_get_its_outcome() {
    let server = Server::start().unwrap();
    assert_eq!(thrice(&server, SCRIPT, &["ID", "once"]), ["done\n"; 3]);
    assert_eq!(runs(&server), "1");
    // The first run is over: the script runs again.
    assert_eq!(send(&server, SCRIPT, &["ID", "once"]), "done\n");
    assert_eq!(runs(&server), "2");
}

#[test]
fn all_senders_get_the_error_of_the_run() {
    let server = Server::start().unwrap();
    let failing = SCRIPT.replace("return 'done'", "raise ValueError('no luck')");
    for answer in thrice(&server, &failing, &["ID", "fails"]) {
        assert!(answer.contains("no luck"), "{answer}");
    }
    assert_eq!(runs(&server), "1");
}

#[test]
fn a_script_without_the_id_of_a_session_runs_for_each_sender() {
    let server = Server::start().unwrap();
    assert_eq!(thrice(&server, SCRIPT, &[]), ["done\n"; 3]);
    assert_eq!(runs(&server), "3");
}

#[test]
fn senders_that_do_not_wait_get_the_same_execution() {
    let server = Server::start().unwrap();
    let words = ["ID", "once", "UNBLOCKING"];
    let first = send(&server, SCRIPT, &words);
    assert_eq!(send(&server, SCRIPT, &words), first);
    eventually("it runs", || runs(&server) == "1");
    untyped(&server, &["SET", "go", "1"]);
    assert_eq!(
        untyped(&server, &["RG.GETRESULTSBLOCKING", &first]),
        "done\n"
    );
    assert_eq!(runs(&server), "1");
}

#[test]
fn what_differs_is_not_the_same_script() {
    let server = Server::start().unwrap();
    if lacks(&server, Capability::CommandsAsUser) {
        return;
    }
    untyped(
        &server,
        &["ACL", "SETUSER", "other", "on", "nopass", "~*", "+@all"],
    );
    let words = ["ID", "once", "UNBLOCKING"];
    send(&server, SCRIPT, &words);
    let exists = "once already exists";
    for (script, words) in [
        ("x = 1", &words[..]),
        (SCRIPT, &["ID", "once"][..]),
        (
            SCRIPT,
            &["ID", "once", "UNBLOCKING", "DESCRIPTION", "d"][..],
        ),
    ] {
        let refused = send(&server, script, words);
        assert!(refused.contains(exists), "{words:?}: {refused}");
    }
    let mut other = common::plain_connection(&server);
    redis::cmd("AUTH")
        .arg("other")
        .arg("")
        .exec(&mut other)
        .unwrap();
    let mut cmd = redis::cmd("RG.PYEXECUTE");
    cmd.arg(SCRIPT).arg(&words);
    let refused = cmd.exec(&mut other).unwrap_err().to_string();
    assert!(refused.contains(exists), "{refused}");
    untyped(&server, &["SET", "go", "1"]);
}

#[test]
fn a_script_that_registers_and_runs_answers_ok_again() {
    let server = Server::start().unwrap();
    let both = format!("GB('CommandReader').register(trigger='t')\n{SCRIPT}");
    for _ in 0..3 {
        assert_eq!(send(&server, &both, &["ID", "both"]), "OK");
    }
    eventually("it runs", || runs(&server) == "1");
    untyped(&server, &["SET", "go", "1"]);
    eventually("the run is over", || {
        send(&server, &both, &["ID", "both"]).contains("Session both already exists")
    });
    assert_eq!(runs(&server), "1");
}

#[test]
fn senders_during_an_installation_wait_for_it_together() {
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("packages");
    make_wheel(&packages, "portable", 10);
    let find = format!("--no-index --find-links={}", packages.display());
    let server = Server::builder()
        .python_dir(dir.path().join("python"))
        .module_arg("PipArguments", find)
        .start()
        .unwrap();
    let script = format!("import portable\n{SCRIPT}");
    let words = ["ID", "once", "REQUIREMENTS", "portable"];
    assert_eq!(thrice(&server, &script, &words), ["done\n"; 3]);
    assert_eq!(runs(&server), "1");
    let missing = ["ID", "never", "REQUIREMENTS", "missing"];
    for answer in thrice(&server, &script, &missing) {
        assert!(
            answer.contains("Could not satisfy requirements"),
            "{answer}"
        );
    }
}
