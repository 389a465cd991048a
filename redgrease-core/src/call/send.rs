//! Sending a call.

use super::request::Call;
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, own};
use crate::error::{Error, Result};
use redis::{Cmd, RedisResult, Value};

impl<T> Call<T> {
    /// Sends the call and waits for its answer.
    ///
    /// # Errors
    ///
    /// When the Python raises, a value cannot be converted, or the connection fails.
    pub fn on<C: Connection + ?Sized>(self, con: &mut C) -> Result<T> {
        let cmd = self.to_cmd()?;
        self.finish(self.send(con, &cmd)?)
    }

    fn send<C: Connection + ?Sized>(&self, con: &mut C, cmd: &Cmd) -> Result<RedisResult<Value>> {
        let Some(limit) = self.timeout else {
            return Ok(con.req_command(cmd));
        };
        if own::address(|| con.get_db()).is_none() {
            return Err(Error::config(
                "a blocking call can be limited with `.timeout(..)` on a connection of `redgrease::connect(..)` only: \
                 use one, or set the read timeout of this connection itself",
            ));
        }
        Ok(own::with_limit(limit, || con.req_command(cmd)))
    }

    /// Sends the call and waits for its answer.
    ///
    /// # Errors
    ///
    /// When the Python raises, a value cannot be converted, or the connection fails.
    #[cfg(feature = "aio")]
    pub async fn on_async<C: AsyncConnection + ?Sized>(self, con: &mut C) -> Result<T> {
        let cmd = self.to_cmd()?;
        let answer = con.req_packed_command(&cmd).await;
        self.finish(answer)
    }
}
