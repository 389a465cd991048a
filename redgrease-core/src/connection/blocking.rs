//! The blocking connection.

use super::address::{Address, CONNECT_TIMEOUT};
use super::endpoint::Endpoint;
use super::{known, own};
use crate::error::Result;
use redis::{Cmd, ConnectionLike, IntoConnectionInfo, RedisResult, Value};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A blocking connection to one server.
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
pub struct Con {
    endpoint: Arc<Endpoint>,
    /// `None` after the connection broke.
    open: Option<redis::Connection>,
}

/// Opens a blocking connection to a server, and registers nothing.
///
/// # Errors
///
/// When the address cannot be parsed or names a database other than 0, or the server cannot be reached.
///
/// ```no_run
/// let mut con = redgrease_core::connect("redis://127.0.0.1/")?;
/// # Ok::<(), redgrease_core::Error>(())
/// ```
pub fn connect(address: impl IntoConnectionInfo) -> Result<Con> {
    let address = Address::parse(address)?;
    let open = open(&address, CONNECT_TIMEOUT)?;
    Ok(Con {
        endpoint: Endpoint::new(address.clone(), known::connected(&address)),
        open: Some(open),
    })
}

fn open(address: &Address, limit: Duration) -> Result<redis::Connection> {
    let opened = address.open_within(limit);
    opened.map_err(|e| address.unreachable(e))
}

impl Con {
    /// A separate connection to a server that another connection leads to, opened within the limit.
    pub(crate) fn to(address: &Address, limit: Option<Duration>) -> Result<Self> {
        let limit = limit.unwrap_or(CONNECT_TIMEOUT);
        // A limit of zero is an error of the socket.
        let limit = limit.clamp(Duration::from_millis(1), CONNECT_TIMEOUT);
        Ok(Con {
            open: Some(open(address, limit)?),
            endpoint: Endpoint::new(address.clone(), None),
        })
    }

    /// Opens the connection again, within the limit of the call.
    fn open_again(&self) -> RedisResult<redis::Connection> {
        let address = self.endpoint.address();
        let opened = match own::limit() {
            Some(limit) => address.open_within(limit.min(CONNECT_TIMEOUT)),
            None => address.open(),
        };
        opened.map_err(|e| match own::limit() {
            Some(_) if e.is_timeout() => e,
            _ => address.unreachable(e).into_redis(),
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
}

impl fmt::Debug for Con {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.open {
            Some(_) => "open",
            None => "broken",
        };
        write!(f, "Con({}, {state})", self.endpoint.address())
    }
}

impl ConnectionLike for Con {
    fn req_packed_command(&mut self, cmd: &[u8]) -> RedisResult<Value> {
        self.send(|con| con.req_packed_command(cmd))
    }
    fn req_packed_commands(
        &mut self,
        cmd: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        self.send(|con| con.req_packed_commands(cmd, offset, count))
    }
    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        self.send(|con| con.req_command(cmd))
    }
    fn get_db(&self) -> i64 {
        own::answer(&self.endpoint);
        0
    }
    fn supports_pipelining(&self) -> bool {
        true
    }
    fn check_connection(&mut self) -> bool {
        self.send(|con| redis::cmd("PING").query::<String>(con))
            .is_ok()
    }
    fn is_open(&self) -> bool {
        self.open.as_ref().is_some_and(ConnectionLike::is_open)
    }
}
