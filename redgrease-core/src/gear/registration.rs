//! The data of a chain. The builder fills it, and sends it or hands it to the registry.

use crate::error::{EncodeError, Error, Result};

/// A chain that reacts to events, closed with `register`: the result of a `#[gear]` function.
#[derive(Debug, Clone)]
#[must_use = "a registration does nothing by itself: return it from a `#[gear]` function, or call `.on(..)`"]
pub struct Registration {
    /// Name of the reader.
    pub(crate) reader: &'static str,
    /// The prefix, trigger or command that it is registered for: it distinguishes registrations of one reader.
    pub(crate) key: String,
    pub(crate) chain: Chain,
    /// Keyword arguments of `register`, as Python.
    pub(crate) keywords: Vec<(&'static str, String)>,
}

impl Registration {
    /// The trigger, if the registration has one.
    pub(crate) fn trigger(&self) -> Option<&str> {
        self.keywords
            .iter()
            .any(|(name, _)| *name == "trigger")
            .then_some(self.key.as_str())
    }
}

/// The Python of a chain's steps, and what that Python needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    /// `GB('..', ..)` and the steps: everything in front of `.run(` or `.register(`.
    pub(crate) code: String,
    pub(crate) requirements: Vec<String>,
    /// Python texts of the user. The names of the prelude are searched in them.
    pub(crate) written: Vec<&'static str>,
    /// Whether one of the texts is a whole function definition.
    pub(crate) defines: bool,
    /// Whether a step converts records into objects.
    pub(crate) has_objects: bool,
    /// The first value that has no counterpart in Python.
    pub(crate) error: Option<EncodeError>,
}

impl Chain {
    /// Fails if a value in the chain has no counterpart in Python.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.error {
            Some(e) => Err(Error::from(e.clone())),
            None => Ok(()),
        }
    }
}
