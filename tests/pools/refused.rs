//! Commands that would change a socket which others use.

use crate::server;
use redgrease::{BlockingPool, Pool};

#[tokio::test]
async fn commands_that_change_a_socket_are_refused() {
    let server = server();
    let mut pool = Pool::connect(server.url()).await.unwrap();
    let mut blocking = BlockingPool::connect(server.url()).unwrap();
    let commands: [&[&str]; 13] = [
        &["SELECT", "1"],
        &["SUBSCRIBE", "c"],
        &["MONITOR"],
        &["WATCH", "x"],
        &["MULTI"],
        &["CLIENT", "REPLY", "OFF"],
        &["CLIENT", "TRACKING", "ON"],
        &["CLIENT", "NO-EVICT", "ON"],
        &["SCRIPT", "DEBUG", "SYNC"],
        &["READONLY"],
        &["HELLO", "3"],
        &["AUTH", "spam"],
        &["QUIT"],
    ];
    for command in commands {
        let mut cmd = redis::cmd(command[0]);
        cmd.arg(&command[1..]);
        let refused = [
            cmd.query_async::<()>(&mut pool).await.unwrap_err(),
            cmd.query::<()>(&mut blocking).unwrap_err(),
            redis::pipe()
                .ping()
                .add_command(cmd.clone())
                .query_async::<()>(&mut pool)
                .await
                .unwrap_err(),
            redis::pipe()
                .ping()
                .add_command(cmd)
                .query::<()>(&mut blocking)
                .unwrap_err(),
        ];
        for error in refused {
            let named = format!("`{}`", command[0]);
            let text = error.to_string();
            assert!(
                text.contains(&named) && text.contains("connection"),
                "{text}"
            );
            assert!(!text.contains("spam"), "{text}");
        }
    }
    let () = redis::cmd("PING").query_async(&mut pool).await.unwrap();
    let () = redis::cmd("PING").query(&mut blocking).unwrap();
    let metrics = pool.metrics();
    assert_eq!((metrics.opened, metrics.closed, metrics.in_use), (1, 0, 0));
}

/// `WAIT` waits for the writes of its own socket, so alone it would wait for nothing.
#[tokio::test]
async fn wait_is_sent_behind_its_writes() {
    let server = server();
    let mut pool = Pool::connect(server.url()).await.unwrap();
    let mut blocking = BlockingPool::connect(server.url()).unwrap();
    let wait = redis::cmd("WAIT").arg(0).arg(10).take();
    for error in [
        wait.query_async::<i64>(&mut pool).await.unwrap_err(),
        wait.query::<i64>(&mut blocking).unwrap_err(),
    ] {
        assert!(error.to_string().contains("behind those writes"), "{error}");
    }
    let mut writes = redis::pipe();
    writes.set("x", 1).ignore().add_command(wait);
    let (replicas,): (i64,) = writes.query_async(&mut pool).await.unwrap();
    assert_eq!(replicas, 0);
    let (replicas,): (i64,) = writes.query(&mut blocking).unwrap();
    assert_eq!(replicas, 0);
}
