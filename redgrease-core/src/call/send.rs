//! Sending a call. It is made once; only if the server says that it does not know the trigger, so that nothing ran,
//! the gear is registered and the call made once more.

use super::request::Call;
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, own};
use crate::error::{Error, ErrorKind, Result};
use crate::registry::{Healed, Healer};
use crate::trace;
use redis::Cmd;

impl<T> Call<T> {
    /// Sends the call and waits for its answer.
    ///
    /// # Errors
    ///
    /// When the Python raises, a value cannot be converted, or the connection fails.
    pub fn on<C: Connection + ?Sized>(self, con: &mut C) -> Result<T> {
        trace::call(self.gear, self.key.is_some()).observe(|| self.make(con))
    }

    fn make<C: Connection + ?Sized>(&self, con: &mut C) -> Result<T> {
        let cmd = self.to_cmd()?;
        let healer = Healer::new(self.gear);
        let first = self.send(con, &cmd);
        if !self.is_lost(&first) {
            return first;
        }
        match healer.heal(con)? {
            Healed::Retry => self.send(con, &cmd),
            Healed::Refused(reason) => refused(first, reason),
        }
    }

    fn send<C: Connection + ?Sized>(&self, con: &mut C, cmd: &Cmd) -> Result<T> {
        let Some(limit) = self.timeout else {
            return self.finish(con.req_command(cmd));
        };
        if own::address(|| con.get_db()).is_none() {
            return Err(Error::config(
                "a blocking call can be limited with `.timeout(..)` on a connection of `redgrease::connect(..)` \
                 only: use one, or set the read timeout of this connection itself",
            ));
        }
        self.finish(own::with_limit(limit, || con.req_command(cmd)))
    }

    /// Sends the call and waits for its answer.
    ///
    /// # Errors
    ///
    /// When the Python raises, a value cannot be converted, or the connection fails.
    #[cfg(feature = "aio")]
    pub async fn on_async<C: AsyncConnection + ?Sized>(self, con: &mut C) -> Result<T> {
        trace::call(self.gear, self.key.is_some())
            .observe_async(self.make_async(con))
            .await
    }

    #[cfg(feature = "aio")]
    async fn make_async<C: AsyncConnection + ?Sized>(&self, con: &mut C) -> Result<T> {
        let cmd = self.to_cmd()?;
        let healer = Healer::new(self.gear);
        let first = self.send_async(con, &cmd).await;
        if !self.is_lost(&first) {
            return first;
        }
        match healer.heal_async(con).await? {
            Healed::Retry => self.send_async(con, &cmd).await,
            Healed::Refused(reason) => refused(first, reason),
        }
    }

    #[cfg(feature = "aio")]
    async fn send_async<C: AsyncConnection + ?Sized>(&self, con: &mut C, cmd: &Cmd) -> Result<T> {
        let answer = con.req_packed_command(cmd);
        let answer = match self.timeout {
            None => answer.await,
            Some(limit) => tokio::time::timeout(limit, answer)
                .await
                .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())),
        };
        self.finish(answer)
    }

    fn is_lost(&self, answer: &Result<T>) -> bool {
        self.heal && matches!(answer, Err(e) if e.is_unknown_trigger())
    }
}

fn refused<T>(answer: Result<T>, reason: String) -> Result<T> {
    answer.map_err(|e| match e.kind() {
        ErrorKind::UnknownTrigger { trigger, .. } => Error::caused_by(
            ErrorKind::UnknownTrigger {
                trigger: trigger.clone(),
                reason: Some(reason),
            },
            e,
        ),
        _ => e,
    })
}
