//! Replies of `MODULE LIST` and `RG.DUMPPLUGINS`.

use super::fields::{Fields, text};
use super::serialize;
use crate::error::{DecodeError, Error, Result};
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// A module that the server has loaded, as `MODULE LIST` reports it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Module {
    /// Name of the module. The module that implements `RG.*` is called `rg`.
    pub name: String,
    /// Version as one number.
    pub version: u64,
    /// All other fields of the reply.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl Module {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::from_row(row)?;
        Ok(Module {
            name: fields.text("name"),
            version: fields.number("ver"),
            extra: fields.rest(),
        })
    }
}

/// A language plugin, as `RG.DUMPPLUGINS` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Plugin {
    /// Name of the plugin.
    pub name: String,
    /// Version as one number.
    pub version: u64,
}

impl Plugin {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let Value::Array(items) = row else {
            return Err(DecodeError::new("an unexpected reply", "a plugin and its version").into());
        };
        let mut texts = items.iter().map(text);
        Ok(Plugin {
            name: texts.next().flatten().unwrap_or_default(),
            version: texts
                .next()
                .flatten()
                .and_then(|number| number.parse().ok())
                .unwrap_or_default(),
        })
    }
}

/// The version of the module that implements `RG.*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct GearsVersion {
    /// Incremented by incompatible changes.
    pub major: u64,
    /// Incremented by additions.
    pub minor: u64,
    /// Incremented by fixes.
    pub patch: u64,
}

impl GearsVersion {
    /// Creates a version from its parts.
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        GearsVersion {
            major,
            minor,
            patch,
        }
    }

    /// The version of the module `rg`.
    pub(crate) fn from_modules(modules: &[Module]) -> Result<Self> {
        let module = modules.iter().find(|module| module.name == "rg");
        module
            .map(|module| module.version.into())
            .ok_or_else(|| Error::new(crate::ErrorKind::NoGears))
    }
}

/// Splits the number that modules report: 10206 is 1.2.6.
impl From<u64> for GearsVersion {
    fn from(number: u64) -> Self {
        GearsVersion::new(number / 10_000, number / 100 % 100, number % 100)
    }
}

impl fmt::Display for GearsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
