//! Registrations whose commands get no answer: at the start, and when a call finds its gear lost.

use crate::common::proxy::Proxy;
use crate::common::unregister_all;
use crate::{server, soon, soon_blocking};
use redgrease::{
    BlockingPool, ErrorKind, Options, Pool, PoolOptions, start_async_with, start_with,
};
use redgrease_embedded::Server;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(1);

/// The machine may be busy, but nothing may wait for the ten minutes of the default.
const SOON: Duration = Duration::from_secs(20);

fn options() -> Options {
    Options::new().registration_timeout(LIMIT)
}

#[track_caller]
fn assert_unregistered(error: &redgrease::Error, begun: Instant, command: &str, remedy: &str) {
    assert!(
        begun.elapsed() >= LIMIT && begun.elapsed() < SOON,
        "{:?}",
        begun.elapsed()
    );
    assert!(error.is_timeout(), "{error}");
    let ErrorKind::RegistrationTimeout {
        command: named,
        limit,
        ..
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!((named.as_str(), *limit), (command, LIMIT));
    assert!(error.to_string().contains(remedy), "{error}");
}

const SWALLOWED: [(&str, &str); 2] = [
    ("RG.PYDUMPSESSIONS", "proxy drops the connection"),
    ("RG.PYEXECUTE", "Options::registration_timeout"),
];

/// A proxy that swallows the next of these commands.
fn swallowing(server: &Server, command: &'static str) -> Proxy {
    let proxy = Proxy::start(server, command);
    proxy.swallow_next(1);
    proxy
}

#[tokio::test]
async fn a_start_ends_when_the_server_falls_silent() {
    let server = server();
    for (command, remedy) in SWALLOWED {
        let (proxy, begun) = (swallowing(&server, command), Instant::now());
        let started = Pool::start_with(proxy.url(), &options(), &PoolOptions::new()).await;
        assert_unregistered(&started.unwrap_err(), begun, command, remedy);

        let (proxy, begun) = (swallowing(&server, command), Instant::now());
        let started = start_async_with(proxy.url(), &options()).await;
        assert_unregistered(&started.unwrap_err(), begun, command, remedy);
    }
}

#[test]
fn a_blocking_start_ends_when_the_server_falls_silent() {
    let server = server();
    for (command, remedy) in SWALLOWED {
        let (proxy, begun) = (swallowing(&server, command), Instant::now());
        let started = BlockingPool::start_with(proxy.url(), &options(), &PoolOptions::new());
        assert_unregistered(&started.unwrap_err(), begun, command, remedy);

        let (proxy, begun) = (swallowing(&server, command), Instant::now());
        let started = start_with(proxy.url(), &options());
        assert_unregistered(&started.unwrap_err(), begun, command, remedy);
    }
}

/// A limit of zero would fail every start.
#[test]
fn a_limit_of_zero_is_refused() {
    let options = Options::new().registration_timeout(Duration::ZERO);
    let error = start_with(server().url(), &options).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Config { .. }), "{error}");
}

fn limited() -> Options {
    Options::new().call_timeout(LIMIT)
}

/// Makes the server lose its gears.
fn lose(server: &Server) {
    unregister_all(&mut redgrease::connect(server.url()).unwrap());
}

#[track_caller]
fn assert_ended(error: &redgrease::Error, begun: Instant, name: &str) {
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    let ErrorKind::Timeout {
        limit, registering, ..
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!((*limit, *registering), (Some(LIMIT), true));
    for part in [name, "registering it again", "it did not run", "within 1s"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn the_time_to_heal_counts_for_an_async_call() {
    let server = server();
    for command in ["RG.PYDUMPSESSIONS", "RG.PYEXECUTE"] {
        let proxy = Proxy::start(&server, command);
        let options = limited().registration_timeout(LIMIT * 4);
        let plain = PoolOptions::new();
        let started = Pool::start_with(proxy.url(), &options, &plain);
        let (mut pool, _) = started.await.unwrap();
        lose(&server);
        proxy.swallow_next(1);
        let begun = Instant::now();
        let error = soon(&mut pool, 1).await.unwrap_err();
        assert_ended(&error, begun, "gear `soon`");
        assert!(begun.elapsed() >= LIMIT);
        // The registration of the first call goes on until its own limit.
        let patient = soon::call(1).timeout(SOON).on_async(&mut pool).await;
        assert_eq!(patient.unwrap(), 2);
    }
}

#[test]
fn the_time_to_heal_counts_for_a_blocking_call() {
    let server = server();
    for command in ["RG.PYDUMPSESSIONS", "RG.PYEXECUTE"] {
        let proxy = Proxy::start(&server, command);
        let (mut con, _) = start_with(proxy.url(), &limited()).unwrap();
        let started = BlockingPool::start_with(proxy.url(), &limited(), &PoolOptions::new());
        let (mut pool, _) = started.unwrap();
        lose(&server);
        proxy.swallow_next(2);
        let begun = Instant::now();
        assert_ended(
            &soon_blocking(&mut con, 1).unwrap_err(),
            begun,
            "gear `soon_blocking`",
        );
        let begun = Instant::now();
        assert_ended(
            &soon_blocking(&mut pool, 1).unwrap_err(),
            begun,
            "gear `soon_blocking`",
        );
        let patient = soon_blocking::call(1).timeout(SOON);
        assert_eq!(patient.clone().on(&mut pool).unwrap(), 2);
        assert_eq!(patient.on(&mut con).unwrap(), 2);
    }
}
