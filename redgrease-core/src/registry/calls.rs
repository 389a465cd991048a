//! Reading how often a gear was called.

use super::spec::Gear;
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::Result;
use redis::{Cmd, Value, from_redis_value};

/// The hash of the counters; its fields are the paths of the functions.
const CALLS: &str = "redgrease:calls";

impl Gear {
    /// How often the gear was called on a server, by whomever: what `count_calls = true` counts. It stays when the gear
    /// is registered again, and is 0 for a gear that is not counted.
    ///
    /// # Errors
    ///
    /// When the connection fails, or the key of the counters (the hash `redgrease:calls`) holds something else.
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
        .map_err(|e| crate::DecodeError::mismatch::<u64>(e.to_string()))?;
    Ok(count.unwrap_or(0))
}
