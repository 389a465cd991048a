//! One pool in several runtimes. A socket of tokio ends with the runtime that it was opened in.

use crate::{at_once, server, soon};
use redgrease::Pool;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_pool_outlives_the_runtime_that_it_was_opened_in() {
    let server = server();
    let mut pool = runtime().block_on(async {
        let mut pool = Pool::start(server.url()).await.unwrap();
        assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
        pool
    });
    for n in 0..12 {
        runtime().block_on(async {
            assert_eq!(at_once(&mut pool, n).await.unwrap(), n + 1);
            assert_eq!(soon(&mut pool, n).await.unwrap(), n + 1);
        });
    }
    let metrics = pool.metrics();
    assert!(metrics.open <= 2 && metrics.shared <= 8, "{metrics:?}");
}

#[test]
fn two_runtimes_use_a_pool_at_the_same_time() {
    let server = server();
    let (first, second) = (runtime(), runtime());
    let mut pool = first.block_on(Pool::start(server.url())).unwrap();
    std::thread::scope(|scope| {
        for runtime in [&first, &second] {
            let mut pool = pool.clone();
            scope.spawn(move || {
                runtime.block_on(async {
                    for n in 0..100 {
                        assert_eq!(at_once(&mut pool, n).await.unwrap(), n + 1);
                        assert_eq!(soon(&mut pool, n).await.unwrap(), n + 1);
                        tokio::time::sleep(Duration::from_micros(100)).await;
                    }
                });
            });
        }
    });
    assert_eq!(first.block_on(soon(&mut pool, 1)).unwrap(), 2);
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let server = server();
    let runtime = runtime();
    let mut pool = runtime.block_on(Pool::connect(server.url())).unwrap();
    let is_refused = |polled: std::task::Poll<String>| match polled {
        std::task::Poll::Ready(error) => assert!(error.contains("tokio runtime"), "{error}"),
        std::task::Poll::Pending => panic!("it waits for something"),
    };
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    // Over the shared socket, and over an own one.
    for (name, word) in [("PING", "x"), ("BLPOP", "0")] {
        let mut command = redis::cmd(name);
        command.arg(word);
        let query = command.query_async::<()>(&mut pool);
        let mut future = Box::pin(async { query.await.unwrap_err().to_string() });
        is_refused(future.as_mut().poll(&mut context));
    }
    // Within a limit.
    for call in [at_once::call(1), soon::call(1)] {
        let call = call.timeout(Duration::from_secs(1));
        let mut future =
            Box::pin(async { call.on_async(&mut pool).await.unwrap_err().to_string() });
        is_refused(future.as_mut().poll(&mut context));
    }
}
