//! Sends a call. It is sent once, and a second time only if nothing ran: the server did not know the trigger, and the
//! gear was registered again.

#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, own};
use crate::error::{Error, ErrorKind, Result};
use crate::profile::Profile;
use crate::registry::{Healed, Healer};
use crate::request::Call;
use crate::trace;
use redis::Cmd;

impl<T> Call<T> {
    /// Sends the call and waits for its answer.
    ///
    /// # Errors
    ///
    /// When the Python raises an exception, a value cannot be converted, or the connection fails.
    pub fn on<C: Connection + ?Sized>(self, con: &mut C) -> Result<T> {
        let profile = own::profile(|| con.get_db());
        self.span(&profile).observe(|| self.make(con, &profile))
    }

    fn make<C: Connection + ?Sized>(&self, con: &mut C, profile: &Profile) -> Result<T> {
        let cmd = self.to_cmd_with(profile)?;
        let healer = Healer::new(self.gear);
        let first = self.send(con, &cmd, profile);
        if !self.is_lost(&first) {
            return first;
        }
        match healer.heal(con)? {
            Healed::Retry => self.send(con, &cmd, profile),
            Healed::Refused(reason) => refused(first, reason),
        }
    }

    fn send<C: Connection + ?Sized>(&self, con: &mut C, cmd: &Cmd, profile: &Profile) -> Result<T> {
        let Some(limit) = self.timeout else {
            let answer = own::quickly(self.is_quick(), || con.req_command(cmd));
            return self.finish(answer, profile);
        };
        if own::endpoint(|| con.get_db()).is_none() {
            return Err(Error::config(
                "a blocking call can be limited with `.timeout(..)` on a connection of `redgrease::connect(..)` \
                 only: use one, or set the read timeout of this connection itself",
            ));
        }
        let send = || own::quickly(self.is_quick(), || con.req_command(cmd));
        self.finish(own::with_limit(limit, send), profile)
    }

    /// [`on`](Self::on) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`on`](Self::on).
    #[cfg(feature = "aio")]
    pub async fn on_async<C: AsyncConnection + ?Sized>(self, con: &mut C) -> Result<T> {
        let profile = own::profile(|| con.get_db());
        self.span(&profile)
            .observe_async(self.make_async(con, &profile))
            .await
    }

    #[cfg(feature = "aio")]
    async fn make_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
        profile: &Profile,
    ) -> Result<T> {
        let cmd = self.to_cmd_with(profile)?;
        let healer = Healer::new(self.gear);
        let first = self.send_async(con, &cmd, profile).await;
        if !self.is_lost(&first) {
            return first;
        }
        match healer.heal_async(con).await? {
            Healed::Retry => self.send_async(con, &cmd, profile).await,
            Healed::Refused(reason) => refused(first, reason),
        }
    }

    #[cfg(feature = "aio")]
    async fn send_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
        cmd: &Cmd,
        profile: &Profile,
    ) -> Result<T> {
        let answer = own::quickly(self.is_quick(), || con.req_packed_command(cmd));
        let answer = match self.timeout {
            None => answer.await,
            Some(limit) => tokio::time::timeout(limit, answer)
                .await
                .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())),
        };
        self.finish(answer, profile)
    }

    fn span(&self, profile: &Profile) -> trace::Span {
        trace::call(self.gear, self.key.is_some(), profile)
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
