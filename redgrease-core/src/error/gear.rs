//! [`GearError`]: a Python exception as the prelude reports it.

use serde::Deserialize;

/// First word of the error line that the prelude sends; the rest of the line is JSON.
pub(crate) const CODE: &str = "GEARERROR";

/// A Python exception that a gear raised.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct GearError {
    /// Trigger or name of the gear.
    pub trigger: String,
    /// Name of the exception's class, with its module unless that is `builtins`.
    pub exception: String,
    /// Message of the exception.
    pub message: String,
    /// Traceback of the exception, outermost call first, without frames of the prelude.
    #[serde(default)]
    pub frames: Vec<Frame>,
}

impl GearError {
    /// Parses an error line; `None` if the prelude did not send it.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let json = line.strip_prefix(CODE)?.strip_prefix(' ')?;
        serde_json::from_str(json).ok()
    }

    /// The innermost frame in the gear's own source. Without one, the innermost frame.
    pub fn frame(&self) -> Option<&Frame> {
        self.frames
            .iter()
            .rev()
            .find(|frame| frame.own)
            .or(self.frames.last())
    }
}

/// One frame of a traceback.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Frame {
    /// Source file. For a gear, the Rust or Python file that contains it, as rustc names it.
    pub file: String,
    /// Line in the file, counted from 1.
    pub line: u32,
    /// Name of the Python function.
    pub function: String,
    /// Text of the source line, if it is known.
    #[serde(default)]
    pub source: Option<String>,
    /// Start and end of the failing expression in the line: characters counted from 0, the end exclusive. `None` if the
    /// server's Python is older than 3.11.
    #[serde(default)]
    pub columns: Option<(u32, u32)>,
    /// `true` if the frame is in the source of the gear itself, not in a library.
    #[serde(default)]
    pub own: bool,
}
