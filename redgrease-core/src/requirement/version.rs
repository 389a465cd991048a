//! Version clauses, and which of them exclude each other, as far as this can be decided without pip.

use std::cmp::Ordering;
use std::fmt;

/// A version clause: `>=2.30`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clause {
    operator: &'static str,
    version: String,
}

impl Clause {
    pub(super) fn new(operator: &'static str, version: &str) -> Self {
        Clause {
            operator,
            version: version.to_owned(),
        }
    }

    /// The version, if the clause admits only one.
    pub(super) fn pin(&self) -> Option<&str> {
        let is_one =
            self.operator == "===" || (self.operator == "==" && !self.version.contains('*'));
        is_one.then_some(self.version.as_str())
    }

    /// Whether a version satisfies the clause; `None` if this cannot be decided.
    pub(super) fn admits(&self, version: &str) -> Option<bool> {
        if let Some(prefix) = self.version.strip_suffix(".*") {
            let prefix = release(prefix)?;
            let mut version = release(version)?;
            version.resize(version.len().max(prefix.len()), 0);
            let begins = version.starts_with(&prefix);
            return match self.operator {
                "==" => Some(begins),
                "!=" => Some(!begins),
                _ => None,
            };
        }
        let order = compare(version, &self.version)?;
        Some(match self.operator {
            "==" | "===" => order.is_eq(),
            "!=" => order.is_ne(),
            "<=" => order.is_le(),
            ">=" => order.is_ge(),
            "<" => order.is_lt(),
            ">" => order.is_gt(),
            _ => {
                // ~=2.2 means >=2.2 and ==2.*
                let mut series = release(&self.version)?;
                series.pop();
                let mut version = release(version)?;
                version.resize(version.len().max(series.len()), 0);
                order.is_ge() && version.starts_with(&series)
            }
        })
    }

    /// Whether certainly no version satisfies both clauses.
    pub(super) fn excludes(&self, other: &Clause) -> bool {
        if let Some(pin) = self.pin() {
            return other.admits(pin) == Some(false);
        }
        if let Some(pin) = other.pin() {
            return self.admits(pin) == Some(false);
        }
        let (low, high) = match (self.operator, other.operator) {
            (">=" | ">" | "~=", "<=" | "<") => (self, other),
            ("<=" | "<", ">=" | ">" | "~=") => (other, self),
            _ => return false,
        };
        match compare(&low.version, &high.version) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => low.operator == ">" || high.operator == "<",
            _ => false,
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.operator, self.version)
    }
}

/// The numbers of a version; `None` for pre-releases and other versions that do not only consist of numbers.
fn release(version: &str) -> Option<Vec<u64>> {
    version
        .trim_start_matches(['v', 'V'])
        .split('.')
        .map(|number| number.parse().ok())
        .collect()
}

fn compare(a: &str, b: &str) -> Option<Ordering> {
    if a == b {
        return Some(Ordering::Equal);
    }
    let (mut a, mut b) = (release(a)?, release(b)?);
    let length = a.len().max(b.len());
    a.resize(length, 0);
    b.resize(length, 0);
    Some(a.cmp(&b))
}
