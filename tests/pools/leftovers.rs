//! Nothing outlives a pool or a runtime: threads, tasks and sockets.

use crate::common::eventually;
use crate::{at_once, server, soon};
use redgrease::{BlockingPool, Options, Pool, PoolOptions};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The threads of this process that close idle sockets.
fn tending() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.flatten().filter_map(|task| {
        // A thread may have ended meanwhile.
        std::fs::read_to_string(task.path().join("comm")).ok()
    });
    names.filter(|name| name.trim() == "redgrease-pool").count()
}

/// Other tests of the process have pools as well, so many are dropped.
#[test]
fn dropped_pools_leave_no_threads() {
    const POOLS: usize = 40;
    let server = server();
    let forever = PoolOptions::new().idle(Duration::MAX);
    for _ in 0..POOLS {
        let mut pool = BlockingPool::connect_with(server.url(), &forever).unwrap();
        redis::cmd("PING").exec(&mut pool).unwrap();
    }
    eventually("the threads end", || tending() < POOLS / 2);
}

#[tokio::test]
async fn dropped_pools_leave_no_tasks() {
    let server = server();
    let forever = PoolOptions::new().idle(Duration::MAX);
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    for _ in 0..3 {
        let options = Options::new();
        let started = Pool::start_with(server.url(), &options, &forever);
        let (mut pool, _) = started.await.unwrap();
        assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
        assert!(tasks() > before);
    }
    crate::eventually("the tasks end", || tasks() <= before).await;
}

#[test]
fn the_figures_count_no_sockets_of_ended_runtimes() {
    let server = server();
    let mut pool = runtime().block_on(Pool::start(server.url())).unwrap();
    for n in 0..5 {
        runtime().block_on(async {
            assert_eq!(at_once(&mut pool, n).await.unwrap(), n + 1);
            assert_eq!(soon(&mut pool, n).await.unwrap(), n + 1);
            let metrics = pool.metrics();
            assert_eq!((metrics.shared, metrics.open), (1, 1), "{metrics:?}");
        });
        let metrics = pool.metrics();
        let open = (metrics.shared, metrics.open, metrics.idle);
        assert_eq!(open, (0, 0, 0), "{metrics:?}");
    }
}
