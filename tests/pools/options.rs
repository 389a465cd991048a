//! What a pool carries like a connection: namespaces, users, healing, and everything that is sent over connections.

use crate::common::{unregister_all, untyped};
use crate::{address_of_app, at_once, pool_of, server, soon};
use redgrease::prelude::*;
use redgrease::{BlockingPool, Options, Pool, PoolOptions, register_all_async};

#[tokio::test]
async fn a_pool_has_the_namespace_of_its_start() {
    let server = server();
    let gears = Options::new().gears(&[soon::GEAR, at_once::GEAR]);
    let namespace = gears.clone().namespace("blue");
    let (mut blue, report) = Pool::start_with(server.url(), &namespace, &PoolOptions::new())
        .await
        .unwrap();
    assert!(
        report.registered().all(|name| name.starts_with("blue:")),
        "{report}"
    );
    let (mut plain, _) = Pool::start_with(server.url(), &gears, &PoolOptions::new())
        .await
        .unwrap();
    assert_eq!(soon(&mut blue, 1).await.unwrap(), 2);
    assert_eq!(soon(&mut plain, 1).await.unwrap(), 2);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "blue:soon", "1"]), "2");
    // A pool that registers nothing has the options of the last registration there.
    let mut other = Pool::connect(server.url()).await.unwrap();
    assert_eq!(at_once(&mut other, 1).await.unwrap(), 2);
}

/// The server loses its gears. Many tasks miss them at once, and one of them registers them.
#[tokio::test]
async fn gears_that_the_server_has_lost_are_registered_again() {
    let server = server();
    let mut pool = pool_of(&server, 4).await;
    let mut con = redgrease::connect(server.url()).unwrap();
    unregister_all(&mut con);
    let calls: Vec<_> = (0..20)
        .map(|n| {
            let mut pool = pool.clone();
            tokio::spawn(async move {
                match n % 2 {
                    0 => soon(&mut pool, n).await,
                    _ => at_once(&mut pool, n).await,
                }
            })
        })
        .collect();
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await.unwrap().unwrap(), n + 1);
    }
    assert_eq!(pool.metrics().in_use, 0);
    unregister_all(&mut con);
    assert!(
        soon::call(1)
            .no_heal()
            .on_async(&mut pool)
            .await
            .unwrap_err()
            .is_unknown_trigger()
    );
}

#[tokio::test]
async fn a_pool_logs_in_as_the_user_of_its_address() {
    let server = server();
    pool_of(&server, 1).await;
    let address = address_of_app(&server, &["+acl|whoami"]);
    let mut pool = Pool::connect(address.as_str()).await.unwrap();
    let me: String = redis::cmd("ACL")
        .arg("WHOAMI")
        .query_async(&mut pool)
        .await
        .unwrap();
    assert_eq!(me, "app");
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    // An error about rights is an answer: the sockets stay.
    let opened = pool.metrics().opened;
    for _ in 0..3 {
        let denied = redis::cmd("FLUSHALL")
            .query_async::<()>(&mut pool)
            .await
            .unwrap_err();
        assert!(denied.to_string().contains("FLUSHALL") || denied.to_string().contains("flushall"));
    }
    assert_eq!(pool.metrics().opened, opened);

    let wrong = format!(
        "redis+unix://{}?user=app&pass=eggs",
        server.socket().display()
    );
    let error = Pool::connect(wrong.as_str()).await.unwrap_err();
    assert!(
        error.is_connection() && !error.to_string().contains("eggs"),
        "{error}"
    );
    let mut blocking = BlockingPool::connect(address.as_str()).unwrap();
    let me: String = redis::cmd("ACL")
        .arg("WHOAMI")
        .query(&mut blocking)
        .unwrap();
    assert_eq!(me, "app");
}

/// Chains, commands of the engine, pipelines and registrations work as on connections.
#[tokio::test]
async fn everything_is_sent_over_a_pool() {
    let server = server();
    let mut pool = Pool::connect(server.url()).await.unwrap();
    register_all_async(&mut pool).await.unwrap();
    let () = redis::cmd("MSET")
        .arg(&["a:1", "x", "a:2", "y"])
        .query_async(&mut pool)
        .await
        .unwrap();
    let keys = KeysOnlyReader::new("a:*").count().run();
    assert_eq!(keys.on_async(&mut pool).await.unwrap().values, [2]);
    let run = keys.start_async(&mut pool).await.unwrap();
    assert_eq!(run.wait_async(&mut pool).await.unwrap().values, [2]);
    run.drop_async(&mut pool).await.unwrap();
    assert!(pool.dump_registrations().await.unwrap().len() > 3);
    let (registrations, executions): (Vec<redgrease::RegistrationInfo>, Vec<redgrease::Execution>) =
        redis::pipe()
            .dump_registrations()
            .dump_executions()
            .query_async(&mut pool)
            .await
            .unwrap();
    assert!(registrations.len() > 3 && executions.len() < 100);
    assert_eq!(pool.metrics().in_use, 0);
}

/// The address chooses the protocol.
#[tokio::test]
async fn a_pool_speaks_resp3_if_its_address_says_so() {
    let server = server();
    let path = server.socket().display();
    let address = format!("redis+unix://{path}?protocol=resp3");
    let mut pool = Pool::start(address.as_str()).await.unwrap();
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    let mut blocking = BlockingPool::connect(address.as_str()).unwrap();
    let () = redis::cmd("PING").query(&mut blocking).unwrap();
    let run = KeysOnlyReader::new("*").count().run();
    assert!(run.on(&mut blocking).unwrap().errors.is_empty());
}
