//! Registers chains that react to events.

use super::callback::IntoCallback;
use super::sent::Sent;
#[cfg(feature = "aio")]
use crate::commands::AsyncGearsCommands;
use crate::commands::{GearsCommands, RegistrationFilter};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::{Connection, own};
use crate::error::Result;
use crate::gear::Registration;
use crate::prelude::Commands;
use crate::profile::{self, RedgreasePackage};
use std::fmt;

impl Registration {
    /// The Python statement that registers the chain. `trigger` replaces its own trigger.
    pub(crate) fn python(&self, trigger: Option<&str>) -> String {
        let keywords: Vec<String> = self
            .keywords
            .iter()
            .map(|(name, value)| match (*name, trigger) {
                ("trigger", Some(other)) => format!("trigger={}", super::literal::text(other)),
                _ => format!("{name}={value}"),
            })
            .collect();
        format!("{}.register({})", self.chain.code, keywords.join(", "))
    }
}

/// The treatment of a trigger that is already registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IfTaken {
    /// Fail.
    #[default]
    Fail,
    /// Unregister the other registration first. The trigger is unknown to the server for a moment.
    Replace,
    /// Keep the other registration, and do nothing.
    Keep,
}

impl Registration {
    /// Adds a function without arguments that every shard runs when the chain is registered there.
    pub fn on_registered(mut self, function: impl IntoCallback<0>) -> Self {
        let python = self.chain.uses(&function.into_source());
        self.keywords.push(("onRegistered", python));
        self
    }

    /// The whole script that [`on`](Self::on) sends over a connection of redis-rs.
    pub fn to_script(&self) -> String {
        self.script(&profile::default().package, self.chain.commands())
    }

    fn script(&self, package: &RedgreasePackage, commands: Commands) -> String {
        let mut script = self.chain.needs().prelude(package.is_bundled(), commands);
        script.push_str(&self.to_string());
        script.push('\n');
        script
    }

    /// Registers the chain at once, in a new session: for programs that make chains while they run. A chain that the
    /// program always registers belongs into a `#[gear]` function, which [`start`](crate::start) registers.
    ///
    /// # Errors
    ///
    /// When a value in the chain has no counterpart in Python, its trigger is taken, the server refuses the script, or
    /// the connection fails.
    pub fn on<C: Connection + ?Sized>(&self, con: &mut C) -> Result<()> {
        self.on_if(con, IfTaken::Fail).map(drop)
    }

    /// [`on`](Self::on), with a choice for a trigger that is already registered. Returns whether the chain was
    /// registered.
    ///
    /// # Errors
    ///
    /// Those of [`on`](Self::on).
    pub fn on_if<C: Connection + ?Sized>(&self, con: &mut C, taken: IfTaken) -> Result<bool> {
        let sent = self.sent(&own::profile(|| con.get_db()).package)?;
        if let Some(filter) = self.others(taken) {
            let others = con.dump_registrations_where(&filter)?;
            if taken == IfTaken::Keep && !others.is_empty() {
                return Ok(false);
            }
            for other in others {
                con.unregister(&other)?;
            }
        }
        sent.on(con)?;
        Ok(true)
    }

    /// [`on`](Self::on) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`on`](Self::on).
    #[cfg(feature = "aio")]
    pub async fn on_async<C: AsyncConnection + ?Sized>(&self, con: &mut C) -> Result<()> {
        self.on_if_async(con, IfTaken::Fail).await.map(drop)
    }

    /// [`on_if`](Self::on_if) over an async connection.
    ///
    /// # Errors
    ///
    /// Those of [`on`](Self::on).
    #[cfg(feature = "aio")]
    pub async fn on_if_async<C: AsyncConnection + ?Sized>(
        &self,
        con: &mut C,
        taken: IfTaken,
    ) -> Result<bool> {
        let sent = self.sent(&own::profile(|| con.get_db()).package)?;
        if let Some(filter) = self.others(taken) {
            let others = con.dump_registrations_where(&filter).await?;
            if taken == IfTaken::Keep && !others.is_empty() {
                return Ok(false);
            }
            for other in others {
                con.unregister(&other).await?;
            }
        }
        sent.on_async(con).await?;
        Ok(true)
    }

    fn sent(&self, package: &RedgreasePackage) -> Result<Sent> {
        Sent::of(&self.chain, package, |commands| {
            self.script(package, commands)
        })
    }

    /// The filter for registrations with the same trigger, if their treatment needs them.
    fn others(&self, taken: IfTaken) -> Option<RegistrationFilter> {
        let trigger = self.trigger().filter(|_| taken != IfTaken::Fail)?;
        Some(RegistrationFilter::new().trigger_named(trigger))
    }
}

/// The Python statement that registers the chain.
impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.python(None))
    }
}

/// The result types of `#[gear]` functions.
#[diagnostic::on_unimplemented(
    message = "a `#[gear]` function returns a registration, not `{Self}`",
    label = "expected `Registration` or `Result<Registration>`",
    note = "end the chain with `.register(..)`"
)]
pub trait IntoRegistration {
    /// The registration.
    ///
    /// # Errors
    ///
    /// The error that the function returned.
    fn into_registration(self) -> Result<Registration>;
}

impl IntoRegistration for Registration {
    fn into_registration(self) -> Result<Registration> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<crate::Error>> IntoRegistration for Result<Registration, E> {
    fn into_registration(self) -> Result<Registration> {
        self.map_err(Into::into)
    }
}
