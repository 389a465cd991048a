//! [`ClusterBuilder`]: the options of a cluster.

use super::Cluster;
use crate::tls::Tls;
use crate::{Builder, Error, ErrorKind, Result};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// One slot at least for each shard.
const MOST_SHARDS: usize = 1000;
const MOST_REPLICAS: usize = 10;

/// The options of a [`Cluster`]; created by [`Server::cluster`](crate::Server::cluster).
///
/// ```no_run
/// use redgrease_embedded::Server;
///
/// let cluster = Server::cluster()
///     .shards(3)
///     .replicas(1) // of each shard
///     .module_arg("ExecutionThreads", "4") // on each server
///     .start()?;
/// # Ok::<(), redgrease_embedded::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `start`"]
pub struct ClusterBuilder {
    shards: usize,
    replicas: usize,
    node_timeout: Duration,
    first_port: Option<u16>,
    dir: Option<PathBuf>,
    node: Builder,
}

impl ClusterBuilder {
    pub(crate) fn new() -> Self {
        ClusterBuilder {
            shards: 3,
            replicas: 0,
            node_timeout: Duration::from_secs(2),
            first_port: None,
            dir: None,
            node: Builder::new(),
        }
    }

    /// Sets the number of shards; the default is 3. The slots are divided evenly. A cluster of one or two shards works, but
    /// promotes no replica by itself, because that needs a majority of the masters.
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// Sets the number of replicas of each shard; the default is 0.
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// Sets after which silence a node counts as failed (`cluster-node-timeout`); the default is 2 seconds. A replica takes
    /// the place of its master soon afterwards.
    pub fn node_timeout(mut self, timeout: Duration) -> Self {
        self.node_timeout = timeout;
        self
    }

    /// Uses this port and those behind it, in the order of [`Cluster::nodes`]; the default is ports that are free. The nodes
    /// also need the ports that are 10000 higher.
    pub fn first_port(mut self, port: u16) -> Self {
        self.first_port = Some(port);
        self
    }

    /// Keeps the data of all servers in this directory, which is created if necessary, for the next cluster that is started with
    /// it. That cluster has the same slots, roles and ports as well, and needs the same number of shards and replicas; shards that
    /// [`Cluster::add_shard`] has added count.
    ///
    /// By default the data are in temporary directories, which are removed with the servers.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Uses this `redis-server` or `valkey-server` program: a path, or a name on `PATH`.
    pub fn server(mut self, program: impl Into<PathBuf>) -> Self {
        self.node = self.node.server(program);
        self
    }

    /// Loads this engine.
    pub fn engine(mut self, library: impl Into<PathBuf>) -> Self {
        self.node = self.node.engine(library);
        self
    }

    /// Starts plain servers, without the engine.
    pub fn without_engine(mut self) -> Self {
        self.node = self.node.without_engine();
        self
    }

    /// Sets the directory in which the engines install the packages that gears require. All servers share it.
    pub fn python_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.node = self.node.python_dir(dir);
        self
    }

    /// Adds a line to the configuration of each server, as [`Builder::server_arg`] does.
    pub fn server_arg(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.node = self.node.server_arg(name, value);
        self
    }

    /// Adds an argument for the engine of each server: `module_arg("ExecutionThreads", "4")`.
    pub fn module_arg(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.node = self.node.module_arg(name, value);
        self
    }

    /// Lets the servers speak TLS, among each other and with clients: with this certificate and its key, and with certificates of
    /// this authority, which are files in the format PEM. Clients need no certificate. The name in the certificate is `127.0.0.1`.
    ///
    /// The URLs then begin with `rediss://`, and the sockets speak no TLS.
    pub fn tls(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
        authority: impl Into<PathBuf>,
    ) -> Self {
        self.node = self.node.tls(Tls {
            certificate: certificate.into(),
            key: key.into(),
            authority: authority.into(),
        });
        self
    }

    /// Sets how long to wait for the first reply of each server, and then until all servers agree; the default is 30 seconds.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.node = self.node.start_timeout(timeout);
        self
    }

    /// Starts the servers, divides the slots if the cluster is new, and waits until each server sees the whole cluster and each replica is connected.
    ///
    /// This takes at least two seconds: a master of a new cluster refuses work for so long.
    ///
    /// # Errors
    /// - The errors of [`Builder::start`].
    /// - `InvalidOption` if a number of servers or a port is out of range, or is not that of the cluster in the directory.
    /// - `Cluster` if a server refuses a command, `TimedOut` if the servers do not agree in time.
    pub fn start(self) -> Result<Cluster> {
        if !(1..=MOST_SHARDS).contains(&self.shards) || self.replicas > MOST_REPLICAS {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                format!(
                    "a cluster cannot have {} shards with {} replicas each: give 1 to {MOST_SHARDS} shards with at most \
                     {MOST_REPLICAS} replicas",
                    self.shards, self.replicas
                ),
            ));
        }
        let timeout = self.node_timeout.as_millis().max(1).to_string();
        let node = self.node.server_defaults(&[
            ("cluster-enabled", "yes"),
            ("cluster-node-timeout", &timeout),
            ("cluster-announce-ip", "127.0.0.1"),
            // A replica stays with its shard.
            ("cluster-migration-barrier", "1000"),
            ("repl-diskless-sync-delay", "0"),
            // Servers list a replica only when it has received something: in an empty cluster that is this ping.
            ("repl-ping-replica-period", "1"),
        ]);
        let dir = self.dir.as_deref();
        let timeout = self.node_timeout;
        Cluster::start(
            node,
            self.first_port,
            self.shards,
            self.replicas,
            timeout,
            dir,
        )
    }
}
