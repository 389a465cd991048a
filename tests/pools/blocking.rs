//! The blocking twin, with threads.

use crate::common::eventually;
use crate::{at_once_blocking, server, waits_blocking};
use redgrease::BlockingPool;
use std::thread;

#[test]
fn a_call_of_one_thread_does_not_wait_for_those_of_others() {
    let server = server();
    let mut pool = BlockingPool::start(server.url()).unwrap();
    thread::scope(|scope| {
        let slow: Vec<_> = (0..2)
            .map(|n| {
                let mut pool = pool.clone();
                scope.spawn(move || waits_blocking(&mut pool, &n.to_string()).unwrap())
            })
            .collect();
        eventually("the calls are sent", || pool.metrics().in_use == 2);
        assert_eq!(at_once_blocking(&mut pool, 1).unwrap(), 2);
        let () = redis::cmd("SET")
            .arg("open")
            .arg(1)
            .query(&mut pool)
            .unwrap();
        for (n, slow) in slow.into_iter().enumerate() {
            assert_eq!(slow.join().unwrap(), n.to_string());
        }
    });
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.idle), (0, 2));
}
