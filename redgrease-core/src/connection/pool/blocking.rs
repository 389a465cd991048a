//! The blocking pool.

use super::gate::Gate;
use super::options::PoolOptions;
use super::patience::Patience;
use super::places::Place;
use super::route::{Route, Routes, refused};
use super::shelf::{Shelf, Socket};
use super::{Health, PoolMetrics, exhausted, is_broken, left_until, metrics};
#[cfg(feature = "cluster")]
use crate::connection::Addresses;
#[cfg(feature = "cluster")]
use crate::connection::cluster::{Node, Nodes, Sending, now};
use crate::connection::packed::Packed;
use crate::connection::{Address, Endpoint, IntoAddresses, clustered, own};
use crate::error::Result;
#[cfg(feature = "cluster")]
use redis::{Cmd, Pipeline};
use redis::{ConnectionLike, RedisResult, Value};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// A blocking connection for many threads at the same time. Cloning it is cheap; the clones share the sockets.
///
/// The twin of [`Pool`](crate::Pool): it is used like a connection, each thread has a clone, and calls of one thread do
/// not wait for those of another. Commands that block (gears that run on another thread of the server, chains, `BLPOP`)
/// use up to [`PoolOptions::size`] sockets. All other commands use eight sockets beside them, so that they are never
/// behind a gear that takes long. When all eight are busy (with a Lua script that takes long, for instance), such a
/// command goes over one of the other sockets, if one is free. On a cluster (see [`Con`](crate::Con#clusters)) each node has
/// these sockets.
///
/// ```no_run
/// let pool = redgrease_core::BlockingPool::start("redis://127.0.0.1/")?;
/// for n in 0..4 {
///     let mut pool = pool.clone();
///     std::thread::spawn(move || redis::cmd("SET").arg(n).arg(1).exec(&mut pool));
/// }
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[derive(Clone)]
pub struct BlockingPool {
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
    /// The sockets for commands that block.
    shelf: Arc<Shelf<redis::Connection>>,
    /// The sockets for commands that are answered at once.
    quick: Arc<Shelf<redis::Connection>>,
    /// Whether a thread closes idle sockets.
    is_tended: AtomicBool,
    /// That thread.
    tending: Mutex<Option<Thread>>,
}

/// The thread that closes idle sockets ends with the pool.
impl Drop for Inner {
    fn drop(&mut self) {
        let tending = self
            .tending
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = tending.take() {
            thread.unpark();
        }
    }
}

/// Sockets for commands that are answered at once. The server handles one of them at a time.
const QUICK: usize = 8;

/// A command that waits for one of those sockets for longer goes over another one, if that is free.
const SPARE: Duration = Duration::from_millis(5);

impl BlockingPool {
    /// Opens a pool, and registers nothing.
    ///
    /// # Errors
    ///
    /// When an address cannot be parsed or names a database other than 0, or the server cannot be reached.
    pub fn connect(address: impl IntoAddresses) -> Result<Self> {
        BlockingPool::connect_with(address, &PoolOptions::new())
    }

    /// [`connect`](Self::connect) with options.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and a size that makes no sense.
    pub fn connect_with(address: impl IntoAddresses, options: &PoolOptions) -> Result<Self> {
        options.check()?;
        let given = address.into_addresses()?;
        let wait = given.part_of(options.wait);
        // A wrong address is an error here.
        let mut search = given.search();
        let (inner, address) = loop {
            let address = search.next()?;
            let inner = Inner::new(address.clone(), options);
            match inner.open_first(wait) {
                Ok(()) => break (inner, address),
                Err(e) => search.failed(e.into())?,
            }
        };
        let answer = inner.one(&clustered::question().get_packed_command());
        let is_node = clustered::is_node(answer);
        #[cfg(not(feature = "cluster"))]
        if is_node {
            return Err(clustered::unsupported(inner.endpoint.address()));
        }
        #[cfg(feature = "cluster")]
        if let Some(nodes) = is_node.then(|| inner.nodes(&given)).flatten() {
            let cluster = Some(Arc::new(nodes));
            return Ok(BlockingPool { inner, cluster });
        }
        given.must_be_one(&address)?;
        Ok(BlockingPool {
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

impl fmt::Debug for BlockingPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.inner.endpoint.address();
        write!(f, "BlockingPool({address}, {:?})", self.metrics())
    }
}

fn health(con: &mut redis::Connection, limit: Duration) -> Health {
    let ping = || -> RedisResult<Value> {
        con.set_read_timeout(Some(limit))?;
        let answer = con.req_command(&redis::cmd("PING"));
        con.set_read_timeout(None)?;
        answer
    };
    Health::of(&{ ping }())
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
            quick: Shelf::new(QUICK),
            is_tended: AtomicBool::new(false),
            tending: Mutex::default(),
        })
    }

    /// The pools of the cluster that this one leads to, if it does.
    #[cfg(feature = "cluster")]
    fn nodes(self: &Arc<Self>, given: &Addresses) -> Option<Nodes<Arc<Self>>> {
        let options = self.options.clone();
        let open = move |address| Ok(Inner::new(address, &options));
        let address = self.endpoint.address();
        let nodes = now(Nodes::of(Arc::clone(self), address, given, open))?;
        self.endpoint.leads_to(nodes.followed());
        Some(nodes)
    }

    fn metrics(&self) -> PoolMetrics {
        let quick = &self.quick;
        metrics(&self.shelf, quick.counts(), Some(quick.crowd()))
    }

    fn one(self: &Arc<Self>, cmd: &[u8]) -> RedisResult<Value> {
        self.packed(cmd, false, |con| con.req_packed_command(cmd))
    }

    fn several(
        self: &Arc<Self>,
        cmd: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        // redis-rs skips the answers of all commands of a transaction but that of EXEC.
        let is_transaction = offset > 0;
        self.packed(cmd, is_transaction, |con| {
            con.req_packed_commands(cmd, offset, count)
        })
    }

    fn open_first(self: &Arc<Self>, wait: Duration) -> RedisResult<()> {
        if let Some(place) = self.quick.places().take_before(None) {
            let patience = Patience::new(wait, None);
            let con = self.gate.open(self.endpoint.address(), &patience)?;
            let socket = Socket::new(con, self.quick.counts());
            self.quick.put_back(socket, place);
            self.tend();
        }
        Ok(())
    }

    /// A place for a command that blocks, and its shelf.
    fn place(&self, until: Option<Instant>) -> Option<(&Shelf<redis::Connection>, Place)> {
        let place = self.shelf.places().take_before(until)?;
        Some((&*self.shelf, place))
    }

    /// A place for a command that is answered at once, and its shelf.
    fn quick_place(&self, until: Option<Instant>) -> Option<(&Shelf<redis::Connection>, Place)> {
        // Nobody waits while a place is free.
        if let Some(place) = self.quick.places().take_free() {
            return Some((&*self.quick, place));
        }
        let spare = Instant::now() + SPARE;
        let soon = until.map_or(spare, |until| until.min(spare));
        if let Some(place) = self.quick.places().take_before(Some(soon)) {
            return Some((&*self.quick, place));
        }
        if let Some(place) = self.shelf.places().take_free() {
            return Some((&*self.shelf, place));
        }
        let place = self.quick.places().take_before(until)?;
        Some((&*self.quick, place))
    }

    /// Sends something over a socket for commands that block, or for those that are answered at once.
    fn send<T>(
        self: &Arc<Self>,
        is_quick: bool,
        send: impl FnOnce(&mut redis::Connection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let limit = own::limit();
        let patience = Patience::new(self.options.wait, limit);
        let deadline = patience.end_of_call();
        let until = patience.begun.checked_add(patience.place);
        let found = if is_quick {
            self.quick_place(until)
        } else {
            self.place(until)
        };
        let Some((sockets, place)) = found else {
            let shelves = [&*self.quick, &*self.shelf];
            return Err(exhausted(
                &shelves[usize::from(!is_quick)..],
                patience.place,
            ));
        };
        let mut socket = self.socket(sockets, &patience)?;
        if let Some(deadline) = deadline {
            socket.set_read_timeout(Some(left_until(deadline, Duration::MAX)?))?;
        }
        let result = send(&mut socket);
        // After a timeout, the late answer would be taken for the answer of the next command.
        if is_broken(&result) {
            self.shelf.doubt_idle();
            self.quick.doubt_idle();
            return result;
        }
        if limit.is_some() {
            socket.set_read_timeout(None)?;
        }
        sockets.put_back(socket, place);
        self.tend();
        result
    }

    /// An idle socket that is alive, or a new one.
    fn socket(
        &self,
        sockets: &Shelf<redis::Connection>,
        patience: &Patience,
    ) -> RedisResult<Socket<redis::Connection>> {
        while let Some(mut socket) = sockets.idle_socket(|_| true) {
            if !sockets.is_doubtful(&socket) {
                return Ok(socket);
            }
            let asked = Instant::now();
            match health(&mut socket, patience.check()) {
                Health::Alive => return Ok(socket),
                Health::Broken => {}
                Health::Silent => {
                    self.shelf.close_unused_since(asked);
                    self.quick.close_unused_since(asked);
                }
            }
        }
        let con = self.gate.open(self.endpoint.address(), patience)?;
        Ok(Socket::new(con, sockets.counts()))
    }

    /// Sends commands in packed form.
    fn packed<T>(
        self: &Arc<Self>,
        bytes: &[u8],
        is_transaction: bool,
        send: impl FnOnce(&mut redis::Connection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let route = if own::is_quick() {
            Route::Shared
        } else {
            let commands = Packed::new(bytes).filter(|words| {
                !(is_transaction && matches!(words.as_slice(), [b"MULTI" | b"EXEC"]))
            });
            self.routes.of_pipeline(commands, is_transaction)
        };
        match route {
            Route::Shared => self.send(true, send),
            Route::Own => self.send(false, send),
            Route::Refused(name) => Err(refused(name)),
        }
    }

    /// Whether a thread that closes idle sockets can end.
    fn is_tidy(&self) -> bool {
        self.is_tended.store(false, Ordering::Release);
        self.shelf.idle() + self.quick.idle() == 0 || self.is_tended.swap(true, Ordering::AcqRel)
    }

    /// Starts a thread that closes idle sockets, unless there is one.
    fn tend(self: &Arc<Self>) {
        if self.is_tended.load(Ordering::Relaxed) || self.is_tended.swap(true, Ordering::AcqRel) {
            return;
        }
        let tending = Tending(Arc::downgrade(self));
        let limit = self.options.idle;
        let thread = thread::Builder::new()
            .name("redgrease-pool".to_owned())
            .spawn(move || tending.run(limit));
        // Without the thread, idle sockets stay open until the next call.
        drop(thread);
    }
}

/// Closes idle sockets until there are none.
struct Tending(Weak<Inner>);

impl Tending {
    fn run(mut self, limit: Duration) {
        while let Some(inner) = self.0.upgrade() {
            *inner.tending.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
            let shelves = [&inner.shelf, &inner.quick];
            let next = shelves
                .into_iter()
                .filter_map(|shelf| shelf.close_idle(limit))
                .min();
            if next.is_none() && inner.is_tidy() {
                self.0 = Weak::new();
                return;
            }
            drop(inner);
            // A pool that is dropped wakes the thread.
            thread::park_timeout(next.unwrap_or_default().max(Duration::from_millis(10)));
        }
    }
}

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
        let bytes = cmd.get_packed_command();
        sending.enter(|| Inner::one(self, &bytes))
    }

    async fn several(
        &self,
        pipeline: &Pipeline,
        offset: usize,
        count: usize,
        sending: Sending,
    ) -> RedisResult<Vec<Value>> {
        let bytes = pipeline.get_packed_pipeline();
        sending.enter(|| Inner::several(self, &bytes, offset, count))
    }

    async fn pause(&self, time: Duration) {
        thread::sleep(time);
    }
}

impl ConnectionLike for BlockingPool {
    fn req_packed_command(&mut self, cmd: &[u8]) -> RedisResult<Value> {
        #[cfg(feature = "cluster")]
        if let Some(nodes) = &self.cluster {
            let cmd = Packed::new(cmd).unpacked();
            return now(nodes.one(&cmd, Sending::now(own::limit())));
        }
        self.inner.one(cmd)
    }

    fn req_packed_commands(
        &mut self,
        cmd: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        #[cfg(feature = "cluster")]
        if let Some(nodes) = &self.cluster {
            let pipeline = Packed::new(cmd).pipeline(offset);
            return now(nodes.several(&pipeline, offset, count, Sending::now(own::limit())));
        }
        self.inner.several(cmd, offset, count)
    }

    fn get_db(&self) -> i64 {
        own::answer(&self.inner.endpoint);
        0
    }

    fn check_connection(&mut self) -> bool {
        redis::cmd("PING").exec(self).is_ok()
    }

    fn is_open(&self) -> bool {
        true
    }
}
