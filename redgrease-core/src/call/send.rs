//! Sends a call. It is sent once, and a second time only if nothing ran: the server did not know the trigger, and the
//! gear was registered again.

use super::situation;
use super::time::Time;
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, Endpoint, late_node, own};
use crate::error::{Error, ErrorKind, Result};
use crate::gear::Gear;
use crate::profile::Profile;
use crate::registry::{Healed, Healer};
use crate::request::{Call, Limit};
use crate::trace;
use redis::Cmd;
#[cfg(feature = "aio")]
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

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
        let limit = self.limit(profile, || own::endpoint(|| con.get_db()).is_some())?;
        if matches!(self.timeout, Limit::After(_)) && own::endpoint(|| con.get_db()).is_none() {
            return Err(Error::config(
                "a blocking call can be limited with `.timeout(..)` on a connection of `redgrease::connect(..)` \
                 or a `BlockingPool` only: use one, or set the read timeout of this connection itself",
            ));
        }
        let time = Time::of(limit);
        let healer = Healer::new(self.gear);
        let first = self.send(con, &cmd, profile, time.all());
        if !self.is_lost(&first) {
            return first;
        }
        let outcome = healer.heal(con, time.left());
        match time.after_healing(outcome, self.gear)? {
            Healed::Retry => self.send(con, &cmd, profile, time.rest()),
            Healed::Refused(reason) => refused(first, reason),
        }
    }

    fn send<C: Connection + ?Sized>(
        &self,
        con: &mut C,
        cmd: &Cmd,
        profile: &Profile,
        (limit, left): (Option<Duration>, Option<Duration>),
    ) -> Result<T> {
        let send = || own::quickly(self.is_quick(), || con.req_command(cmd));
        let answer = self.finish(own::with_limit(left, send), profile, limit);
        match (answer, limit) {
            (Err(e), Some(_)) if e.is_timeout() => Err(explain(
                e,
                own::endpoint(|| con.get_db()),
                self.gear,
                profile,
            )),
            (answer, _) => answer,
        }
    }

    /// The limit of the call: its own, or that of the options, which a connection of this crate carries.
    fn limit(&self, profile: &Profile, is_own: impl FnOnce() -> bool) -> Result<Option<Duration>> {
        match self.timeout {
            Limit::After(Duration::ZERO) => Err(no_time()),
            Limit::After(limit) => Ok(Some(limit)),
            Limit::Never => Ok(None),
            Limit::OfConnection => Ok(profile.call_timeout.filter(|_| is_own())),
        }
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
        let time = Time::of(self.limit(profile, || own::endpoint(|| con.get_db()).is_some())?);
        let healer = Healer::new(self.gear);
        let first = self.send_async(con, &cmd, profile, time.all()).await;
        if !self.is_lost(&first) {
            return first;
        }
        let outcome = healer.heal_async(con, time.left()).await;
        match time.after_healing(outcome, self.gear)? {
            Healed::Retry => self.send_async(con, &cmd, profile, time.rest()).await,
            Healed::Refused(reason) => refused(first, reason),
        }
    }

    #[cfg(feature = "aio")]
    async fn send_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
        cmd: &Cmd,
        profile: &Profile,
        (limit, left): (Option<Duration>, Option<Duration>),
    ) -> Result<T> {
        let (answer, left) = own::with_limit_async(left, || {
            own::quickly(self.is_quick(), || con.req_packed_command(cmd))
        });
        let answer = self.finish(own::within(left, answer).await, profile, limit);
        match (answer, limit) {
            (Err(e), Some(_)) if e.is_timeout() => {
                let endpoint = own::endpoint(|| con.get_db());
                Err(explain_async(e, endpoint, self.gear, profile).await)
            }
            (answer, _) => answer,
        }
    }

    fn span(&self, profile: &Profile) -> trace::Span {
        trace::call(self.gear, self.key.is_some(), profile)
    }

    fn is_lost(&self, answer: &Result<T>) -> bool {
        self.heal && matches!(answer, Err(e) if e.is_unknown_trigger())
    }
}

fn no_time() -> Error {
    Error::config(
        "no call is answered within a limit of zero: give `.timeout(..)` a duration, or `None` for no limit",
    )
}

/// Adds to the error of a call that was not answered in time what goes on in the server.
fn explain(e: Error, endpoint: Option<Arc<Endpoint>>, gear: &Gear, profile: &Profile) -> Error {
    match endpoint {
        Some(endpoint) => {
            let trigger = profile.trigger_of(gear).unwrap_or_default();
            let seen = situation::ask(&endpoint, late_node(&e), &trigger);
            e.while_server(seen)
        }
        None => e,
    }
}

/// [`explain`] for async calls. Boxed, because the future of each gear would contain it.
#[cfg(feature = "aio")]
fn explain_async<'a>(
    e: Error,
    endpoint: Option<Arc<Endpoint>>,
    gear: &'a Gear,
    profile: &'a Profile,
) -> Pin<Box<dyn Future<Output = Error> + Send + 'a>> {
    Box::pin(async move {
        match endpoint {
            Some(endpoint) => {
                let trigger = profile.trigger_of(gear).unwrap_or_default();
                let seen = situation::ask_async(&endpoint, late_node(&e), &trigger).await;
                e.while_server(seen)
            }
            None => e,
        }
    })
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
