//! The async connection.

use super::address::{Address, CONNECT_TIMEOUT};
use super::addresses::{Addresses, IntoAddresses};
#[cfg(feature = "cluster")]
use super::cluster::{Node, Nodes, Sending};
use super::endpoint::Endpoint;
use super::{clustered, known, own};
use crate::error::Result;
#[cfg(feature = "cluster")]
use redis::RedisResult;
use redis::aio::{ConnectionLike, ConnectionManager};
use redis::{Cmd, Pipeline, RedisFuture, Value};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// An async connection to one server, or to a cluster (see [`Con`](crate::Con#clusters)). Cloning it is cheap; the clones share one socket and the options.
///
/// [`connect_async`] and [`start_async`](crate::start_async) open it. It carries the [`Options`](crate::Options) of its
/// registration, like [`Con`](crate::Con).
///
/// # One call after the other
///
/// Redis serves one blocked call per socket. A gear that runs on another thread of the server (every mode but `sync`), a
/// chain, or a command such as `BLPOP` holds up all clones until it is answered, also `GET`. With four gears of 2 s in front, a
/// trivial call waited for 7.8 s; over a [`Pool`](crate::Pool), it took 0.7 ms. A web service keeps a `Pool` in its
/// state, not this connection.
///
/// # Time limits
///
/// It has no response timeout, because a gear may run for a long time. Limit a single call with
/// [`Call::timeout`](crate::Call::timeout), and all calls with [`Options::call_timeout`](crate::Options::call_timeout). After the connection broke, it is opened again in the background. The
/// commands that were interrupted fail and are never sent again.
#[derive(Clone)]
pub struct AsyncCon {
    endpoint: Arc<Endpoint>,
    target: Target,
}

/// What a connection leads to.
#[derive(Clone)]
enum Target {
    One(ConnectionManager),
    #[cfg(feature = "cluster")]
    Cluster(Arc<Nodes<ConnectionManager>>),
}

/// Opens an async connection to a server, and registers nothing.
///
/// # Errors
///
/// When an address cannot be parsed or names a database other than 0, or the server cannot be reached.
pub async fn connect_async(address: impl IntoAddresses) -> Result<AsyncCon> {
    let given = address.into_addresses()?;
    let mut search = given.search();
    let (mut one, address) = loop {
        let address = search.next()?;
        match open(&address, given.limit()).await {
            Ok(one) => break (one, address),
            Err(e) => search.failed(e)?,
        }
    };
    let endpoint = Endpoint::new(address.clone(), known::connected(&address));
    let is_node = clustered::is_node(one.req_packed_command(&clustered::question()).await);
    let target = if is_node {
        Target::of_node(one, &endpoint, &given).await?
    } else {
        given.must_be_one(&address)?;
        Target::One(one)
    };
    Ok(AsyncCon { endpoint, target })
}

impl Target {
    #[cfg(feature = "cluster")]
    async fn of_node(
        one: ConnectionManager,
        endpoint: &Endpoint,
        given: &Addresses,
    ) -> Result<Self> {
        let opened = |address: Address| address.open_later();
        let address = endpoint.address();
        if let Some(nodes) = Nodes::of(one.clone(), address, given, opened).await {
            endpoint.leads_to(nodes.followed());
            return Ok(Target::Cluster(Arc::new(nodes)));
        }
        given.must_be_one(address)?;
        Ok(Target::One(one))
    }

    #[cfg(not(feature = "cluster"))]
    async fn of_node(_: ConnectionManager, endpoint: &Endpoint, _: &Addresses) -> Result<Self> {
        Err(clustered::unsupported(endpoint.address()))
    }
}

async fn open(address: &Address, limit: Duration) -> Result<ConnectionManager> {
    address
        .open_async(limit)
        .await
        .map_err(|e| address.unreachable(e))
}

impl AsyncCon {
    /// A separate connection to a server that another connection leads to, opened within the limit.
    pub(crate) async fn to(address: &Address, limit: Option<Duration>) -> Result<Self> {
        let limit = limit.map_or(CONNECT_TIMEOUT, |limit| limit.min(CONNECT_TIMEOUT));
        Ok(AsyncCon {
            target: Target::One(open(address, limit).await?),
            endpoint: Endpoint::new(address.clone(), None),
        })
    }
}

#[cfg(feature = "cluster")]
impl Node for ConnectionManager {
    async fn one(&self, cmd: &Cmd, sending: Sending) -> RedisResult<Value> {
        let mut manager = self.clone();
        sending
            .enter_async(|| manager.req_packed_command(cmd))
            .await
    }

    async fn several(
        &self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
        sending: Sending,
    ) -> RedisResult<Vec<Value>> {
        let mut manager = self.clone();
        sending
            .enter_async(|| manager.req_packed_commands(pipeline, offset, count))
            .await
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

impl fmt::Debug for AsyncCon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsyncCon({})", self.endpoint.address())
    }
}

impl ConnectionLike for AsyncCon {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.target {
            Target::One(one) => one.req_packed_command(cmd),
            #[cfg(feature = "cluster")]
            Target::Cluster(nodes) => {
                let sending = Sending::now(own::take_limit());
                Box::pin(nodes.one(cmd, sending))
            }
        }
    }
    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.target {
            Target::One(one) => one.req_packed_commands(pipeline, offset, count),
            #[cfg(feature = "cluster")]
            Target::Cluster(nodes) => {
                let sending = Sending::now(own::take_limit());
                Box::pin(nodes.several(pipeline, offset, count, sending))
            }
        }
    }
    fn get_db(&self) -> i64 {
        own::answer(&self.endpoint);
        0
    }
}
