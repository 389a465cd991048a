//! Errors of conversions, without the gear that they belong to.

use std::any::type_name;
use std::fmt;

/// An argument that cannot be represented in Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError(String);

impl EncodeError {
    /// Creates an error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        EncodeError(message.into())
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EncodeError {}

/// A reply that cannot be converted to its Rust type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    got: String,
    want: String,
}

impl DecodeError {
    /// Number of characters of a value that an error shows.
    const SHOWN: usize = 80;

    /// Creates the error "got `got`, expected `want`". A long `got` is truncated.
    pub fn new(got: impl Into<String>, want: impl Into<String>) -> Self {
        let mut got: String = got.into();
        if let Some((cut, _)) = got.char_indices().nth(Self::SHOWN) {
            got.truncate(cut);
            got.push_str("..");
        }
        DecodeError {
            got,
            want: want.into(),
        }
    }

    /// Creates the error that `got` arrived in place of a `T`.
    pub fn mismatch<T: ?Sized>(got: impl Into<String>) -> Self {
        DecodeError::new(
            got,
            format!(
                "a value of the Rust type `{}`",
                short_name(type_name::<T>())
            ),
        )
    }

    /// Adds what to do about the error.
    #[must_use]
    pub(crate) fn advised(mut self, advice: &str) -> Self {
        self.want.push_str(": ");
        self.want.push_str(advice);
        self
    }

    pub(crate) fn json(error: &serde_json::Error) -> Self {
        DecodeError::new(error.to_string(), "JSON of the right shape")
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "got {}, expected {}", self.got, self.want)
    }
}

impl std::error::Error for DecodeError {}

/// A type name without module paths, such as `Option<String>`.
fn short_name(full: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in full.chars() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else if c == ':' {
            word.clear();
        } else {
            out.push_str(&word);
            word.clear();
            out.push(c);
        }
    }
    out + &word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_names_lose_their_paths() {
        let e = DecodeError::mismatch::<Option<Vec<String>>>("x");
        assert_eq!(
            e.to_string(),
            "got x, expected a value of the Rust type `Option<Vec<String>>`"
        );
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        let e = DecodeError::new("é".repeat(200), "y");
        assert_eq!(e.got, format!("{}..", "é".repeat(80)));
    }
}
