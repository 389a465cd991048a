//! Gears can be called on every connection of redis-rs and of connection pools.
#![cfg(all(feature = "macros", feature = "aio"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, free_port, plain_connection, started, untyped};
use redgrease::pipe;
use redgrease::prelude::*;
use redis::aio::ConnectionLike as AsyncConnectionLike;
use redis::{Client, ConnectionLike};

#[gear_command]
fn join(words: Vec<String>) -> String {
    python! { return "-".join(words) }
}

#[gear_command]
async fn add(a: i64, b: i64) -> i64 {
    python! { return a + b }
}

fn words() -> Vec<String> {
    vec!["a".to_owned(), "b".to_owned()]
}

#[test]
fn blocking_connections() {
    let (server, mut own) = started();
    assert_eq!(join(&mut own, words()).unwrap(), "a-b");
    let mut client = Client::open(server.url()).unwrap();
    assert_eq!(join(&mut client, words()).unwrap(), "a-b");
    let mut plain = client.get_connection().unwrap();
    assert_eq!(join(&mut plain, words()).unwrap(), "a-b");
    let dynamic: &mut dyn ConnectionLike = &mut plain;
    assert_eq!(join(dynamic, words()).unwrap(), "a-b");
    assert_eq!(join(&mut Box::new(plain), words()).unwrap(), "a-b");
}

/// The address may contain a user and a password. No error shows the password.
#[test]
fn users_passwords_and_databases() {
    let (server, mut own) = started();
    let secret = "spam-and-eggs";
    let () = redis::cmd("CONFIG")
        .arg("SET")
        .arg("requirepass")
        .arg(secret)
        .query(&mut own)
        .unwrap();
    let address = |password: &str, database: &str| {
        let path = server.socket().display();
        format!("redis+unix://{path}?user=default&pass={password}&db={database}")
    };
    let mut con = redgrease::connect(address(secret, "0")).unwrap();
    assert_eq!(join(&mut con, words()).unwrap(), "a-b");
    assert!(!format!("{con:?}").contains(secret));

    let wrong = "ham-and-eggs";
    let refused = redgrease::connect(address(wrong, "0")).unwrap_err();
    assert!(
        !format!("{refused} {refused:?}").contains(wrong),
        "{refused}"
    );

    // Gears use database 0. A connection to another database would not see their writes.
    let elsewhere = redgrease::connect(address(secret, "3")).unwrap_err();
    assert!(elsewhere.to_string().contains("database"), "{elsewhere}");
    assert!(!elsewhere.to_string().contains(secret), "{elsewhere}");
}

#[test]
fn the_pool_r2d2() {
    let (server, _own) = started();
    let pool = r2d2::Pool::builder()
        .max_size(2)
        .build(Client::open(server.url()).unwrap())
        .unwrap();
    let mut con = pool.get().unwrap();
    assert_eq!(join(&mut con, words()).unwrap(), "a-b");
    assert_eq!(join(&mut *con, words()).unwrap(), "a-b");
    let (first, others) = pipe((join::call(words()), vec![add::call(1, 2), add::call(3, 4)]))
        .on(&mut con)
        .unwrap();
    assert_eq!(first.unwrap(), "a-b");
    let sums: Vec<i64> = others.into_iter().map(Result::unwrap).collect();
    assert_eq!(sums, [3, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn async_connections() {
    let (server, _own) = started();
    let mut own = redgrease::connect_async(server.url()).await.unwrap();
    assert_eq!(add(&mut own, 1, 2).await.unwrap(), 3);
    let client = Client::open(server.url()).unwrap();
    let mut multiplexed = client.get_multiplexed_async_connection().await.unwrap();
    assert_eq!(add(&mut multiplexed, 1, 2).await.unwrap(), 3);
    let mut manager = client.get_connection_manager().await.unwrap();
    assert_eq!(add(&mut manager, 1, 2).await.unwrap(), 3);
    let dynamic: &mut (dyn AsyncConnectionLike + Send) = &mut multiplexed.clone();
    assert_eq!(add(dynamic, 1, 2).await.unwrap(), 3);

    // Clones share one socket, also in other tasks.
    let tasks: Vec<_> = (0..20_i64)
        .map(|n| {
            let mut con = manager.clone();
            tokio::spawn(async move { add(&mut con, n, 1).await })
        })
        .collect();
    for (n, task) in (0..).zip(tasks) {
        assert_eq!(task.await.unwrap().unwrap(), n + 1);
    }
    let (sum, joined) = pipe((add::call(1, 2), join::call(words())))
        .on_async(&mut multiplexed)
        .await
        .unwrap();
    assert_eq!((sum.unwrap(), joined.unwrap()), (3, "a-b".to_owned()));
}

#[tokio::test]
async fn the_pool_bb8() {
    let (server, _own) = started();
    let client = Client::open(server.url()).unwrap();
    let pool = bb8::Pool::builder()
        .max_size(2)
        .build(client)
        .await
        .unwrap();
    let mut guard = pool.get().await.unwrap();
    assert_eq!(add(&mut *guard, 1, 2).await.unwrap(), 3);
}

#[tokio::test]
async fn the_pool_deadpool() {
    let (server, _own) = started();
    let pool = deadpool_redis::Config::from_url(server.url())
        .create_pool(Some(deadpool_redis::Runtime::Tokio1))
        .unwrap();
    let mut con = pool.get().await.unwrap();
    assert_eq!(add(&mut con, 1, 2).await.unwrap(), 3);
}

#[test]
fn request_and_reply_of_a_call_can_be_handled_separately() {
    let (server, _own) = started();
    let mut con = plain_connection(&server);
    let request = join::request(words()).unwrap();
    let answer = con.req_command(&request).unwrap();
    assert_eq!(join::decode(answer).unwrap(), "a-b");
}

/// A cluster of one node with all slots.
fn cluster() -> (redgrease_embedded::Server, String) {
    let port = free_port();
    let server = redgrease_embedded::Server::builder()
        .port(port)
        .server_arg("cluster-enabled", "yes")
        .start()
        .unwrap();
    // Redis 6.2 has no command for ranges of slots.
    let slots: Vec<String> = (0..16384).map(|slot| slot.to_string()).collect();
    let mut words = vec!["CLUSTER", "ADDSLOTS"];
    words.extend(slots.iter().map(String::as_str));
    assert_eq!(untyped(&server, &words), "OK");
    eventually("the cluster is up", || {
        untyped(&server, &["CLUSTER", "INFO"]).contains("cluster_state:ok")
    });
    let url = server.url().to_owned();
    (server, url)
}

#[test]
fn a_cluster_of_one_node() {
    let (_server, url) = cluster();
    let mut con = redis::cluster::ClusterClient::new([url.as_str()])
        .unwrap()
        .get_connection()
        .unwrap();
    redgrease::register_all(&mut con).unwrap();
    assert_eq!(join(&mut con, words()).unwrap(), "a-b");
}

#[tokio::test]
async fn a_cluster_of_one_node_asynchronously() {
    let (_server, url) = cluster();
    let mut con = redis::cluster::ClusterClient::new([url.as_str()])
        .unwrap()
        .get_async_connection()
        .await
        .unwrap();
    redgrease::register_all_async(&mut con).await.unwrap();
    assert_eq!(add(&mut con, 1, 2).await.unwrap(), 3);
}
