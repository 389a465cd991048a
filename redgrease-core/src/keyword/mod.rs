//! The sets of words that servers use, as enums: each has `as_str`, `Display`, `FromStr` and the traits of serde.
//!
//! * `sent`: words a program chooses from; another word is an error. `said`: words servers report; one that this
//!   version does not know is kept.

mod said;
mod sent;

pub use said::{ExecutionStatus, RegistrationStatus};
pub(crate) use sent::keyword;
pub use sent::{ExecLocality, KeyType, LogLevel, ReaderType};

use std::fmt;

/// A text that is none of the words of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeywordError {
    what: &'static str,
    found: String,
    words: &'static [&'static str],
}

impl KeywordError {
    pub(crate) fn new(what: &'static str, found: &str, words: &'static [&'static str]) -> Self {
        KeywordError {
            what,
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
            self.what,
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
