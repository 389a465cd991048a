//! One requirement: a dependency specifier of PEP 508. The grammar is that of the macros, in `redgrease-syntax`.

use super::normalized_name;
use super::version::Clause;
use crate::error::{Error, Result};
use redgrease_syntax::parse_requirement;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A Python package that a gear requires, in the form of PEP 508: `requests[socks]>=2.30,<3; python_version < "3.13"`.
///
/// ```
/// use redgrease_core::Specifier;
///
/// let wanted: Specifier = "Requests [socks] >= 2.30, <3".parse()?;
/// assert_eq!(wanted.name(), "requests");
/// assert_eq!(wanted.to_string(), "requests[socks]>=2.30,<3");
/// assert!("-r more.txt".parse::<Specifier>().is_err());
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Specifier {
    pub(super) name: String,
    pub(super) extras: BTreeSet<String>,
    pub(super) versions: Vec<Clause>,
    pub(super) url: Option<String>,
    pub(super) marker: Option<String>,
}

impl Specifier {
    /// The normalized name of the package.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The required optional parts of the package.
    pub fn extras(&self) -> impl Iterator<Item = &str> {
        self.extras.iter().map(String::as_str)
    }

    /// The address of the package, if it is not found by its name.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The condition behind the semicolon.
    pub fn marker(&self) -> Option<&str> {
        self.marker.as_deref()
    }

    /// The version, if only one version satisfies the requirement.
    pub fn pinned(&self) -> Option<&str> {
        self.versions.iter().find_map(Clause::pin)
    }
}

impl FromStr for Specifier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |reason: &str| {
            Error::config(format!(
                "{:?} is not a requirement: {}",
                without_password(text),
                without_password(reason)
            ))
        };
        let parts = parse_requirement(text.trim()).map_err(|e| wrong(e.reason()))?;
        let Some(name) = parts.name else {
            return Err(wrong(
                "an address needs the name of its package, write `name @ address`",
            ));
        };
        let clause = |(operator, version)| Clause::new(operator, version);
        Ok(Specifier {
            name: normalized_name(name),
            extras: parts.extras.into_iter().map(normalized_name).collect(),
            versions: parts.versions.into_iter().map(clause).collect(),
            url: parts.address.map(str::to_owned),
            marker: parts.marker.map(str::to_owned),
        })
    }
}

impl fmt::Display for Specifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.extras.is_empty() {
            let extras: Vec<&str> = self.extras().collect();
            write!(f, "[{}]", extras.join(","))?;
        }
        if let Some(url) = &self.url {
            write!(f, " @ {url}")?;
        }
        for (i, clause) in self.versions.iter().enumerate() {
            write!(f, "{}{clause}", if i > 0 { "," } else { "" })?;
        }
        if let Some(marker) = &self.marker {
            write!(f, " ; {marker}")?;
        }
        Ok(())
    }
}

/// The text without user and password of an address in it, for error messages.
pub(super) fn without_password(text: &str) -> String {
    if let Some((scheme, rest)) = text.split_once("://") {
        let end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
        if let Some(at) = rest[..end].rfind('@') {
            return format!("{scheme}://{}", &rest[at + 1..]);
        }
    }
    text.to_owned()
}
