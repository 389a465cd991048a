//! Private servers for tests with `#[gear_test]`, and connections to them.
//!
//! ```ignore
//! #[gear_test]
//! fn pages_are_cached(con: &mut redgrease::Con) -> redgrease::Result<()> {
//!     assert_eq!(cache_get(con, "http://example.org/")?, cache_get(con, "http://example.org/")?);
//!     Ok(())
//! }
//! ```
//!
//! With the environment variable `REDGREASE_SHARDS=3`, tests run on clusters of three shards, except those that take a `Server`
//! or a connection of redis-rs. It needs the feature `cluster`.
//!
//! With `#[gear_test(shards = 3)]` the test has a cluster in place of a server, and `replicas = 1` gives each shard a replica.
//!
//! Each test has a server on a unix socket, so tests run in parallel. All gears of the program are registered on it, or
//! those of `gears = [a, b]`. All servers share the installed Python packages.

use crate::__rt::redis;
use crate::{BlockingPool, Con, Gear, Options, Result, connect, register_all_with};
use redgrease_embedded::{Home, Server};
use std::fmt::Display;
use std::sync::Arc;
use std::thread;

mod clusters;

#[cfg(feature = "aio")]
pub use clusters::FromClusterAsync;
pub use clusters::{FromCluster, TestCluster, cluster};

/// The number of log lines that a failing test shows.
const LOG_LINES: usize = 20;

/// The server of one test, or the cluster in its place. It stops when the value is dropped. A failing test shows the end of each
/// log.
#[derive(Debug)]
pub struct TestServer(Started);

#[derive(Debug)]
enum Started {
    One(Arc<Server>),
    Many(TestCluster),
}

impl TestServer {
    fn url(&self) -> &str {
        match &self.0 {
            Started::One(server) => server.url(),
            Started::Many(cluster) => cluster.url(),
        }
    }

    fn one(&self) -> Result<Arc<Server>> {
        match &self.0 {
            Started::One(server) => Ok(Arc::clone(server)),
            Started::Many(_) => Err(redis::RedisError::from((
                redis::ErrorKind::InvalidClientConfig,
                "REDGREASE_SHARDS makes this a test on a cluster, and the test takes a server",
                "name the type `Server` in its parameters".to_owned(),
            ))
            .into()),
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Started::One(server) = &self.0
            && thread::panicking()
        {
            eprintln!(
                "The log of the server ends with:\n{}",
                server.log_tail(LOG_LINES)
            );
        }
    }
}

/// Starts a server and registers gears on it: all gears of the program, or the given ones. If the environment variable
/// `REDGREASE_SHARDS` has a number, it is a cluster of so many shards, unless the test is `on_one` server.
///
/// # Panics
///
/// When the server does not start, or the gears cannot be registered.
#[doc(hidden)]
#[must_use]
pub fn server(test: &str, gears: Option<&[&'static Gear]>, on_one: bool) -> TestServer {
    let shards = match Home::shards() {
        Ok(shards) => shards,
        Err(e) => panic!("the server of the test `{test}` did not start: {e}"),
    };
    if shards > 0 && !on_one {
        return TestServer(Started::Many(cluster(test, gears, shards, 0)));
    }
    let server = match Server::start() {
        Ok(server) => TestServer(Started::One(Arc::new(server))),
        Err(e) => panic!("the server of the test `{test}` did not start: {e}"),
    };
    register(test, server.url(), gears);
    server
}

/// Registers the gears of a test.
fn register(test: &str, url: &str, gears: Option<&[&'static Gear]>) {
    let mut options = Options::new();
    if let Some(gears) = gears {
        options = options.gears(gears);
    }
    let registered = match gears {
        // `gears = []`: the test registers its own scripts.
        Some([]) => Ok(()),
        _ => connect(url)
            .and_then(|mut con| register_all_with(&mut con, &options))
            .map(drop),
    };
    if let Err(e) = registered {
        panic!("the gears of the test `{test}` could not be registered: {e}");
    }
}

/// The parameters of `#[gear_test]` functions, by value or by reference: connections, and the server itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a `#[gear_test]`",
    label = "not a connection, a pool or a server",
    note = "take `&mut Con`, `&mut BlockingPool` or `&embedded::Server` of the crate `redgrease`, `&mut redis::Connection` or `redis::Client`",
    note = "async connections and a `Pool` go with an `async fn`, and `&embedded::Cluster` with `#[gear_test(shards = 3)]`"
)]
pub trait FromServer {
    /// The value that is created: the type itself, or a value that derefs to it.
    type Made;

    /// Creates the value.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached.
    fn from_server(server: &TestServer) -> Result<Self::Made>;
}

/// The parameters of async `#[gear_test]` functions, by value or by reference.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an async `#[gear_test]`",
    label = "not an async connection, a pool or a server",
    note = "take `&mut AsyncCon`, `&mut Pool` or `&embedded::Server` of the crate `redgrease`, `&mut redis::aio::MultiplexedConnection` or `redis::Client`",
    note = "blocking connections and a `BlockingPool` go with a `fn` without `async`, and `&embedded::Cluster` with `#[gear_test(shards = 3)]`"
)]
#[cfg(feature = "aio")]
pub trait FromServerAsync {
    /// The value that is created: the type itself, or a value that derefs to it.
    type Made;

    /// Creates the value.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached.
    fn from_server(server: &TestServer) -> impl Future<Output = Result<Self::Made>> + Send;
}

/// Makes connections arguments of tests, on one server and on a cluster. A cluster is found from the URL of one of its servers.
macro_rules! connections {
    ($($type:ty: |$url:ident| $make:expr;)*) => {$(
        impl FromServer for $type {
            type Made = $type;
            fn from_server(server: &TestServer) -> Result<$type> {
                let $url = server.url();
                $make
            }
        }

        impl FromCluster for $type {
            type Made = $type;
            fn from_cluster(cluster: &TestCluster) -> Result<$type> {
                let $url = cluster.url();
                $make
            }
        }
    )*};
}

connections! {
    Con: |url| connect(url);
    BlockingPool: |url| BlockingPool::connect(url);
    redis::Connection: |url| Ok(redis::Client::open(url)?.get_connection()?);
    redis::Client: |url| Ok(redis::Client::open(url)?);
}

impl FromServer for Server {
    type Made = Arc<Server>;
    fn from_server(server: &TestServer) -> Result<Arc<Server>> {
        server.one()
    }
}

#[cfg(feature = "aio")]
mod aio {
    use super::{FromClusterAsync, FromServerAsync, TestCluster, TestServer, redis};
    use crate::{AsyncCon, Pool, Result, connect_async};
    use redgrease_embedded::Server;
    use std::sync::Arc;

    /// The async counterpart of `connections`.
    macro_rules! connections_async {
        ($($type:ty: |$url:ident| $make:expr;)*) => {$(
            impl FromServerAsync for $type {
                type Made = $type;
                async fn from_server(server: &TestServer) -> Result<$type> {
                    let $url = server.url();
                    $make
                }
            }

            impl FromClusterAsync for $type {
                type Made = $type;
                async fn from_cluster(cluster: &TestCluster) -> Result<$type> {
                    let $url = cluster.url();
                    $make
                }
            }
        )*};
    }

    connections_async! {
        AsyncCon: |url| connect_async(url).await;
        Pool: |url| Pool::connect(url).await;
        redis::aio::MultiplexedConnection: |url| {
            Ok(redis::Client::open(url)?.get_multiplexed_async_connection().await?)
        };
        redis::aio::ConnectionManager: |url| Ok(redis::Client::open(url)?.get_connection_manager().await?);
        redis::Client: |url| Ok(redis::Client::open(url)?);
    }

    impl FromServerAsync for Server {
        type Made = Arc<Server>;
        async fn from_server(server: &TestServer) -> Result<Arc<Server>> {
            server.one()
        }
    }

    /// Runs an async test.
    ///
    /// # Panics
    ///
    /// When the operating system refuses to create threads.
    #[doc(hidden)]
    pub fn block_on<F: Future>(test: F) -> F::Output {
        match tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
        {
            Ok(runtime) => runtime.block_on(test),
            Err(e) => panic!("an async test could not be run: {e}"),
        }
    }
}

#[cfg(feature = "aio")]
pub use aio::block_on;

/// The results of `#[gear_test]` functions.
#[diagnostic::on_unimplemented(
    message = "a `#[gear_test]` function cannot return `{Self}`",
    label = "expected `()` or a `Result<(), _>`"
)]
pub trait Outcome {
    /// Fails the test if the result is an error.
    ///
    /// # Panics
    ///
    /// With the text of the error, which shows the line of a Python exception.
    fn check(self);
}

impl Outcome for () {
    fn check(self) {}
}

impl<E: Display> Outcome for std::result::Result<(), E> {
    #[track_caller]
    fn check(self) {
        if let Err(e) = self {
            panic!("{e}");
        }
    }
}
