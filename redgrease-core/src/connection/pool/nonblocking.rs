//! The async pool.

use super::gate::Gate;
use super::lines::{Lines, Own, health};
use super::options::PoolOptions;
use super::patience::Patience;
use super::places::Place;
use super::route::{Route, Routes, refused};
use super::shelf::{Shelf, Socket};
use super::watch::Watches;
use super::{Health, PoolMetrics, exhausted, is_broken, metrics};
#[cfg(feature = "cluster")]
use crate::connection::Addresses;
#[cfg(feature = "cluster")]
use crate::connection::cluster::{Node, Nodes, Sending};
use crate::connection::packed::words;
use crate::connection::{Address, Endpoint, IntoAddresses, clustered, own};
use crate::error::{Error, Result};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, RedisFuture, RedisResult, Value};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Id};

/// An async connection for many calls at the same time. Cloning it is cheap; the clones share the sockets.
///
/// Redis serves one blocked command per socket: over one [`AsyncCon`](crate::AsyncCon), a call waits for all calls before
/// it. A pool is used like a connection, and calls do not wait for each other:
///
/// * `sync` gears, other commands and pipelines of them go over one socket together.
/// * Gears that run on another thread of the server, chains, and commands such as `BLPOP` have a socket for themselves
///   until they are answered. The pool opens up to [`PoolOptions::size`] of them.
///
/// [`Pool::start`] opens it. It has no response timeout. Limit calls with
/// [`Options::call_timeout`](crate::Options::call_timeout) or [`Call::timeout`](crate::Call::timeout). A call whose future
/// is dropped closes its socket, so that nobody reads the late answer.
///
/// A socket that broke is replaced by a new one. A command that was interrupted fails, and is never sent again.
///
/// ```no_run
/// # async fn f() -> redgrease_core::Result<()> {
/// let mut pool = redgrease_core::Pool::start("redis://127.0.0.1/").await?;
/// let () = redis::cmd("SET").arg("x").arg(1).query_async(&mut pool).await?;
/// println!("{:?}", pool.metrics());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
    /// A pool for each node, if this is one to a cluster.
    #[cfg(feature = "cluster")]
    cluster: Option<Arc<Nodes<Arc<Inner>>>>,
}

struct Inner {
    endpoint: Arc<Endpoint>,
    options: PoolOptions,
    routes: Routes,
    gate: Gate,
    shelf: Arc<Shelf<Own>>,
    lines: Lines,
    /// Whether a task closes idle sockets.
    is_tended: AtomicBool,
    /// The tasks of the pool. They end with it.
    watches: Watches,
}

impl Pool {
    /// Opens a pool, and registers nothing.
    ///
    /// # Errors
    ///
    /// When an address cannot be parsed or names a database other than 0, or the server cannot be reached.
    pub async fn connect(address: impl IntoAddresses) -> Result<Self> {
        Pool::connect_with(address, &PoolOptions::new()).await
    }

    /// [`connect`](Self::connect) with options.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and a size that makes no sense.
    pub async fn connect_with(address: impl IntoAddresses, options: &PoolOptions) -> Result<Self> {
        options.check()?;
        let given = address.into_addresses()?;
        let wait = given.part_of(options.wait);
        let runtime = runtime()?;
        // A wrong address is an error here.
        let mut search = given.search();
        let (inner, address) = loop {
            let address = search.next()?;
            let inner = Inner::new(address.clone(), options);
            match inner.line(runtime, &Patience::new(wait, None)).await {
                Ok(_) => break (inner, address),
                Err(e) => search.failed(e.into())?,
            }
        };
        let is_node = clustered::is_node(inner.one(&clustered::question(), None).await);
        #[cfg(not(feature = "cluster"))]
        if is_node {
            return Err(clustered::unsupported(inner.endpoint.address()));
        }
        #[cfg(feature = "cluster")]
        if is_node && let Some(nodes) = inner.nodes(&given).await {
            let cluster = Some(Arc::new(nodes));
            return Ok(Pool { inner, cluster });
        }
        given.must_be_one(&address)?;
        Ok(Pool {
            #[cfg(feature = "cluster")]
            cluster: None,
            inner,
        })
    }

    /// The figures of the pool. Cheap: nothing is sent.
    pub fn metrics(&self) -> PoolMetrics {
        #[cfg(feature = "cluster")]
        if let Some(nodes) = &self.cluster {
            return PoolMetrics::sum(nodes.each(|node| node.metrics()));
        }
        self.inner.metrics()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Pool({}, {:?})",
            self.inner.endpoint.address(),
            self.metrics()
        )
    }
}

/// The runtime of the caller.
fn runtime() -> RedisResult<Id> {
    Handle::try_current().map(|handle| handle.id()).map_err(|_| {
        Error::config("a pool is used within a tokio runtime: call it from a task, or take `BlockingPool`")
            .into_redis()
    })
}

impl Inner {
    fn new(address: Address, options: &PoolOptions) -> Arc<Self> {
        let shelf = Shelf::new(options.size);
        Arc::new(Inner {
            endpoint: Endpoint::of_pool(address, shelf.places()),
            options: options.clone(),
            routes: Routes::new(options),
            gate: Gate::new(),
            shelf,
            lines: Lines::new(),
            is_tended: AtomicBool::new(false),
            watches: Watches::default(),
        })
    }

    /// The pools of the cluster that this one leads to, if it does.
    #[cfg(feature = "cluster")]
    async fn nodes(self: &Arc<Self>, given: &Addresses) -> Option<Nodes<Arc<Self>>> {
        let options = self.options.clone();
        let open = move |address| Ok(Inner::new(address, &options));
        let address = self.endpoint.address();
        let nodes = Nodes::of(Arc::clone(self), address, given, open).await?;
        self.endpoint.leads_to(nodes.followed());
        Some(nodes)
    }

    fn metrics(&self) -> PoolMetrics {
        metrics(&self.shelf, &self.lines.counts, None)
    }

    /// Sends a command over the socket that fits.
    fn one<'a>(
        self: &'a Arc<Self>,
        cmd: &'a Cmd,
        limit: Option<Duration>,
    ) -> RedisFuture<'a, Value> {
        let route = if own::is_quick() {
            Route::Shared
        } else {
            self.routes.of(words(cmd))
        };
        match route {
            Route::Shared => {
                Box::pin(self.share(limit, async |con| con.req_packed_command(cmd).await))
            }
            Route::Own => {
                let inner = Arc::clone(self);
                Box::pin(inner.alone(limit, async |con| con.req_packed_command(cmd).await))
            }
            Route::Refused(name) => Box::pin(std::future::ready(Err(refused(name)))),
        }
    }

    /// [`one`](Self::one) for a pipeline.
    fn several<'a>(
        self: &'a Arc<Self>,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
        limit: Option<Duration>,
    ) -> RedisFuture<'a, Vec<Value>> {
        let commands = pipeline.cmd_iter().map(words);
        let route = if own::is_quick() {
            Route::Shared
        } else {
            self.routes.of_pipeline(commands, pipeline.is_transaction())
        };
        match route {
            Route::Shared => Box::pin(self.share(limit, async move |con| {
                con.req_packed_commands(pipeline, offset, count).await
            })),
            Route::Own => {
                let inner = Arc::clone(self);
                Box::pin(inner.alone(limit, async move |con| {
                    con.req_packed_commands(pipeline, offset, count).await
                }))
            }
            Route::Refused(name) => Box::pin(std::future::ready(Err(refused(name)))),
        }
    }

    /// The socket for commands that do not block, and its number.
    async fn line(
        self: &Arc<Self>,
        runtime: Id,
        patience: &Patience,
    ) -> RedisResult<(u64, MultiplexedConnection)> {
        if let Some((number, con, true)) = self.lines.of(runtime) {
            return Ok((number, con));
        }
        let line = self.checked_line(runtime, patience);
        patience.hold(self.endpoint.address(), line).await
    }

    /// The line of the runtime after a check, or a new one.
    async fn checked_line(
        self: &Arc<Self>,
        runtime: Id,
        patience: &Patience,
    ) -> RedisResult<(u64, MultiplexedConnection)> {
        let _turn = self.lines.turn.take().await;
        if let Some((number, mut con, is_trusted)) = self.lines.of(runtime) {
            if is_trusted || health(&mut con, patience.check()).await == Health::Alive {
                self.lines.touch(number);
                return Ok((number, con));
            }
            self.lines.close(number);
        }
        let address = self.endpoint.address();
        let con = self.gate.open_async(address, patience.begun).await?;
        self.watch(runtime);
        let number = self.lines.add(Own {
            con: con.clone(),
            runtime,
        });
        Ok((number, con))
    }

    /// Sends something over the shared socket. A late answer is dropped by the socket, which the others go on to use.
    async fn share<T>(
        self: &Arc<Self>,
        limit: Option<Duration>,
        send: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let runtime = runtime()?;
        let patience = Patience::new(self.options.wait, limit);
        patience
            .finish(self.send_over_line(runtime, &patience, send))
            .await
    }

    async fn send_over_line<T>(
        self: &Arc<Self>,
        runtime: Id,
        patience: &Patience,
        send: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let (number, mut con) = self.line(runtime, patience).await?;
        let result = send(&mut con).await;
        if is_broken(&result) {
            self.lines.close(number);
            self.doubt_others();
        } else {
            self.lines.touch(number);
        }
        result
    }

    /// Sends something over a socket that nobody else uses meanwhile. If the future is dropped, the socket is closed.
    async fn alone<T>(
        self: Arc<Self>,
        limit: Option<Duration>,
        send: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let runtime = runtime()?;
        let patience = Patience::new(self.options.wait, limit);
        let place = tokio::time::timeout(patience.place, self.shelf.places().take()).await;
        let place = place.map_err(|_| exhausted(&[&*self.shelf], patience.place))?;
        patience
            .finish(self.send_from_place(place, runtime, &patience, send))
            .await
    }

    async fn send_from_place<T>(
        self: &Arc<Self>,
        place: Place,
        runtime: Id,
        patience: &Patience,
        send: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let socket = self.socket(runtime, patience);
        let mut socket = patience.hold(self.endpoint.address(), socket).await?;
        let result = send(&mut socket.con).await;
        if is_broken(&result) {
            self.doubt_others();
        } else {
            self.shelf.put_back(socket, place);
            self.tend();
        }
        result
    }

    /// An idle socket that is alive, or a new one.
    async fn socket(
        self: &Arc<Self>,
        runtime: Id,
        patience: &Patience,
    ) -> RedisResult<Socket<Own>> {
        while let Some(mut socket) = self.shelf.idle_socket(|own| own.runtime == runtime) {
            if !self.shelf.is_doubtful(&socket) {
                return Ok(socket);
            }
            let asked = Instant::now();
            match health(&mut socket.con, patience.check()).await {
                Health::Alive => return Ok(socket),
                Health::Broken => {}
                Health::Silent => self.shelf.close_unused_since(asked),
            }
        }
        let address = self.endpoint.address();
        let con = self.gate.open_async(address, patience.begun).await?;
        self.watch(runtime);
        Ok(Socket::new(Own { con, runtime }, self.shelf.counts()))
    }

    /// Has the sockets of a runtime closed when it ends.
    fn watch(self: &Arc<Self>, runtime: Id) {
        let pool = Arc::downgrade(self);
        self.watches.begin(runtime, move || {
            if let Some(inner) = pool.upgrade() {
                inner.lines.close_of(runtime);
                inner.shelf.close_if(|socket| socket.runtime == runtime);
                inner.watches.forget(runtime);
            }
        });
    }

    /// Has the other sockets checked before they are used, because one has broken.
    fn doubt_others(&self) {
        self.shelf.doubt_idle();
        self.lines.doubt();
    }

    /// Whether a task that closes idle sockets can end.
    fn is_tidy(&self) -> bool {
        self.is_tended.store(false, Ordering::Release);
        self.shelf.idle() == 0 || self.is_tended.swap(true, Ordering::AcqRel)
    }

    /// Starts a task that closes idle sockets, unless there is one.
    fn tend(self: &Arc<Self>) {
        if !self.is_tended.swap(true, Ordering::AcqRel) {
            let task = Tending(Arc::downgrade(self));
            let task = tokio::spawn(task.run(self.options.idle));
            self.watches.tends(task.abort_handle());
        }
    }
}

/// Closes idle sockets until there are none.
struct Tending(Weak<Inner>);

impl Tending {
    async fn run(mut self, limit: Duration) {
        while let Some(inner) = self.0.upgrade() {
            let next = inner.shelf.close_idle(limit);
            if next.is_none() && inner.is_tidy() {
                self.0 = Weak::new();
                return;
            }
            drop(inner);
            let left = next.unwrap_or_default();
            tokio::time::sleep(left.max(Duration::from_millis(10))).await;
        }
    }
}

/// Also when the runtime has ended.
impl Drop for Tending {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.is_tended.store(false, Ordering::Release);
        }
    }
}

#[cfg(feature = "cluster")]
impl Node for Arc<Inner> {
    async fn one(&self, cmd: &Cmd, sending: Sending) -> RedisResult<Value> {
        sending
            .enter_async(|| Inner::one(self, cmd, own::take_limit()))
            .await
    }

    async fn several(
        &self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
        sending: Sending,
    ) -> RedisResult<Vec<Value>> {
        sending
            .enter_async(|| Inner::several(self, pipeline, offset, count, own::take_limit()))
            .await
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

impl ConnectionLike for Pool {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        let limit = own::take_limit();
        #[cfg(feature = "cluster")]
        if let Some(nodes) = &self.cluster {
            return Box::pin(nodes.one(cmd, Sending::now(limit)));
        }
        self.inner.one(cmd, limit)
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        let limit = own::take_limit();
        #[cfg(feature = "cluster")]
        if let Some(nodes) = &self.cluster {
            return Box::pin(nodes.several(pipeline, offset, count, Sending::now(limit)));
        }
        self.inner.several(pipeline, offset, count, limit)
    }

    fn get_db(&self) -> i64 {
        own::answer(&self.inner.endpoint);
        0
    }
}
