//! Healing: lost gears are registered again. After a broken connection, no gear runs twice.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::proxy::Proxy;
use common::{calls_of, empty, free_port, plain_connection, started, unregister_all, untyped};
use redgrease::prelude::*;
use redgrease::{Options, PyExecuteOptions, pipe, register_all_with};
use redgrease_embedded::Server;
use std::time::{Duration, Instant};

#[gear_command]
fn count(counter: &str) -> i64 {
    python! {
        return execute("incr", counter)
    }
}

/// Counts after a pause, so that a test can break the connection before.
#[gear_command]
fn count_slowly(counter: &str) -> i64 {
    python! {
        import time
        execute("incr", counter + ":begun")
        time.sleep(0.3)
        return execute("incr", counter)
    }
}

fn counter(server: &Server, name: &str) -> i64 {
    untyped(server, &["GET", name]).parse().unwrap_or(0)
}

/// Waits until a counter has reached `number` and no execution is left that could change it.
fn counted_to(server: &Server, name: &str, number: i64) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut con = redgrease::connect(server.url()).unwrap();
    while counter(server, name) < number
        || con
            .dump_executions()
            .unwrap()
            .iter()
            .any(|e| !e.status.is_over())
    {
        assert!(Instant::now() < deadline, "the gear never ran");
        std::thread::yield_now();
    }
    counter(server, name) == number
}

#[test]
fn a_lost_gear_is_registered_again() {
    let (server, mut con) = started();
    assert_eq!(count(&mut con, "n").unwrap(), 1);
    unregister_all(&mut con);
    assert_eq!(count(&mut con, "n").unwrap(), 2);
    assert_eq!(calls_of(&server, "rg.pyexecute"), 2);
    assert_eq!(
        con.dump_registrations().unwrap().len(),
        redgrease::gears().len()
    );
}

#[test]
fn a_gear_that_was_never_registered_is_registered_by_its_first_call() {
    let (_server, mut con) = empty();
    assert_eq!(count(&mut con, "n").unwrap(), 1);
}

#[test]
fn a_connection_of_redis_rs_heals_too() {
    let (server, mut con) = started();
    unregister_all(&mut con);
    let mut foreign = plain_connection(&server);
    assert_eq!(count(&mut foreign, "n").unwrap(), 1);

    // A server to which `redgrease::connect` has never connected.
    let other = Server::start().unwrap();
    let mut foreign = plain_connection(&other);
    assert_eq!(count(&mut foreign, "n").unwrap(), 1);
    assert_eq!(calls_of(&other, "rg.pyexecute"), 1);
    assert_eq!(calls_of(&server, "rg.pyexecute"), 2);
}

#[test]
fn healing_can_be_switched_off() {
    let (server, mut con) = empty();
    let error = count::call("n").no_heal().on(&mut con).unwrap_err();
    assert!(error.is_unknown_trigger(), "{error}");
    assert!(error.to_string().contains("`count`"), "{error}");
    let (one, two) = pipe((count::call("n"), count::call("n")))
        .on(&mut con)
        .unwrap();
    assert!(one.unwrap_err().is_unknown_trigger() && two.unwrap_err().is_unknown_trigger());
    assert_eq!(calls_of(&server, "rg.pyexecute"), 0);
}

#[test]
fn fifty_threads_register_once() {
    let (server, _con) = empty();
    let threads: Vec<_> = (0..50)
        .map(|_| {
            let mut con = redgrease::connect(server.url()).unwrap();
            std::thread::spawn(move || count(&mut con, "n"))
        })
        .collect();
    let mut answers: Vec<_> = threads
        .into_iter()
        .map(|t| t.join().unwrap().unwrap())
        .collect();
    answers.sort_unstable();
    assert_eq!(answers, (1..=50).collect::<Vec<_>>());
    assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
}

#[test]
fn an_older_program_does_not_replace_newer_gears() {
    let (server, mut con) = empty();
    // The registration of a newer version of this program, which has no gear `count`.
    let description = r#"{"version": "99.0.0", "hash": "0", "gears": {}, "owner": {"package": "redgrease", "session": "redgrease"}}"#;
    let script = "GB('CommandReader').map(lambda r: 0).register(trigger='something-new')";
    let newer = PyExecuteOptions::new()
        .id("redgrease-test-heal")
        .description(description);
    con.pyexecute_options::<redis::Value>(script, &newer)
        .unwrap();
    let report = register_all_with(&mut con, &Options::new()).unwrap();
    assert!(!report.is_changed(), "{report}");
    let error = count(&mut con, "n").unwrap_err();
    assert!(error.is_unknown_trigger(), "{error}");
    assert!(
        error.to_string().contains("newer version 99.0.0"),
        "{error}"
    );
    assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
}

#[test]
fn a_cut_connection_never_runs_a_gear_twice() {
    let (server, _con) = started();
    let proxy = Proxy::start(&server, "count_slowly");
    let mut con = redgrease::connect(proxy.url()).unwrap();
    assert_eq!(count_slowly(&mut con, "n").unwrap(), 1);
    for round in 2..=4 {
        proxy.cut_next(1);
        let error = count_slowly(&mut con, "n").unwrap_err();
        assert!(error.is_connection(), "{error}");
        assert_eq!(proxy.cuts_left(), 0);
        assert!(counted_to(&server, "n", round));
    }
    // The next call uses a new connection.
    assert_eq!(count_slowly(&mut con, "n").unwrap(), 5);
    assert!(proxy.connections() >= 4);
    assert_eq!(counter(&server, "n:begun"), 5);
    assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
}

#[test]
fn a_timeout_never_runs_a_gear_twice() {
    let (server, mut con) = started();
    let limit = Duration::from_millis(50);
    let error = count_slowly::call("n")
        .timeout(limit)
        .on(&mut con)
        .unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(counted_to(&server, "n", 1));
    assert_eq!(counter(&server, "n:begun"), 1);
}

#[test]
fn a_server_that_restarts_without_its_data_gets_its_gears_back() {
    let port = free_port();
    let server = Server::builder().port(port).start().unwrap();
    let mut con = redgrease::start(server.url()).unwrap();
    assert_eq!(count(&mut con, "n").unwrap(), 1);
    server.stop().unwrap();
    assert!(count(&mut con, "n").unwrap_err().is_connection());
    let server = Server::builder().port(port).start().unwrap();
    assert_eq!(count(&mut con, "n").unwrap(), 1);
    assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
}

#[cfg(feature = "aio")]
mod nonblocking {
    use super::*;
    use redgrease::connect_async;

    #[tokio::test(flavor = "multi_thread")]
    async fn fifty_tasks_register_once() {
        let server = Server::start().unwrap();
        let con = connect_async(server.url()).await.unwrap();
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let mut con = con.clone();
                tokio::spawn(async move { count::call("n").on_async(&mut con).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap().unwrap());
        }
        answers.sort_unstable();
        assert_eq!(answers, (1..=50).collect::<Vec<_>>());
        assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
    }

    #[tokio::test]
    async fn a_connection_of_redis_rs_heals_too() {
        let server = Server::start().unwrap();
        let client = redis::Client::open(server.url()).unwrap();
        let mut foreign = client.get_multiplexed_async_connection().await.unwrap();
        assert_eq!(count::call("n").on_async(&mut foreign).await.unwrap(), 1);
        assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_cut_connection_never_runs_a_gear_twice() {
        let (server, _con) = started();
        let proxy = Proxy::start(&server, "count_slowly");
        let mut con = connect_async(proxy.url()).await.unwrap();
        for round in 1..=3 {
            proxy.cut_next(1);
            let error = count_slowly::call("n")
                .on_async(&mut con)
                .await
                .unwrap_err();
            assert!(error.is_connection(), "{error}");
            assert_eq!(proxy.cuts_left(), 0);
            assert!(counted_to(&server, "n", round));
            // The connection is restored in the background.
            while redis::cmd("PING")
                .query_async::<String>(&mut con)
                .await
                .is_err()
            {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(count_slowly::call("n").on_async(&mut con).await.unwrap(), 4);
        assert_eq!(counter(&server, "n:begun"), 4);
        assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
    }
}
