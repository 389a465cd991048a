//! What is registered: a chain that reacts to something.

use super::chain::Chain;
use crate::error::Result;
use std::fmt;

/// A chain that reacts to something, closed with `register`: what a `#[gear]` function returns.
#[derive(Debug, Clone)]
#[must_use = "a registration does nothing by itself: return it from a `#[gear]` function"]
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
