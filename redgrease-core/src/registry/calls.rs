//! The number of calls of a gear.

#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::{DecodeError, Result};
use crate::gear::Gear;
use redis::{Cmd, Value, from_redis_value};

/// The hash of the counters; its fields are the paths of the functions.
const CALLS: &str = "redgrease:calls";

impl Gear {
    /// The number of calls of the gear on a server, by all clients. The server counts them for gears with
    /// `count_calls = true`; for other gears the number is 0. It is kept when the gear is registered again.
    ///
    /// In a cluster, calls count that ran on the shard with the key of the counters. [`stats`](Self::stats) has those of all shards.
    ///
    /// # Errors
    ///
    /// When the connection fails, or the key of the counters (`redgrease:calls`) does not hold a hash.
    pub fn calls<C: Connection + ?Sized>(&self, con: &mut C) -> Result<u64> {
        read(con.req_command(&self.query())?)
    }

    /// [`calls`](Self::calls) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`calls`](Self::calls).
    #[cfg(feature = "aio")]
    pub async fn calls_async<C: AsyncConnection + ?Sized>(&self, con: &mut C) -> Result<u64> {
        read(con.req_packed_command(&self.query()).await?)
    }

    fn query(&self) -> Cmd {
        let mut cmd = redis::cmd("HGET");
        cmd.arg(CALLS).arg(self.spec().path);
        cmd
    }
}

fn read(answer: Value) -> Result<u64> {
    let count: Option<u64> = from_redis_value(answer.extract_error()?)
        .map_err(|e| DecodeError::mismatch::<u64>(e.to_string()))?;
    Ok(count.unwrap_or(0))
}
