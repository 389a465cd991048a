//! The engine takes the server's lock before the interpreter, in everything that a gear can call.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, plain_connection, untyped};
use redgrease_embedded::Server;
use std::time::Duration;

/// A server with the gear `work`, which runs `body` many times on a worker thread, and the sync gear `ping`.
fn with_work(body: &str) -> Server {
    let (server, _con) = empty();
    let script = format!(
        "
def work(r):
    for _ in range(3000):
        try:
            {body}
        except Exception:
            pass
    return 'done'
GB('CommandReader').map(work).register(trigger='work', mode='async_local')
GB('CommandReader').map(lambda r: 'pong').register(trigger='ping', mode='sync')
"
    );
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    server
}

/// Calls `ping` until `work` has ended. A server that dead-locks answers neither.
#[track_caller]
fn answers_meanwhile(server: &Server) {
    let mut con = plain_connection(server);
    con.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut other = plain_connection(server);
    other
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let work = std::thread::spawn(move || {
        redis::cmd("RG.TRIGGER")
            .arg("work")
            .query::<Vec<String>>(&mut con)
    });
    while !work.is_finished() {
        let pong: Vec<String> = redis::cmd("RG.TRIGGER")
            .arg("ping")
            .query(&mut other)
            .expect("the server answers while the gear runs");
        assert_eq!(pong, ["pong"]);
    }
    assert_eq!(work.join().unwrap().unwrap(), ["done"]);
}

#[test]
fn a_gear_that_asks_for_hooks_does_not_stop_the_server() {
    // Refused in the end, after the server was asked about the command.
    let body = "GB('CommandReader').register(hook='eval', mode='async_local')";
    answers_meanwhile(&with_work(body));
}

#[test]
fn a_gear_that_watches_commands_does_not_stop_the_server() {
    let body = "GB('KeysReader').register('x:*', commands=['eval'], mode='sync')";
    answers_meanwhile(&with_work(body));
}

#[test]
fn a_gear_that_runs_commands_and_atomic_blocks_does_not_stop_the_server() {
    let body = "
            with atomic():
                execute('GET', 'k')
            execute('GET', 'k')
            getGearsSession()";
    answers_meanwhile(&with_work(body.trim()));
}
