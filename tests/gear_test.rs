//! `#[gear_test]`: tests with their own server.
#![cfg(all(feature = "macros", feature = "embedded"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use redgrease::prelude::*;
use redgrease::{Con, Result};

#[gear_command]
fn double(x: i64) -> i64 {
    python! { return 2 * x }
}

#[gear_command]
fn stored(key: &str) -> Option<String> {
    python! { return execute("GET", key) }
}

#[gear_test]
fn a_connection_by_reference(con: &mut Con) -> Result<()> {
    assert_eq!(double(con, 21)?, 42);
    Ok(())
}

#[gear_test]
fn connections_of_several_kinds(
    mut own: Con,
    plain: &mut redis::Connection,
    client: &redis::Client,
) {
    redis::cmd("SET")
        .arg("key")
        .arg("value")
        .exec(plain)
        .unwrap();
    assert_eq!(stored(&mut own, "key").unwrap().as_deref(), Some("value"));
    assert_eq!(double(&mut client.get_connection().unwrap(), 1).unwrap(), 2);
}

#[gear_test]
fn each_test_has_a_server_of_its_own(
    con: &mut Con,
    server: &redgrease::embedded::Server,
) -> Result<()> {
    assert_eq!(stored(con, "key")?, None);
    assert!(server.pid() > 0 && std::path::Path::new(server.socket()).exists());
    Ok(())
}

#[gear_test]
fn a_pool_for_threads(pool: &mut redgrease::BlockingPool) -> Result<()> {
    let sums: Vec<i64> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..4)
            .map(|x| {
                let mut pool = pool.clone();
                scope.spawn(move || double(&mut pool, x).unwrap())
            })
            .collect();
        running.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(sums, [0, 2, 4, 6]);
    assert_eq!(double(pool, 21)?, 42);
    Ok(())
}

/// Contains a gear that is not visible outside of the function.
#[allow(dead_code, reason = "it is registered by its name")]
fn a_gear_inside_a_function() {
    #[gear_command]
    fn inside() -> i64 {
        python! { return 5 }
    }
}

#[gear_test]
fn a_gear_of_the_test_itself(con: &mut Con) -> Result<()> {
    #[gear_command]
    fn next(x: i64) -> i64 {
        python! {
            # A comment, and Python whose spelling matters.
            return x + 1 // 1
        }
    }
    assert_eq!(next(con, 1)?, 2);
    Ok(())
}

#[cfg(any())]
#[gear_command]
fn not_compiled() -> i64 {
    python! { return 5 }
}

#[gear_test]
fn only_what_is_compiled_is_registered(con: &mut Con) -> Result<()> {
    let rows = con.dump_registrations()?;
    let names: Vec<_> = rows
        .iter()
        .filter_map(redgrease::RegistrationInfo::trigger)
        .collect();
    assert!(names.contains(&"inside".to_owned()) && !names.contains(&"not_compiled".to_owned()));
    Ok(())
}

#[gear_test(gears = [stored])]
fn only_some_gears(con: &mut Con) -> Result<()> {
    let names: Vec<_> = con
        .dump_registrations()?
        .iter()
        .filter_map(redgrease::RegistrationInfo::trigger)
        .collect();
    assert_eq!(names, ["stored"]);
    Ok(())
}

#[gear_test]
#[should_panic(expected = "ZeroDivisionError")]
fn an_exception_fails_the_test(con: &mut Con) -> Result<()> {
    let failing = "GB('CommandReader').map(lambda r: 1 // 0).register(trigger='fails')";
    con.pyexecute::<redis::Value>(failing)?;
    GearsCommandsOf(con).call()
}

struct GearsCommandsOf<'a>(&'a mut Con);

impl GearsCommandsOf<'_> {
    fn call(self) -> Result<()> {
        self.0.trigger::<String>("fails", &[] as &[&str]).map(drop)
    }
}

#[gear_test(shards = 2)]
fn a_cluster_in_place_of_a_server(
    con: &mut Con,
    cluster: &redgrease::embedded::Cluster,
    plain: &mut redis::Connection,
    client: &redis::Client,
    pool: &mut redgrease::BlockingPool,
) -> Result<()> {
    assert_eq!((cluster.shards(), cluster.nodes().len()), (2, 2));
    assert_eq!(double(con, 21)?, 42);
    assert_eq!(double(plain, 1)?, 2);
    assert_eq!(double(pool, 2)?, 4);
    assert_eq!(double(&mut client.get_connection()?, 3)?, 6);
    Ok(())
}

#[gear_test(gears = [], shards = 1, replicas = 1)]
fn a_shard_with_a_replica(cluster: &redgrease::embedded::Cluster, con: &mut Con) -> Result<()> {
    assert_eq!((cluster.shards(), cluster.nodes().len()), (1, 2));
    assert!(con.dump_registrations()?.is_empty());
    cluster.failover(0).unwrap();
    Ok(())
}

#[cfg(feature = "aio")]
mod nonblocking {
    use redgrease::prelude::*;
    use redgrease::{AsyncCon, Pool, Result};

    #[gear_command]
    async fn triple(x: i64) -> i64 {
        python! { return 3 * x }
    }

    #[gear_test]
    async fn an_async_connection(con: &mut AsyncCon) -> Result<()> {
        assert_eq!(triple(con, 7).await?, 21);
        Ok(())
    }

    #[gear_test]
    async fn async_connections_of_several_kinds(
        mut multiplexed: redis::aio::MultiplexedConnection,
        mut manager: redis::aio::ConnectionManager,
        server: &redgrease::embedded::Server,
    ) {
        assert_eq!(triple(&mut multiplexed, 1).await.unwrap(), 3);
        assert_eq!(triple(&mut manager, 2).await.unwrap(), 6);
        assert!(server.url().starts_with("redis+unix://"));
    }

    #[gear_test]
    async fn a_pool_for_tasks(pool: Pool, reference: &mut Pool) -> Result<()> {
        let tasks = (0..4).map(|x| {
            let mut pool = pool.clone();
            tokio::spawn(async move { triple(&mut pool, x).await })
        });
        for (x, task) in (0..).zip(tasks.collect::<Vec<_>>()) {
            assert_eq!(task.await.unwrap()?, 3 * x);
        }
        assert_eq!(triple(reference, 7).await?, 21);
        Ok(())
    }

    #[gear_test(shards = 1)]
    async fn a_cluster_for_async_tests(
        con: &mut AsyncCon,
        mut multiplexed: redis::aio::MultiplexedConnection,
        mut manager: redis::aio::ConnectionManager,
        pool: &mut Pool,
        cluster: &redgrease::embedded::Cluster,
    ) -> Result<()> {
        assert_eq!(triple(con, 7).await?, 21);
        assert_eq!(triple(&mut multiplexed, 1).await?, 3);
        assert_eq!(triple(&mut manager, 2).await?, 6);
        assert_eq!(triple(pool, 3).await?, 9);
        assert_eq!(cluster.shard(0).url(), cluster.url());
        Ok(())
    }
}
