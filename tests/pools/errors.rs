//! What the errors of pools and connections say.

use crate::common::{free_port, untyped};
use crate::{eventually, server, soon_blocking, waiting, waits_blocking};
use redgrease::{BlockingPool, Error, Pool};
use redgrease_embedded::Server;
use std::thread;

#[track_caller]
fn assert_says(error: &Error, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

fn kill_all(server: &Server) {
    let kill = ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"];
    untyped(server, &kill);
}

#[tokio::test]
async fn errors_of_pipelines_name_the_command() {
    let server = server();
    let mut pool = Pool::start(server.url()).await.unwrap();
    let mut con = redgrease::connect_async(server.url()).await.unwrap();
    let mut blocking = BlockingPool::connect(server.url()).unwrap();
    let mut unknown = redis::pipe();
    unknown.atomic().ping().cmd("NOSUCH");
    let mut gear = redis::pipe();
    gear.atomic().cmd("RG.TRIGGER").arg("soon").arg("1").ping();
    let mut wrong_type = redis::pipe();
    wrong_type.set("text", "x").cmd("INCR").arg("text");
    let cases: [(_, &[&str]); 3] = [
        (
            unknown,
            &[
                "ran none of its commands",
                "command 1",
                "unknown command",
                "NOSUCH",
            ],
        ),
        (gear, &["command 0", "without `.atomic()`"]),
        (wrong_type, &["command 1", "not an integer"]),
    ];
    for (pipe, parts) in cases {
        let errors = [
            pipe.query_async::<redis::Value>(&mut pool).await,
            pipe.query_async::<redis::Value>(&mut con).await,
            pipe.query::<redis::Value>(&mut blocking),
        ];
        for error in errors {
            assert_says(&error.unwrap_err().into(), parts);
        }
    }
}

#[tokio::test]
async fn the_error_of_an_interrupted_call_names_the_gear_and_what_to_do() {
    let server = server();
    let pool = Pool::start(server.url()).await.unwrap();
    let call = waiting(&pool, "slow");
    eventually("the call is sent", || {
        untyped(&server, &["GET", "begun"]) == "1"
    })
    .await;
    kill_all(&server);
    let error = call.await.unwrap().unwrap_err();
    assert!(
        error.is_connection() && error.as_redis().is_some(),
        "{error}"
    );
    let parts = [
        "gear `waits` (",
        "main.rs:",
        "may have had its effect",
        "may run twice",
    ];
    assert_says(&error, &parts);
}

#[test]
fn the_error_of_an_interrupted_blocking_call_names_the_gear() {
    let server = server();
    let parts = ["gear `waits_blocking` (", "may have had its effect"];
    let mut pool = BlockingPool::start(server.url()).unwrap();
    let mut con = redgrease::connect(server.url()).unwrap();
    let errors = thread::scope(|scope| {
        let calls = [
            scope.spawn(|| waits_blocking(&mut pool, "pool").unwrap_err()),
            scope.spawn(|| waits_blocking(&mut con, "connection").unwrap_err()),
        ];
        crate::common::eventually("the calls are sent", || {
            untyped(&server, &["GET", "begun"]) == "2"
        });
        kill_all(&server);
        calls.map(|call| call.join().unwrap())
    });
    for error in errors {
        assert_says(&error, &parts);
    }
    server.kill().unwrap();
    // Nothing is sent to a server that is away.
    let error = soon_blocking(&mut con, 1).unwrap_err();
    assert_says(&error, &["gear `soon_blocking` (", "check the address"]);
    assert!(error.is_connection(), "{error}");
}

#[tokio::test]
async fn connecting_says_why_the_server_refuses() {
    let port = free_port();
    let server = Server::builder().port(port).start().unwrap();
    let address = format!("redis://127.0.0.1:{port}/");
    let wrong = format!("redis://:spam@127.0.0.1:{port}/");
    let refused = async |address: &str| {
        let (of_pool, of_connection) = (
            Pool::connect(address).await.map(drop),
            redgrease::connect_async(address).await.map(drop),
        );
        [
            of_pool.unwrap_err(),
            of_connection.unwrap_err(),
            Pool::start(address).await.map(drop).unwrap_err(),
            BlockingPool::connect(address).map(drop).unwrap_err(),
            redgrease::connect(address).map(drop).unwrap_err(),
        ]
    };

    let mut admin = redis::Client::open(address.as_str())
        .unwrap()
        .get_connection()
        .unwrap();
    let mut set = |setting: &str, value: &str| {
        let mut cmd = redis::cmd("CONFIG");
        cmd.arg("SET").arg(setting).arg(value);
        cmd.exec(&mut admin).unwrap();
    };
    set("requirepass", "eggs");
    for address in [&address, &wrong] {
        for error in refused(address).await {
            assert!(error.is_connection(), "{error}");
            assert_says(&error, &["check user and password"]);
            assert!(!error.to_string().contains("spam"), "{error}");
        }
    }
    set("requirepass", "");
    set("maxclients", "1");
    for error in refused(&address).await {
        assert!(error.is_connection(), "{error}");
        assert_says(&error, &["`maxclients`"]);
    }
    set("maxclients", "100");
    Pool::connect(address.as_str()).await.unwrap();
    drop(server);
}
