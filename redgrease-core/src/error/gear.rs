//! A Python exception, as the server-side prelude reports it.

use serde::Deserialize;

/// First word of the error line the prelude raises; the rest is one line of JSON.
pub(crate) const CODE: &str = "GEARERROR";

/// A Python exception that a gear raised.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct GearError {
    /// The trigger that was called or registered.
    pub trigger: String,
    /// Name of the exception's class, with its module unless that is `builtins`.
    pub exception: String,
    /// Its text.
    pub message: String,
    /// Where it was raised, outermost call first. Frames of the prelude are left out.
    #[serde(default)]
    pub frames: Vec<Frame>,
}

impl GearError {
    /// Reads the line of an error, if it is one of the prelude's.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let json = line.strip_prefix(CODE)?.strip_prefix(' ')?;
        serde_json::from_str(json).ok()
    }

    /// The innermost frame that stands in the gear's own source: the Python line a person wants to see.
    pub fn frame(&self) -> Option<&Frame> {
        self.frames
            .iter()
            .rev()
            .find(|frame| frame.own)
            .or(self.frames.last())
    }
}

/// One call on the way to an exception.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Frame {
    /// The file: for a gear the Rust or Python file it was written in, as rustc names it.
    pub file: String,
    /// 1-based line in it.
    pub line: u32,
    /// Name of the Python function.
    pub function: String,
    /// The source line, if it is known.
    #[serde(default)]
    pub source: Option<String>,
    /// First and one-past-last character in the line, counted from 0, if the server's Python tells (3.11 and later).
    #[serde(default)]
    pub columns: Option<(u32, u32)>,
    /// `true` if it is in the source of the gear itself, not in a library.
    #[serde(default)]
    pub own: bool,
}
