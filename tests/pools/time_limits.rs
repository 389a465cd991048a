//! Time limits of calls, and what their errors say about the server.

use crate::common::untyped;
use crate::{
    address_of_app, at_once, at_once_blocking, eventually, open, server, soon, soon_blocking,
    waiting, waits, waits_blocking,
};
use redgrease::{
    BlockingPool, ErrorKind, KeysOnlyReader, Options, Pool, PoolOptions, pipe, start_async_with,
    start_with,
};
use std::time::Duration;

const LIMIT: Duration = Duration::from_millis(100);

fn limited() -> Options {
    Options::new().call_timeout(LIMIT)
}

#[track_caller]
fn assert_says(error: &redgrease::Error, parts: &[&str]) {
    assert!(error.is_timeout(), "{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

/// The option holds for calls over each kind of connection, and the error says what the server does.
#[tokio::test]
async fn calls_have_the_limit_of_their_start() {
    let server = server();
    let (mut pool, _) = Pool::start_with(server.url(), &limited(), &PoolOptions::new())
        .await
        .unwrap();
    let error = waits(&mut pool, "x").await.unwrap_err();
    let parts = [
        "within 100ms",
        "answers PING",
        "calls of `waits` that have not ended: 1",
        "RG.ABORTEXECUTION",
        "Options::call_timeout",
    ];
    assert_says(&error, &parts);
    let ErrorKind::Timeout {
        limit, situation, ..
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert!(*limit == Some(LIMIT) && situation.is_some());

    let (mut con, _) = start_async_with(server.url(), &limited()).await.unwrap();
    let error = waits(&mut con, "x").await.unwrap_err();
    assert_says(&error, &["within 100ms", "answers PING"]);
    assert!(!error.to_string().contains("sockets"), "{error}");
    let results = pipe(vec![waits::call("x")]).on_async(&mut con).await;
    assert_says(&results.unwrap_err(), &["within 100ms"]);

    // A call has a limit of its own, or none.
    let error = waits::call("x")
        .timeout(Duration::from_millis(10))
        .on_async(&mut pool)
        .await;
    assert_says(&error.unwrap_err(), &["within 10ms"]);
    let long = {
        let mut pool = pool.clone();
        tokio::spawn(async move { waits::call("x").timeout(None).on_async(&mut pool).await })
    };
    tokio::time::sleep(LIMIT * 2).await;
    assert!(!long.is_finished());
    open(&mut pool).await;
    assert_eq!(long.await.unwrap().unwrap(), "x");
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    // Another start has another limit.
    let mut other = redgrease::start_async(server.url()).await.unwrap();
    assert_eq!(soon(&mut other, 1).await.unwrap(), 2);
}

#[test]
fn blocking_calls_have_the_limit_of_their_start() {
    let server = server();
    let (mut pool, _) =
        BlockingPool::start_with(server.url(), &limited(), &PoolOptions::new()).unwrap();
    let error = waits_blocking(&mut pool, "x").unwrap_err();
    assert_says(
        &error,
        &["within 100ms", "answers PING", "`waits_blocking`"],
    );
    let (mut con, _) = start_with(server.url(), &limited()).unwrap();
    let error = waits_blocking(&mut con, "x").unwrap_err();
    assert_says(
        &error,
        &["within 100ms", "answers PING", "`waits_blocking`"],
    );
    assert_says(
        &pipe(waits_blocking::call("x")).on(&mut con).unwrap_err(),
        &["within 100ms"],
    );
    assert_eq!(untyped(&server, &["SET", "open", "1"]), "OK");
    // Nobody reads the late answers.
    for n in 0..5 {
        assert_eq!(at_once_blocking(&mut pool, n).unwrap(), n + 1);
        assert_eq!(at_once_blocking(&mut con, n).unwrap(), n + 1);
    }
    let call = waits_blocking::call("late").timeout(None);
    assert_eq!(call.on(&mut con).unwrap(), "late");
}

/// Sends a signal to the server.
fn signal(server: &redgrease_embedded::Server, name: &str) {
    let mut kill = std::process::Command::new("kill");
    kill.arg(name).arg(server.pid().to_string());
    assert!(kill.status().unwrap().success());
}

/// A server that is stopped answers nobody, like one whose thread for commands is held.
#[tokio::test]
async fn an_error_says_when_the_server_answers_nobody() {
    let server = server();
    let (mut pool, _) = Pool::start_with(server.url(), &limited(), &PoolOptions::new())
        .await
        .unwrap();
    let (mut blocking, _) =
        BlockingPool::start_with(server.url(), &limited(), &PoolOptions::new()).unwrap();
    let (mut con, _) = start_with(server.url(), &limited()).unwrap();
    let unanswered = ["within 100ms", "does not answer PING"];
    signal(&server, "-STOP");
    assert_says(&at_once(&mut pool, 1).await.unwrap_err(), &unanswered);
    assert_says(&at_once_blocking(&mut con, 1).unwrap_err(), &unanswered);
    assert_says(
        &at_once_blocking(&mut blocking, 1).unwrap_err(),
        &unanswered,
    );
    signal(&server, "-CONT");
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    assert_eq!(at_once_blocking(&mut con, 1).unwrap(), 2);
    assert_eq!(at_once_blocking(&mut blocking, 1).unwrap(), 2);
}

/// A call that waited for a socket was not sent, whichever limit ends the waiting.
#[tokio::test]
async fn a_call_that_got_no_socket_in_its_time_was_not_sent() {
    let server = server();
    let (options, size) = (limited(), PoolOptions::new().size(1));
    let (mut pool, _) = Pool::start_with(server.url(), &options, &size)
        .await
        .unwrap();
    let slow = {
        let mut pool = pool.clone();
        tokio::spawn(async move { waits::call("x").timeout(None).on_async(&mut pool).await })
    };
    eventually("the call is sent", || pool.metrics().in_use == 1).await;
    let refused = [
        soon(&mut pool, 1).await.unwrap_err(),
        pipe(vec![soon::call(1)])
            .on_async(&mut pool)
            .await
            .unwrap_err(),
    ];
    for error in refused {
        assert_exhausted(&error, LIMIT);
    }
    let short = Duration::from_millis(20);
    let call = soon::call(1).timeout(short).on_async(&mut pool).await;
    assert_exhausted(&call.unwrap_err(), short);
    assert_eq!(pool.metrics().exhausted, 3);
    // A gear that is answered at once needs no socket of its own.
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    open(&mut pool).await;
    assert_eq!(slow.await.unwrap().unwrap(), "x");
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
}

#[test]
fn a_blocking_call_that_got_no_socket_in_its_time_was_not_sent() {
    let server = server();
    let (options, size) = (limited(), PoolOptions::new().size(1));
    let (mut pool, _) = BlockingPool::start_with(server.url(), &options, &size).unwrap();
    std::thread::scope(|scope| {
        let slow = {
            let mut pool = pool.clone();
            scope.spawn(move || waits_blocking::call("x").timeout(None).on(&mut pool))
        };
        crate::common::eventually("the call is sent", || pool.metrics().in_use == 1);
        let refused = [
            soon_blocking(&mut pool, 1).unwrap_err(),
            pipe(vec![soon_blocking::call(1)])
                .on(&mut pool)
                .unwrap_err(),
        ];
        for error in refused {
            assert_exhausted(&error, LIMIT);
        }
        let short = Duration::from_millis(20);
        let call = soon_blocking::call(1).timeout(short).on(&mut pool);
        assert_exhausted(&call.unwrap_err(), short);
        assert_eq!(pool.metrics().exhausted, 3);
        assert_eq!(untyped(&server, &["SET", "open", "1"]), "OK");
        assert_eq!(slow.join().unwrap().unwrap(), "x");
    });
    assert_eq!(soon_blocking(&mut pool, 1).unwrap(), 2);
}

/// Chains have no time limit, and a limit that is longer than the wait of the pool does not count.
#[tokio::test]
async fn the_wait_of_the_pool_ends_first_if_it_is_shorter() {
    let server = server();
    let options = Options::new().call_timeout(Duration::from_mins(1));
    let size = PoolOptions::new().size(1).wait(LIMIT);
    let (mut pool, _) = Pool::start_with(server.url(), &options, &size)
        .await
        .unwrap();
    let slow = waiting(&pool, "slow");
    eventually("the call is sent", || pool.metrics().in_use == 1).await;
    assert_exhausted(&soon(&mut pool, 1).await.unwrap_err(), LIMIT);
    let chain = KeysOnlyReader::new("*").count().run();
    assert_exhausted(&chain.on_async(&mut pool).await.unwrap_err(), LIMIT);
    assert_eq!(pool.metrics().exhausted, 2);
    open(&mut pool).await;
    slow.await.unwrap().unwrap();
}

#[track_caller]
fn assert_exhausted(error: &redgrease::Error, limit: Duration) {
    let ErrorKind::PoolExhausted {
        waited,
        size: 1,
        in_use: 1,
        ..
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!(*waited, limit, "{error}");
    let within = format!("within {limit:?}, so nothing was sent");
    assert!(error.to_string().contains(&within), "{error}");
    assert!(!error.is_timeout(), "{error}");
}

#[test]
fn a_limit_of_zero_is_refused() {
    let server = server();
    let zero = Options::new().call_timeout(Duration::ZERO);
    let error = start_with(server.url(), &zero).unwrap_err();
    assert!(error.to_string().contains("zero"), "{error}");
    let mut con = redgrease::start(server.url()).unwrap();
    let error = at_once_blocking::call(1)
        .timeout(Duration::ZERO)
        .on(&mut con)
        .unwrap_err();
    assert!(error.to_string().contains("zero"), "{error}");
    assert_eq!(at_once_blocking(&mut con, 1).unwrap(), 2);
}

/// A user without the right to `INFO` gets an error that says so.
#[test]
fn a_user_may_not_be_allowed_to_ask() {
    let server = server();
    redgrease::start(server.url()).unwrap();
    let address = address_of_app(&server, &[]);
    let mut con = redgrease::connect(address.as_str()).unwrap();
    let error = waits_blocking::call("x")
        .timeout(LIMIT)
        .on(&mut con)
        .unwrap_err();
    assert_says(&error, &["answers PING", "no right to INFO"]);
    assert_eq!(untyped(&server, &["SET", "open", "1"]), "OK");
}
