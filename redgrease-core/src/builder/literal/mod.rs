//! Python literals of Rust values.
//!
//! A value is written by its structure, never pasted into text: whatever it contains, it cannot become code. Everything
//! is ASCII without control characters, so no server cuts it.
//!
//! `serializer`: what serde asks for. `writer`: the text.

mod serializer;
mod writer;

use crate::error::EncodeError;
use serde::ser::{Serialize, Serializer};
use writer::Writer;

/// The Python literal of a value of any serde type.
///
/// Structs and maps are dicts (entries of maps in a fixed order), sequences are lists, tuples are tuples, enums as in
/// JSON. Integers of any size and all floats are exact. `Vec<u8>` is a list of numbers for serde: wrap it in [`Bytes`].
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
/// When the value fails to serialize, or a key of a map cannot be a key in Python.
pub fn py_literal<T: Serialize + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut out = Writer::default();
    value
        .serialize(&mut out)
        .map_err(|e| EncodeError::new(e.0))?;
    Ok(out.text)
}

/// Bytes: `bytes` in Python, where serde would make a list of numbers of them.
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
