//! Enums for the keywords of the protocol, with `as_str`, `Display`, `FromStr` and the serde traits.
//!
//! * `sent`: keywords that a program sends. Parsing an unknown word fails.
//! * `said`: keywords that a server reports. An unknown word is kept as `Other`.

mod said;
mod sent;

pub use said::{ExecutionStatus, RegistrationStatus};
pub(crate) use sent::keyword;
pub use sent::{ExecLocality, KeyType, LogLevel, ReaderType};

use std::fmt;

/// The error of parsing an unknown keyword.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeywordError {
    kind: &'static str,
    found: String,
    words: &'static [&'static str],
}

impl KeywordError {
    pub(crate) fn new(kind: &'static str, found: &str, words: &'static [&'static str]) -> Self {
        KeywordError {
            kind,
            found: found.to_owned(),
            words,
        }
    }
}

impl fmt::Display for KeywordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a {}: use one of {}",
            self.found,
            self.kind,
            self.words.join(", ")
        )
    }
}

impl std::error::Error for KeywordError {}

impl From<KeywordError> for crate::Error {
    fn from(e: KeywordError) -> Self {
        crate::Error::config(e.to_string())
    }
}

#[cfg(test)]
mod tests;
