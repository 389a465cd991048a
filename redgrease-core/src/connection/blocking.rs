//! The blocking connection.

use super::address::{Address, CONNECT_TIMEOUT};
use super::addresses::{Addresses, IntoAddresses};
#[cfg(feature = "cluster")]
use super::cluster::{Node, Nodes, Sending, now};
use super::endpoint::Endpoint;
#[cfg(feature = "cluster")]
use super::packed::Packed;
use super::{clustered, known, own};
use crate::error::Result;
use redis::{Cmd, ConnectionLike, RedisResult, Value};
use std::fmt;
use std::sync::Arc;
#[cfg(feature = "cluster")]
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A blocking connection to one server, or to a cluster (feature `cluster`).
///
/// [`connect`] and [`start`](crate::start) open it. It carries the [`Options`](crate::Options) of its registration:
/// calls use their namespace, and a gear that the server has lost is registered again with the same policy, gears and
/// package. A connection of [`connect`] starts with the options of the last registration at the same address in this
/// process, if there was one.
///
/// One thread uses it at a time. For many threads there is [`BlockingPool`](crate::BlockingPool).
///
/// It has no response timeout, because a gear may run for a long time. Limit a single call with
/// [`Call::timeout`](crate::Call::timeout), and all calls with [`Options::call_timeout`](crate::Options::call_timeout). After the connection broke, the next command opens it again. The command
/// that was interrupted fails and is never sent again.
///
/// # Clusters
///
/// The address of any node is enough. Each command goes to its node: a gear with [`Call::on_key`](crate::Call::on_key) and
/// commands of a key to the primary that serves the key's slot, other gears and chains to a primary, another one each time,
/// ids (`RG.GETRESULTS`, `RG.UNREGISTER`, ..) to the node that made them, `RG.CONFIGSET` to all nodes. When a slot moves or a
/// replica is promoted, the connection follows. A command is sent again only when its node did not run it; a gear runs once.
pub struct Con {
    endpoint: Arc<Endpoint>,
    target: Target,
}

/// What a connection leads to.
#[allow(
    clippy::large_enum_variant,
    reason = "only a connection with TLS is that large, and each `Con` has one target"
)]
enum Target {
    One(One),
    #[cfg(feature = "cluster")]
    Cluster(Nodes<Arc<Mutex<One>>>),
}

/// A connection to one server.
struct One {
    address: Address,
    /// `None` after the connection broke.
    open: Option<redis::Connection>,
}

/// Opens a blocking connection to a server or a cluster, and registers nothing.
///
/// # Errors
///
/// When an address cannot be parsed or names a database other than 0, or the server cannot be reached.
///
/// ```no_run
/// let mut con = redgrease_core::connect("redis://127.0.0.1/")?;
/// # Ok::<(), redgrease_core::Error>(())
/// ```
pub fn connect(address: impl IntoAddresses) -> Result<Con> {
    let given = address.into_addresses()?;
    let mut search = given.search();
    let (mut one, address) = loop {
        let address = search.next()?;
        match One::open(&address, given.limit()) {
            Ok(one) => break (one, address),
            Err(e) => search.failed(e)?,
        }
    };
    let endpoint = Endpoint::new(address.clone(), known::connected(&address));
    let is_node = clustered::is_node(one.req_command(&clustered::question()));
    let target = if is_node {
        Target::of_node(one, &endpoint, &given)?
    } else {
        given.must_be_one(&address)?;
        Target::One(one)
    };
    Ok(Con { endpoint, target })
}

impl Target {
    #[cfg(feature = "cluster")]
    fn of_node(one: One, endpoint: &Endpoint, given: &Addresses) -> Result<Self> {
        let one = Arc::new(Mutex::new(one));
        let open = |address| {
            let open = None;
            Ok(Arc::new(Mutex::new(One { address, open })))
        };
        let address = endpoint.address();
        let nodes = now(Nodes::of(Arc::clone(&one), address, given, open));
        if let Some(nodes) = nodes {
            endpoint.leads_to(nodes.followed());
            return Ok(Target::Cluster(nodes));
        }
        given.must_be_one(address)?;
        match Arc::into_inner(one) {
            Some(one) => Ok(Target::One(
                one.into_inner().unwrap_or_else(PoisonError::into_inner),
            )),
            None => One::open(address, CONNECT_TIMEOUT).map(Target::One),
        }
    }

    #[cfg(not(feature = "cluster"))]
    fn of_node(_: One, endpoint: &Endpoint, _: &Addresses) -> Result<Self> {
        Err(clustered::unsupported(endpoint.address()))
    }
}

impl Con {
    /// A separate connection to a server that another connection leads to, opened within the limit.
    pub(crate) fn to(address: &Address, limit: Option<Duration>) -> Result<Self> {
        let limit = limit.unwrap_or(CONNECT_TIMEOUT);
        // A limit of zero is an error of the socket.
        let limit = limit.clamp(Duration::from_millis(1), CONNECT_TIMEOUT);
        Ok(Con {
            target: Target::One(One::open(address, limit)?),
            endpoint: Endpoint::new(address.clone(), None),
        })
    }
}

impl One {
    fn open(address: &Address, limit: Duration) -> Result<Self> {
        let opened = address.open_within(limit);
        Ok(One {
            open: Some(opened.map_err(|e| address.unreachable(e))?),
            address: address.clone(),
        })
    }

    /// Opens the connection again, within the limit of the call.
    fn open_again(&self) -> RedisResult<redis::Connection> {
        let opened = match own::limit() {
            Some(limit) => self.address.open_within(limit.min(CONNECT_TIMEOUT)),
            None => self.address.open(),
        };
        opened.map_err(|e| match own::limit() {
            Some(_) if e.is_timeout() => e,
            _ => self.address.unreachable(e).into_redis(),
        })
    }

    /// Sends something, once, over a connection that is not known to be broken.
    fn send<T>(
        &mut self,
        send: impl FnOnce(&mut redis::Connection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let mut con = match self.open.take() {
            Some(con) if con.is_open() => con,
            _ => self.open_again()?,
        };
        let limit = own::limit();
        if limit.is_some() {
            con.set_read_timeout(limit)?;
        }
        let result = send(&mut con);
        if limit.is_some() {
            con.set_read_timeout(None)?;
        }
        // After a timeout, the late answer would be taken for the answer of the next command.
        if !matches!(&result, Err(e) if e.is_io_error() || e.is_unrecoverable_error()) {
            self.open = Some(con);
        }
        result
    }

    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        self.send(|con| con.req_command(cmd))
    }
}

#[cfg(feature = "cluster")]
impl Node for Arc<Mutex<One>> {
    async fn one(&self, cmd: &Cmd, sending: Sending) -> RedisResult<Value> {
        let mut one = self.lock().unwrap_or_else(PoisonError::into_inner);
        sending.enter(|| one.req_command(cmd))
    }

    async fn several(
        &self,
        pipeline: &redis::Pipeline,
        offset: usize,
        count: usize,
        sending: Sending,
    ) -> RedisResult<Vec<Value>> {
        let bytes = pipeline.get_packed_pipeline();
        let mut one = self.lock().unwrap_or_else(PoisonError::into_inner);
        sending.enter(|| one.send(|con| con.req_packed_commands(&bytes, offset, count)))
    }

    async fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

impl fmt::Debug for Con {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.endpoint.address();
        match &self.target {
            Target::One(one) if one.open.is_some() => write!(f, "Con({address}, open)"),
            Target::One(_) => write!(f, "Con({address}, broken)"),
            #[cfg(feature = "cluster")]
            Target::Cluster(nodes) => write!(f, "Con({address}, {nodes:?})"),
        }
    }
}

impl ConnectionLike for Con {
    fn req_packed_command(&mut self, cmd: &[u8]) -> RedisResult<Value> {
        match &mut self.target {
            Target::One(one) => one.send(|con| con.req_packed_command(cmd)),
            #[cfg(feature = "cluster")]
            Target::Cluster(nodes) => {
                let cmd = Packed::new(cmd).unpacked();
                now(nodes.one(&cmd, Sending::now(own::limit())))
            }
        }
    }
    fn req_packed_commands(
        &mut self,
        cmd: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        match &mut self.target {
            Target::One(one) => one.send(|con| con.req_packed_commands(cmd, offset, count)),
            #[cfg(feature = "cluster")]
            Target::Cluster(nodes) => {
                let pipeline = Packed::new(cmd).pipeline(offset);
                now(nodes.several(&pipeline, offset, count, Sending::now(own::limit())))
            }
        }
    }
    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        match &mut self.target {
            Target::One(one) => one.req_command(cmd),
            #[cfg(feature = "cluster")]
            Target::Cluster(nodes) => now(nodes.one(cmd, Sending::now(own::limit()))),
        }
    }
    fn get_db(&self) -> i64 {
        own::answer(&self.endpoint);
        0
    }
    fn supports_pipelining(&self) -> bool {
        true
    }
    fn check_connection(&mut self) -> bool {
        redis::cmd("PING").query::<String>(self).is_ok()
    }
    fn is_open(&self) -> bool {
        match &self.target {
            Target::One(one) => one.open.as_ref().is_some_and(ConnectionLike::is_open),
            #[cfg(feature = "cluster")]
            Target::Cluster(_) => true,
        }
    }
}
