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
    /// Whether it is about the value of an `Err`.
    is_of_err: bool,
    got: String,
    want: String,
    /// What to do. It may be empty.
    remedy: &'static str,
}

impl DecodeError {
    /// Number of characters of a value that an error shows.
    const SHOWN: usize = 80;

    /// The remedy for a value that does not fit the type.
    const RETURN: &'static str =
        "return such a value from the Python, or take a Rust type that holds this one";

    /// The remedy for the value of an `Err`.
    const RAISE: &'static str = "write `raise Err(..)` or `return Err(..)` with such a value in the Python, or change the Rust type";

    /// Creates the error "got `got`, expected `want`". A long `got` is truncated.
    pub fn new(got: impl Into<String>, want: impl Into<String>) -> Self {
        let mut got: String = got.into();
        if let Some((cut, _)) = got.char_indices().nth(Self::SHOWN) {
            got.truncate(cut);
            got.push_str("..");
        }
        DecodeError {
            is_of_err: false,
            got,
            want: want.into(),
            remedy: "",
        }
    }

    /// Creates the error that `got` arrived in place of a `T`.
    pub fn mismatch<T: ?Sized>(got: impl Into<String>) -> Self {
        DecodeError {
            remedy: DecodeError::RETURN,
            ..DecodeError::new(got, value_of::<T>())
        }
    }

    /// Says what to do about the error.
    #[must_use]
    pub(crate) fn advised(self, remedy: &'static str) -> Self {
        DecodeError { remedy, ..self }
    }

    /// Creates the error that serde refuses JSON in place of a `T`.
    pub(crate) fn json<T: ?Sized>(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // Python makes the JSON, so nobody sees its lines.
        let reason = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(reason, _)| reason);
        DecodeError {
            got: format!("JSON that serde refuses ({reason})"),
            ..DecodeError::mismatch::<T>("")
        }
    }

    /// Says that the error is about the value of an `Err` of the gear.
    pub(crate) fn of_err(self) -> Self {
        DecodeError {
            is_of_err: true,
            remedy: DecodeError::RAISE,
            ..self
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_of_err {
            f.write_str("the `Err` of the gear: ")?;
        }
        let DecodeError {
            got, want, remedy, ..
        } = self;
        write!(f, "got {got}, expected {want}")?;
        if remedy.is_empty() {
            return Ok(());
        }
        write!(f, ": {remedy}")
    }
}

impl std::error::Error for DecodeError {}

fn value_of<T: ?Sized>() -> String {
    format!(
        "a value of the Rust type `{}`",
        short_name(type_name::<T>())
    )
}

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
            "got x, expected a value of the Rust type `Option<Vec<String>>`: return such a value from the Python, or take a Rust \
             type that holds this one"
        );
    }

    #[test]
    fn json_that_serde_refuses_has_the_type_and_the_reason() {
        #[derive(Debug, serde::Deserialize)]
        enum Refusal {
            Empty,
            Bad,
        }
        assert!(matches!(
            serde_json::from_str("\"Empty\""),
            Ok(Refusal::Empty)
        ));
        assert!(matches!(serde_json::from_str("\"Bad\""), Ok(Refusal::Bad)));
        let refused = serde_json::from_str::<Refusal>("\"Emty\"").unwrap_err();
        let e = DecodeError::json::<Refusal>(&refused);
        assert_eq!(
            e.to_string(),
            "got JSON that serde refuses (unknown variant `Emty`, expected `Empty` or `Bad`), expected a value of the Rust type \
             `Refusal`: return such a value from the Python, or take a Rust type that holds this one"
        );
        assert_eq!(
            e.of_err().to_string(),
            "the `Err` of the gear: got JSON that serde refuses (unknown variant `Emty`, expected `Empty` or `Bad`), expected a \
             value of the Rust type `Refusal`: write `raise Err(..)` or `return Err(..)` with such a value in the Python, or \
             change the Rust type"
        );
    }

    #[test]
    fn long_values_are_cut_at_a_character() {
        let e = DecodeError::new("é".repeat(200), "y");
        assert_eq!(e.got, format!("{}..", "é".repeat(80)));
    }
}
