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
//! Each test has a server on a unix socket, so tests run in parallel. All gears of the program are registered on it, or
//! those of `gears = [a, b]`. All servers share the installed Python packages.

use crate::__rt::redis;
use crate::{BlockingPool, Con, Gear, Options, Result, connect, register_all_with};
use redgrease_embedded::Server;
use std::fmt::Display;
use std::ops::Deref;
use std::sync::Arc;
use std::thread;

/// The number of log lines that a failing test shows.
const LOG_LINES: usize = 20;

/// The server of one test. It stops when the value is dropped. A failing test shows the end of the server's log.
#[derive(Debug)]
pub struct TestServer(Arc<Server>);

impl Deref for TestServer {
    type Target = Server;
    fn deref(&self) -> &Server {
        &self.0
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "The log of the server ends with:\n{}",
                self.0.log_tail(LOG_LINES)
            );
        }
    }
}

/// Starts a server and registers gears on it: all gears of the program, or the given ones.
///
/// # Panics
///
/// When the server does not start, or the gears cannot be registered.
#[doc(hidden)]
#[must_use]
pub fn server(test: &str, gears: Option<&[&'static Gear]>) -> TestServer {
    let server = match Server::start() {
        Ok(server) => TestServer(Arc::new(server)),
        Err(e) => panic!("the server of the test `{test}` did not start: {e}"),
    };
    let mut options = Options::new();
    if let Some(gears) = gears {
        options = options.gears(gears);
    }
    let registered = match gears {
        // `gears = []`: the test registers its own scripts.
        Some([]) => Ok(()),
        _ => connect(server.url())
            .and_then(|mut con| register_all_with(&mut con, &options))
            .map(drop),
    };
    if let Err(e) = registered {
        panic!("the gears of the test `{test}` could not be registered: {e}");
    }
    server
}

/// The parameters of `#[gear_test]` functions, by value or by reference: connections, and the server itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a `#[gear_test]`",
    label = "not a connection, a pool or a server",
    note = "take `&mut Con`, `&mut BlockingPool` or `&embedded::Server` of the crate `redgrease`, `&mut redis::Connection` or `redis::Client`",
    note = "async connections and a `Pool` go with an `async fn`"
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
    note = "blocking connections and a `BlockingPool` go with a `fn` without `async`"
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

impl FromServer for Con {
    type Made = Con;
    fn from_server(server: &TestServer) -> Result<Con> {
        connect(server.url())
    }
}

impl FromServer for BlockingPool {
    type Made = BlockingPool;
    fn from_server(server: &TestServer) -> Result<BlockingPool> {
        BlockingPool::connect(server.url())
    }
}

impl FromServer for redis::Connection {
    type Made = redis::Connection;
    fn from_server(server: &TestServer) -> Result<redis::Connection> {
        Ok(client(server)?.get_connection()?)
    }
}

fn client(server: &Server) -> Result<redis::Client> {
    Ok(redis::Client::open(server.url())?)
}

macro_rules! for_both {
    ($($type:ty: $made:ty = |$server:ident| $make:expr;)*) => {$(
        impl FromServer for $type {
            type Made = $made;
            fn from_server($server: &TestServer) -> Result<$made> {
                $make
            }
        }

        #[cfg(feature = "aio")]
        impl FromServerAsync for $type {
            type Made = $made;
            async fn from_server($server: &TestServer) -> Result<$made> {
                $make
            }
        }
    )*};
}

for_both! {
    redis::Client: redis::Client = |server| client(server);
    Server: Arc<Server> = |server| Ok(Arc::clone(&server.0));
}

#[cfg(feature = "aio")]
mod aio {
    use super::{FromServerAsync, TestServer, client, redis};
    use crate::{AsyncCon, Pool, Result, connect_async};

    impl FromServerAsync for AsyncCon {
        type Made = AsyncCon;
        async fn from_server(server: &TestServer) -> Result<AsyncCon> {
            connect_async(server.url()).await
        }
    }

    impl FromServerAsync for Pool {
        type Made = Pool;
        async fn from_server(server: &TestServer) -> Result<Pool> {
            Pool::connect(server.url()).await
        }
    }

    impl FromServerAsync for redis::aio::MultiplexedConnection {
        type Made = redis::aio::MultiplexedConnection;
        async fn from_server(server: &TestServer) -> Result<Self> {
            Ok(client(server)?.get_multiplexed_async_connection().await?)
        }
    }

    impl FromServerAsync for redis::aio::ConnectionManager {
        type Made = redis::aio::ConnectionManager;
        async fn from_server(server: &TestServer) -> Result<Self> {
            Ok(client(server)?.get_connection_manager().await?)
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
