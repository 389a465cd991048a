//! One package with its versions: what PEP 508 calls a dependency specifier.

use super::normalized_name;
use super::version::Clause;
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A Python package a gear asks for, in the form of PEP 508: `requests[socks]>=2.30,<3; python_version < "3.13"`.
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
    /// The name as PyPI compares it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Optional parts of the package.
    pub fn extras(&self) -> impl Iterator<Item = &str> {
        self.extras.iter().map(String::as_str)
    }

    /// Where it is fetched from, if not by its name.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The condition behind the semicolon.
    pub fn marker(&self) -> Option<&str> {
        self.marker.as_deref()
    }

    /// The one version that is asked for.
    pub fn pinned(&self) -> Option<&str> {
        self.versions.iter().find_map(Clause::pin)
    }
}

impl FromStr for Specifier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Error::config(format!(
                "{:?} is no requirement: {why}; write a package as pip spells it, for example `requests>=2.30`",
                without_password(text)
            ))
        };
        let rest = text.trim();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let is_name = |text: &str| {
            let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            edge(text.chars().next()) && edge(text.chars().next_back())
        };
        if !is_name(name) {
            return Err(wrong("it does not begin with the name of a package"));
        }
        let mut rest = rest.trim_start();
        let mut extras = BTreeSet::new();
        if let Some(inside) = rest.strip_prefix('[') {
            let (list, behind) = inside
                .split_once(']')
                .ok_or_else(|| wrong("the `[` of its extras is not closed"))?;
            for extra in list.split(',').map(str::trim).filter(|e| !e.is_empty()) {
                if normalized_name(extra).len() < extra.len() && !is_name(extra) {
                    return Err(wrong("an extra is no name"));
                }
                extras.insert(normalized_name(extra));
            }
            rest = behind.trim_start();
        }
        let mut specifier = Specifier {
            name: normalized_name(name),
            extras,
            versions: Vec::new(),
            url: None,
            marker: None,
        };
        if let Some(url) = rest.strip_prefix('@') {
            // A semicolon is a part of the address unless there is a space in front of it.
            let (url, marker) = match url.split_once(" ;") {
                Some((url, marker)) => (url, Some(marker)),
                None => (url, None),
            };
            let url = url.trim();
            if url.is_empty() || url.contains(char::is_whitespace) {
                return Err(wrong("there is no address behind its `@`"));
            }
            specifier.url = Some(url.to_owned());
            specifier.marker = marker.map(|m| m.trim().to_owned());
            return Ok(specifier);
        }
        let (versions, marker) = match rest.split_once(';') {
            Some((versions, marker)) => (versions, Some(marker.trim())),
            None => (rest, None),
        };
        if marker == Some("") {
            return Err(wrong("there is no condition behind its `;`"));
        }
        specifier.marker = marker.map(str::to_owned);
        let versions = versions.trim();
        let versions = versions
            .strip_prefix('(')
            .and_then(|inside| inside.strip_suffix(')'))
            .unwrap_or(versions);
        for clause in versions.split(',').map(str::trim) {
            if clause.is_empty() && versions.trim().is_empty() {
                break;
            }
            let clause = Clause::parse(clause).ok_or_else(|| {
                wrong(&format!(
                    "{:?} is not a version with one of == != <= >= < > ~= === in front",
                    without_password(clause)
                ))
            })?;
            specifier.versions.push(clause);
        }
        Ok(specifier)
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

/// The text without user and password of the address in it: for errors.
pub(super) fn without_password(text: &str) -> String {
    if let Some((scheme, rest)) = text.split_once("://") {
        let end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
        if let Some(at) = rest[..end].rfind('@') {
            return format!("{scheme}://{}", &rest[at + 1..]);
        }
    }
    text.to_owned()
}
