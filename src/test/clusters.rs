//! The clusters of tests with `#[gear_test(shards = 3)]`, and what such tests take as arguments.

use super::{LOG_LINES, register};
use crate::{Gear, Result};
use redgrease_embedded::{Cluster, Server};
use std::ops::Deref;
use std::sync::Arc;
use std::thread;

/// The cluster of one test. It ends when the value is dropped. A failing test shows the end of each server's log.
#[derive(Debug)]
pub struct TestCluster(Arc<Cluster>);

impl Deref for TestCluster {
    type Target = Cluster;
    fn deref(&self) -> &Cluster {
        &self.0
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        if thread::panicking() {
            for node in self.0.nodes() {
                eprintln!(
                    "The log of {} ends with:\n{}",
                    node.url(),
                    node.log_tail(LOG_LINES)
                );
            }
        }
    }
}

/// Starts a cluster and registers gears on it: all gears of the program, or the given ones.
///
/// # Panics
///
/// When the cluster does not start, or the gears cannot be registered.
#[doc(hidden)]
#[must_use]
pub fn cluster(
    test: &str,
    gears: Option<&[&'static Gear]>,
    shards: usize,
    replicas: usize,
) -> TestCluster {
    let builder = Server::cluster().shards(shards).replicas(replicas);
    let cluster = match builder.start() {
        Ok(cluster) => TestCluster(Arc::new(cluster)),
        Err(e) => panic!("the cluster of the test `{test}` did not start: {e}"),
    };
    register(test, cluster.url(), gears);
    cluster
}

/// The parameters of `#[gear_test(shards = ..)]` functions, by value or by reference: connections, and the cluster itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a `#[gear_test]` with `shards`",
    label = "not a connection, a pool or a cluster",
    note = "take `&mut Con`, `&mut BlockingPool` or `&embedded::Cluster` of the crate `redgrease`, `&mut redis::Connection` or `redis::Client`",
    note = "async connections and a `Pool` go with an `async fn`, and `&embedded::Server` with a test without `shards`"
)]
pub trait FromCluster {
    /// The value that is created: the type itself, or a value that derefs to it.
    type Made;

    /// Creates the value.
    ///
    /// # Errors
    ///
    /// When the cluster cannot be reached.
    fn from_cluster(cluster: &TestCluster) -> Result<Self::Made>;
}

/// The parameters of async `#[gear_test(shards = ..)]` functions, by value or by reference.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of an async `#[gear_test]` with `shards`",
    label = "not an async connection, a pool or a cluster",
    note = "take `&mut AsyncCon`, `&mut Pool` or `&embedded::Cluster` of the crate `redgrease`, `&mut redis::aio::MultiplexedConnection` or `redis::Client`",
    note = "blocking connections and a `BlockingPool` go with a `fn` without `async`, and `&embedded::Server` with a test without `shards`"
)]
#[cfg(feature = "aio")]
pub trait FromClusterAsync {
    /// The value that is created: the type itself, or a value that derefs to it.
    type Made;

    /// Creates the value.
    ///
    /// # Errors
    ///
    /// When the cluster cannot be reached.
    fn from_cluster(cluster: &TestCluster) -> impl Future<Output = Result<Self::Made>> + Send;
}

impl FromCluster for Cluster {
    type Made = Arc<Cluster>;
    fn from_cluster(cluster: &TestCluster) -> Result<Arc<Cluster>> {
        Ok(Arc::clone(&cluster.0))
    }
}

#[cfg(feature = "aio")]
impl FromClusterAsync for Cluster {
    type Made = Arc<Cluster>;
    async fn from_cluster(cluster: &TestCluster) -> Result<Arc<Cluster>> {
        Ok(Arc::clone(&cluster.0))
    }
}
