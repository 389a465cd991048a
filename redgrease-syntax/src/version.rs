//! The Python version that a gear is checked for.

use crate::quoted;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// A version of the Python language, such as 3.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion {
    minor: u8,
}

impl PythonVersion {
    /// 3.7, the version in the last `RedisGears`.
    pub const OLDEST: Self = PythonVersion { minor: 7 };
    /// The newest version with known syntax.
    pub const NEWEST: Self = PythonVersion { minor: 15 };

    /// The major version.
    #[must_use]
    pub fn major(self) -> u8 {
        3
    }

    /// The minor version.
    #[must_use]
    pub fn minor(self) -> u8 {
        self.minor
    }
}

/// Python 3.9, the oldest version of the engine.
impl Default for PythonVersion {
    fn default() -> Self {
        PythonVersion { minor: 9 }
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major(), self.minor)
    }
}

/// A text that is not a known Python version. `Display` names the known versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsePythonVersionError {
    text: String,
}

impl fmt::Display for ParsePythonVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not a Python version that can be checked: write a version from `\"{}\"` to `\"{}\"`",
            quoted(&self.text),
            PythonVersion::OLDEST,
            PythonVersion::NEWEST
        )
    }
}

impl Error for ParsePythonVersionError {}

/// Reads `3.9`.
///
/// ```
/// use redgrease_syntax::PythonVersion;
///
/// let version: PythonVersion = "3.11".parse()?;
/// assert_eq!(version.minor(), 11);
/// assert!("2.7".parse::<PythonVersion>().is_err());
/// # Ok::<(), redgrease_syntax::ParsePythonVersionError>(())
/// ```
impl FromStr for PythonVersion {
    type Err = ParsePythonVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        (Self::OLDEST.minor..=Self::NEWEST.minor)
            .map(|minor| PythonVersion { minor })
            .find(|version| version.to_string() == text)
            .ok_or_else(|| ParsePythonVersionError {
                text: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::PythonVersion;
    use crate::quoted;

    #[test]
    fn a_printed_version_parses() {
        for text in ["3.7", "3.9", "3.10", "3.15"] {
            assert_eq!(text.parse::<PythonVersion>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "", "3", "3.", "3.6", "3.16", "3.09", "3.9.1", "2.7", "4.0", " 3.9", "3.256",
        ] {
            let error = text.parse::<PythonVersion>().unwrap_err().to_string();
            assert!(error.starts_with(&quoted(text)), "{error}");
        }
    }
}
