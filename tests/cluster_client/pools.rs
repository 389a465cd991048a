//! Many calls at the same time.

use crate::shards::Shards;
use crate::{block_on, port, port_async, port_of, port_of_async};
use redgrease::{BlockingPool, Pool};
use redis::{AsyncCommands as _, Commands as _};
use std::thread;

const TASKS: usize = 12;
const CALLS: i64 = 40;

#[test]
fn a_pool_under_load_follows_slots_that_move() {
    let shards = Shards::start();
    block_on(async {
        let pool = Pool::start(shards.url(0)).await.unwrap();
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let mut pool = pool.clone();
                tokio::spawn(async move {
                    for n in 0..CALLS {
                        let key = format!("{{06S}}:{task}:{n}");
                        let () = pool.set(&key, n).await.unwrap();
                        port_async(&mut pool).await.unwrap();
                        let call = port_of_async::call(&key).on_key(key.as_str());
                        let (_, found) = call.on_async(&mut pool).await.unwrap();
                        assert_eq!(found, Some(n));
                        assert_eq!(pool.get::<_, i64>(&key).await.unwrap(), n);
                    }
                })
            })
            .collect();
        tokio::task::block_in_place(|| {
            for to in [1, 2, 0] {
                shards.move_slot(0, to);
            }
        });
        for task in tasks {
            task.await.unwrap();
        }
        let metrics = pool.metrics();
        assert_eq!((metrics.size, metrics.in_use, metrics.waiting), (96, 0, 0));
    });
}

#[test]
fn a_blocking_pool_under_load_follows_slots_that_move() {
    let shards = Shards::start();
    let pool = BlockingPool::start(shards.url(0)).unwrap();
    thread::scope(|scope| {
        for task in 0..TASKS {
            let mut pool = pool.clone();
            scope.spawn(move || {
                for n in 0..CALLS {
                    let key = format!("{{06S}}:{task}:{n}");
                    let () = pool.set(&key, n).unwrap();
                    port(&mut pool).unwrap();
                    let call = port_of::call(&key).on_key(key.as_str());
                    let (_, found) = call.on(&mut pool).unwrap();
                    assert_eq!(found, Some(n));
                    assert_eq!(pool.get::<_, i64>(&key).unwrap(), n);
                }
            });
        }
        for to in [1, 2, 0] {
            shards.move_slot(0, to);
        }
    });
    let metrics = pool.metrics();
    assert_eq!((metrics.size, metrics.in_use, metrics.waiting), (96, 0, 0));
}
