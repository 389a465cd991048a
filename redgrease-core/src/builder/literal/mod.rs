//! Python literals of Rust values.
//!
//! A value is serialized by its structure and never pasted into code, so its content cannot become code. A literal is
//! ASCII without control characters, so no server truncates it.
//!
//! `serializer`: the traits of serde. `writer`: the text.

mod serializer;
mod writer;

use crate::error::EncodeError;
use serde::ser::{Serialize, Serializer};
use writer::Writer;

/// The Python literal of a value of any serde type.
///
/// Structs and maps become dicts (map entries in a fixed order), sequences become lists, and tuples become tuples.
/// Enums have the form of JSON. Integers of any size and all floats are exact. Serde serializes `Vec<u8>` as a list of
/// numbers: wrap it in [`Bytes`].
///
/// ```
/// use redgrease_core::py_literal;
///
/// assert_eq!(py_literal(&(1, "a\"b", None::<u8>, f64::NAN))?, r#"(1, "a\"b", None, float("nan"))"#);
/// # Ok::<(), redgrease_core::EncodeError>(())
/// ```
///
/// # Errors
///
/// When the value fails to serialize, or a map has a key that cannot be the key of a Python dict.
pub fn py_literal<T: Serialize + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut out = Writer::default();
    value
        .serialize(&mut out)
        .map_err(|e| EncodeError::new(e.0))?;
    Ok(out.text)
}

/// A wrapper that serializes bytes as `bytes` in Python, not as a list of numbers.
///
/// ```
/// use redgrease_core::{Bytes, py_literal};
///
/// assert_eq!(py_literal(&Bytes(b"\xff'a"))?, r#"b"\xff'a""#);
/// # Ok::<(), redgrease_core::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bytes<T>(pub T);

impl<T: AsRef<[u8]>> Serialize for Bytes<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_ref())
    }
}

/// The literal of a text.
pub(crate) fn text(text: &str) -> String {
    let mut out = Writer::default();
    out.text(text);
    out.text
}
