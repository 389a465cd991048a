//! Executions that have not begun: a pause, a failure with the policy `abort`, an unregistration and an upgrade take them back.
//! They count as aborted, and their messages stay.

use crate::common::{empty, eventually, plain_connection, untyped};
use crate::{field, id, list};
use redgrease_embedded::Server;
use std::thread;

/// One execution at a time. The first one waits while the key `gate` exists, and fails if the key `bad` exists.
const SCRIPT: &str = "
import time
def handle(r):
    execute('RPUSH', 'begun', r['key'])
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
    if execute('EXISTS', 'bad'):
        raise ValueError('bad')
    execute('RPUSH', 'handled', r['key'])
GB('StreamReader').foreach(handle).register('s:*', onFailedPolicy='abort')
";

/// Nine streams with a message each: one is being handled, eight wait.
fn nine_streams() -> Server {
    let (server, _con) = empty();
    let words = ["RG.PYEXECUTE", SCRIPT, "ID", "app"];
    assert_eq!(untyped(&server, &words), "OK");
    untyped(&server, &["SET", "gate", "closed"]);
    for n in 0..9 {
        untyped(&server, &["XADD", &format!("s:{n}"), "*", "n", "1"]);
    }
    eventually("one begins", || list(&server, "begun") == ["s:0"]);
    assert_eq!(count(&server, "created"), 8);
    server
}

fn count(server: &Server, status: &str) -> usize {
    let all = untyped(server, &["RG.DUMPEXECUTIONS"]);
    all.lines().filter(|line| *line == status).count()
}

fn handled(server: &Server) -> Vec<String> {
    let mut all = list(server, "handled");
    all.sort();
    all
}

fn all_nine() -> Vec<String> {
    (0..9).map(|n| format!("s:{n}")).collect()
}

#[test]
fn a_pause_takes_eight_of_nine_back() {
    let server = nine_streams();
    let id = id(&server);
    assert_eq!(untyped(&server, &["RG.PAUSEREGISTRATIONS", &id]), "OK");
    assert_eq!(field(&server, "numAborted"), "8");
    assert_eq!(count(&server, "aborted"), 8);
    untyped(&server, &["DEL", "gate"]);
    eventually("the first one ends", || field(&server, "numSuccess") == "1");
    assert_eq!(list(&server, "begun"), ["s:0"]);
    assert_eq!(untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &id]), "OK");
    eventually("all are handled", || handled(&server) == all_nine());
    assert_eq!(field(&server, "numAborted"), "8");
    eventually("all are counted", || field(&server, "numSuccess") == "9");
    assert_eq!(field(&server, "numTriggered"), "17");
}

#[test]
fn a_failure_with_abort_takes_eight_of_nine_back() {
    let server = nine_streams();
    untyped(&server, &["SET", "bad", "1"]);
    untyped(&server, &["DEL", "gate"]);
    eventually("it stops", || field(&server, "status") == "ABORTED");
    eventually("eight are aborted", || field(&server, "numAborted") == "8");
    assert_eq!(field(&server, "numFailures"), "1");
    assert_eq!(list(&server, "begun"), ["s:0"]);
    untyped(&server, &["DEL", "bad"]);
    let id = id(&server);
    assert_eq!(untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &id]), "OK");
    eventually("all are handled", || handled(&server) == all_nine());
    eventually("all are counted", || field(&server, "numSuccess") == "9");
    assert_eq!(field(&server, "numTriggered"), "18");
}

#[test]
fn messages_of_batches_that_were_taken_back_go_to_the_next_registration() {
    let unregister = |more: &[&str]| {
        let more: Vec<String> = more.iter().map(|&one| one.to_owned()).collect();
        move |server: &Server| {
            let id = id(server);
            let mut words = vec!["RG.UNREGISTER", &id];
            words.extend(more.iter().map(String::as_str));
            assert_eq!(untyped(server, &words), "OK");
            eventually("the others are off the list", || {
                count(server, "created") == 0
            });
            assert_eq!(untyped(server, &["RG.PYEXECUTE", SCRIPT]), "OK");
        }
    };
    let upgrade = |server: &Server| {
        let words = ["RG.PYEXECUTE", SCRIPT, "ID", "app", "UPGRADE"];
        assert_eq!(untyped(server, &words), "OK");
    };
    let ways: [&dyn Fn(&Server); 3] = [&unregister(&[]), &unregister(&["abortpending"]), &upgrade];
    for way in ways {
        let server = nine_streams();
        way(&server);
        eventually("the old one and one of the new ones run", || {
            count(&server, "running") == 2
        });
        untyped(&server, &["DEL", "gate"]);
        eventually("all are handled", || handled(&server) == all_nine());
    }
}

/// A call in the background.
fn trigger(server: &Server, words: &[&str]) -> thread::JoinHandle<String> {
    let mut con = plain_connection(server);
    let words: Vec<String> = words.iter().map(|&one| one.to_owned()).collect();
    thread::spawn(move || {
        let mut command = redis::cmd("RG.TRIGGER");
        command.arg(&words);
        match command.query::<Vec<String>>(&mut con) {
            Ok(records) => records.join(" "),
            Err(refused) => format!("refused: {refused}"),
        }
    })
}

#[test]
fn an_execution_that_runs_answers_after_abortpending() {
    for mode in ["async", "async_local"] {
        let (server, _con) = empty();
        let script = format!(
            "
import time
def handle(x):
    execute('RPUSH', 'begun', x[1])
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
    return x[1]
GB('CommandReader').map(handle).register(trigger='t', mode='{mode}', inorder=True)"
        );
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        untyped(&server, &["SET", "gate", "closed"]);
        let runs = trigger(&server, &["t", "first"]);
        eventually("the first one runs", || list(&server, "begun") == ["first"]);
        let waits = trigger(&server, &["t", "second"]);
        eventually("the second one waits", || count(&server, "created") == 1);
        let id = id(&server);
        let words = ["RG.UNREGISTER", &id, "abortpending"];
        assert_eq!(untyped(&server, &words), "OK");
        let refused = waits.join().unwrap();
        assert!(refused.contains("aborted"), "{refused}");
        untyped(&server, &["DEL", "gate"]);
        assert_eq!(runs.join().unwrap(), "first");
        assert_eq!(list(&server, "begun"), ["first"]);
    }
}

/// Without `ABORTPENDING`, key events and calls that wait are handled after the registration is gone.
#[test]
fn without_abortpending_key_events_and_calls_are_handled() {
    let script = "
import time
def handle(r):
    execute('RPUSH', 'begun', r['key'])
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
    execute('RPUSH', 'handled', r['key'])
GB('KeysReader').foreach(handle).register('k:*', eventTypes=['set'], mode='async_local')
";
    for (word, expected) in [("later", vec!["k:1", "k:2"]), ("abortpending", vec!["k:1"])] {
        let (server, _con) = empty();
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
        untyped(&server, &["SET", "gate", "closed"]);
        untyped(&server, &["SET", "k:1", "1"]);
        eventually("the first one runs", || list(&server, "begun") == ["k:1"]);
        untyped(&server, &["SET", "k:2", "2"]);
        let id = id(&server);
        assert_eq!(untyped(&server, &["RG.UNREGISTER", &id, word]), "OK");
        untyped(&server, &["DEL", "gate"]);
        eventually("no execution is left", || {
            untyped(&server, &["RG.DUMPEXECUTIONS"]).is_empty()
        });
        assert_eq!(list(&server, "handled"), expected, "{word}");
    }
}
