//! A gear runs once, also when its connection breaks while it runs.

use crate::block_on;
use crate::common::eventually;
use crate::shards::Shards;
use redgrease::prelude::*;
use std::path::Path;
use std::thread;

/// Writes a line to a file, and waits until another file is there. A second run does not wait.
#[gear_command]
fn line(path: &str) -> i64 {
    python! {
        import os, time
        runs_again = os.path.exists(path)
        with open(path, "a") as file:
            file.write("ran\n")
        while not runs_again and not os.path.exists(path + ".go"):
            time.sleep(0.005)
        return 1
    }
}

/// The twin of [`line`] for async connections.
#[gear_command]
async fn line_async(path: &str) -> i64 {
    python! {
        import os, time
        runs_again = os.path.exists(path)
        with open(path, "a") as file:
            file.write("ran\n")
        while not runs_again and not os.path.exists(path + ".go"):
            time.sleep(0.005)
        return 1
    }
}

/// How often the gear has begun to run.
fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

/// Kills the connections to all nodes while the gear runs, lets it end, and counts its runs.
fn killed(shards: &Shards, call: impl FnOnce(&str) -> redgrease::Result<i64> + Send) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lines");
    let before: u64 = triggered(shards);
    let error = thread::scope(|scope| {
        let call = scope.spawn(|| call(path.to_str().unwrap()));
        eventually("the gear runs", || lines(&path) > 0);
        for at in 0..shards.count() {
            shards.ask(at, &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        }
        call.join().unwrap().unwrap_err()
    });
    assert!(error.is_connection(), "{error}");
    std::fs::write(path.with_extension("go"), "").unwrap();
    assert_eq!((lines(&path), triggered(shards) - before), (1, 1));
}

/// How many calls have reached the gears of all shards. Servers do not all count a command whose client was killed.
fn triggered(shards: &Shards) -> u64 {
    let of_shard = |at| {
        let registered = shards.con(at).dump_registrations().unwrap();
        registered.iter().map(|it| it.triggered).sum::<u64>()
    };
    (0..shards.count()).map(of_shard).sum()
}

#[test]
fn a_gear_runs_once_when_its_connection_is_killed() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    killed(&shards, |path| line(&mut con, path));
    let mut pool = redgrease::BlockingPool::connect(shards.url(0)).unwrap();
    killed(&shards, |path| line(&mut pool, path));
    // Both go on afterwards.
    for _ in 0..6 {
        crate::port(&mut con).unwrap();
        crate::port(&mut pool).unwrap();
    }
}

#[test]
fn an_async_gear_runs_once_when_its_connection_is_killed() {
    let shards = Shards::start();
    block_on(async {
        let mut con = redgrease::start_async(shards.url(0)).await.unwrap();
        let mut pool = redgrease::Pool::connect(shards.url(0)).await.unwrap();
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            killed(&shards, |path| runtime.block_on(line_async(&mut con, path)));
            killed(&shards, |path| {
                runtime.block_on(line_async(&mut pool, path))
            });
        });
        for _ in 0..6 {
            crate::port_async(&mut pool).await.unwrap();
        }
    });
}

/// From Redis 7.0 on, a server of a cluster that is down lets the clients go that wait for gears, and the gears run on. On Redis 6.2 and
/// Valkey, the clients wait on.
#[test]
fn a_gear_runs_once_when_its_cluster_goes_down() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    let mut pool = redgrease::BlockingPool::connect(shards.url(0)).unwrap();
    shards.lose(2);
    let server = shards.ask(0, &["INFO", "server"]);
    let lets_go = !server.contains("valkey_version") && !server.contains("redis_version:6.");
    let dir = tempfile::tempdir().unwrap();
    let calls: [(&str, &mut (dyn redis::ConnectionLike + Send)); 2] =
        [("con", &mut con), ("pool", &mut pool)];
    for (name, con) in calls {
        let path = dir.path().join(name);
        let end = || std::fs::write(path.with_extension("go"), "").unwrap();
        let outcome = thread::scope(|scope| {
            let call = scope.spawn(|| line(con, path.to_str().unwrap()));
            eventually("the gear runs", || lines(&path) > 0);
            if !lets_go {
                end();
            }
            call.join().unwrap()
        });
        end();
        if lets_go {
            let text = outcome.unwrap_err().to_string();
            assert!(
                text.contains("CLUSTERDOWN") && text.contains("run twice"),
                "{text}"
            );
        } else {
            assert_eq!(outcome.unwrap(), 1);
        }
        assert_eq!(lines(&path), 1);
    }
}
