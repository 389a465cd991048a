//! The blocking connection.

use super::address::Address;
use super::{known, own};
use crate::error::Result;
use redis::{Cmd, ConnectionLike, IntoConnectionInfo, RedisResult, Value};

/// A blocking connection that [`connect`] opened.
///
/// It has no response timeout: a gear may take its time. Limit a single call with
/// [`Call::timeout`](crate::Call::timeout). After the connection broke, the next command opens it anew; the command
/// that met the break fails and is never sent again.
#[derive(Debug)]
#[non_exhaustive]
pub enum Con {
    /// To one server.
    Single(SingleCon),
}

/// Opens a blocking connection to a server, and registers nothing.
///
/// # Errors
///
/// When the address is none, names a database other than 0, or the server cannot be reached.
///
/// ```no_run
/// let mut con = redgrease_core::connect("redis://127.0.0.1/")?;
/// # Ok::<(), redgrease_core::Error>(())
/// ```
pub fn connect(address: impl IntoConnectionInfo) -> Result<Con> {
    let address = Address::parse(address)?;
    let con = Con::to(&address)?;
    known::remember(&address);
    Ok(con)
}

impl Con {
    pub(crate) fn to(address: &Address) -> Result<Self> {
        let open = address.open().map_err(|e| address.unreachable(e))?;
        Ok(Con::Single(SingleCon {
            address: address.clone(),
            open: Some(open),
        }))
    }
}

/// A blocking connection to one server.
pub struct SingleCon {
    address: Address,
    /// `None` after it broke.
    open: Option<redis::Connection>,
}

impl std::fmt::Debug for SingleCon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SingleCon({}, {})",
            self.address,
            if self.open.is_some() {
                "open"
            } else {
                "broken"
            }
        )
    }
}

impl SingleCon {
    /// Sends something, once, over a connection that is not known to be broken.
    fn send<T>(
        &mut self,
        send: impl FnOnce(&mut redis::Connection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let mut con = match self.open.take() {
            Some(con) if con.is_open() => con,
            _ => self.address.open()?,
        };
        let limit = own::limit();
        if limit.is_some() {
            con.set_read_timeout(limit)?;
        }
        let result = send(&mut con);
        if limit.is_some() {
            con.set_read_timeout(None)?;
        }
        // After a timeout the late answer would be taken for that of the next command.
        if !matches!(&result, Err(e) if e.is_io_error() || e.is_unrecoverable_error()) {
            self.open = Some(con);
        }
        result
    }
}

impl ConnectionLike for SingleCon {
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
        own::answer(&self.address);
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

impl ConnectionLike for Con {
    fn req_packed_command(&mut self, cmd: &[u8]) -> RedisResult<Value> {
        match self {
            Con::Single(con) => con.req_packed_command(cmd),
        }
    }
    fn req_packed_commands(
        &mut self,
        cmd: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        match self {
            Con::Single(con) => con.req_packed_commands(cmd, offset, count),
        }
    }
    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        match self {
            Con::Single(con) => con.req_command(cmd),
        }
    }
    fn get_db(&self) -> i64 {
        match self {
            Con::Single(con) => con.get_db(),
        }
    }
    fn supports_pipelining(&self) -> bool {
        match self {
            Con::Single(con) => con.supports_pipelining(),
        }
    }
    fn check_connection(&mut self) -> bool {
        match self {
            Con::Single(con) => con.check_connection(),
        }
    }
    fn is_open(&self) -> bool {
        match self {
            Con::Single(con) => con.is_open(),
        }
    }
}
