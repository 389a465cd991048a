//! What is registered: a chain that reacts to something.

use super::callback::IntoCallback;
use super::chain::Chain;
#[cfg(feature = "aio")]
use crate::commands::AsyncGearsCommands;
use crate::commands::{GearsCommands, PyExecuteOptions, RegistrationFilter};
#[cfg(feature = "aio")]
use crate::connection::AsyncConnection;
use crate::connection::Connection;
use crate::error::Result;
use redis::Value;
use std::fmt;

/// A chain that reacts to something, closed with `register`: what a `#[gear]` function returns.
#[derive(Debug, Clone)]
#[must_use = "a registration does nothing by itself: return it from a `#[gear]` function, or call `.on(..)`"]
pub struct Registration {
    pub(super) reader: &'static str,
    /// What makes registrations of one reader differ: a prefix or a trigger.
    pub(super) key: String,
    pub(super) chain: Chain,
    pub(super) keywords: Vec<(&'static str, String)>,
}

impl Registration {
    /// The reader at its beginning.
    pub(crate) fn reader(&self) -> &'static str {
        self.reader
    }

    /// The prefix, trigger or command it is registered for.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The trigger, if it has one.
    pub(crate) fn trigger(&self) -> Option<&str> {
        self.keywords
            .iter()
            .any(|(name, _)| *name == "trigger")
            .then_some(self.key.as_str())
    }

    pub(crate) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The statement that registers it; with another trigger in place of its own.
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

/// What to do about a trigger that is registered already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IfTaken {
    /// Fail.
    #[default]
    Fail,
    /// Unregister the other one first. Between the two nothing has the trigger.
    Replace,
    /// Leave it as it is, and do nothing.
    Keep,
}

impl Registration {
    /// A function without arguments that every shard runs when the chain is registered there.
    pub fn on_registered(mut self, function: impl IntoCallback<0>) -> Self {
        let python = self.chain.uses(&function.into_source());
        self.keywords.push(("onRegistered", python));
        self
    }

    /// The whole script that is sent by [`on`](Self::on).
    pub fn to_script(&self) -> String {
        let mut script = self.chain.needs().prelude();
        script.push_str(&self.to_string());
        script.push('\n');
        script
    }

    /// Registers it at once, in a session of its own: for programs that make their chains while they run. What a
    /// program always registers belongs into a `#[gear]` function, which [`start`](crate::start) registers.
    ///
    /// # Errors
    ///
    /// When a value in it has no counterpart in Python, its trigger is taken, the server refuses it, or the connection
    /// fails.
    pub fn on<C: Connection + ?Sized>(&self, con: &mut C) -> Result<()> {
        self.on_if(con, IfTaken::Fail).map(drop)
    }

    /// [`on`](Self::on), and what to do about a trigger that is registered already. Returns whether it was registered.
    ///
    /// # Errors
    ///
    /// Those of [`on`](Self::on).
    pub fn on_if<C: Connection + ?Sized>(&self, con: &mut C, taken: IfTaken) -> Result<bool> {
        let (script, options) = self.sent()?;
        if let Some(filter) = self.others(taken) {
            let others = con.dump_registrations_where(&filter)?;
            if taken == IfTaken::Keep && !others.is_empty() {
                return Ok(false);
            }
            for other in others {
                con.unregister(&other)?;
            }
        }
        con.pyexecute_options::<Value>(&script, &options)?;
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
        let (script, options) = self.sent()?;
        if let Some(filter) = self.others(taken) {
            let others = con.dump_registrations_where(&filter).await?;
            if taken == IfTaken::Keep && !others.is_empty() {
                return Ok(false);
            }
            for other in others {
                con.unregister(&other).await?;
            }
        }
        con.pyexecute_options::<Value>(&script, &options).await?;
        Ok(true)
    }

    fn sent(&self) -> Result<(String, PyExecuteOptions)> {
        self.chain.check()?;
        Ok((self.to_script(), self.chain.options()?))
    }

    /// Which registrations have its trigger, if that matters.
    fn others(&self, taken: IfTaken) -> Option<RegistrationFilter> {
        let trigger = self.trigger().filter(|_| taken != IfTaken::Fail)?;
        Some(RegistrationFilter::new().trigger_named(trigger))
    }
}

/// The Python that registers it.
impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.python(None))
    }
}

/// What a `#[gear]` function may return.
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
    /// Whatever the function failed with.
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
