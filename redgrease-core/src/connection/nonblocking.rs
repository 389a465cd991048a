//! The async connection.

use super::address::Address;
use super::{known, own};
use crate::error::Result;
use redis::aio::{ConnectionLike, ConnectionManager};
use redis::{Cmd, IntoConnectionInfo, Pipeline, RedisFuture, Value};

/// An async connection that [`connect_async`] opened. Cloning it is cheap; the clones share one socket.
///
/// It has no response timeout: a gear may take its time. Limit a single call with
/// [`Call::timeout`](crate::Call::timeout). After the connection broke it is opened anew in the background; the
/// commands that met the break fail and are never sent again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AsyncCon {
    /// To one server.
    Single(AsyncSingleCon),
}

/// Opens an async connection to a server, and registers nothing.
///
/// # Errors
///
/// When the address is none, names a database other than 0, or the server cannot be reached.
pub async fn connect_async(address: impl IntoConnectionInfo) -> Result<AsyncCon> {
    let address = Address::parse(address)?;
    let con = AsyncCon::to(&address).await?;
    known::remember(&address);
    Ok(con)
}

impl AsyncCon {
    pub(crate) async fn to(address: &Address) -> Result<Self> {
        let manager = address
            .open_async()
            .await
            .map_err(|e| address.unreachable(e))?;
        Ok(AsyncCon::Single(AsyncSingleCon {
            address: address.clone(),
            manager,
        }))
    }
}

/// An async connection to one server.
#[derive(Clone)]
pub struct AsyncSingleCon {
    address: Address,
    manager: ConnectionManager,
}

impl std::fmt::Debug for AsyncSingleCon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AsyncSingleCon({})", self.address)
    }
}

impl ConnectionLike for AsyncSingleCon {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        self.manager.req_packed_command(cmd)
    }
    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.manager.req_packed_commands(pipeline, offset, count)
    }
    fn get_db(&self) -> i64 {
        own::answer(&self.address);
        0
    }
}

impl ConnectionLike for AsyncCon {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            AsyncCon::Single(con) => con.req_packed_command(cmd),
        }
    }
    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            AsyncCon::Single(con) => con.req_packed_commands(pipeline, offset, count),
        }
    }
    fn get_db(&self) -> i64 {
        match self {
            AsyncCon::Single(con) => con.get_db(),
        }
    }
}
