//! Errors of installations.

use std::fmt;

/// The kind of an [`InstallError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum InstallErrorKind {
    /// The text is not a requirement that an installer may receive.
    Refused,
    /// The directory or the virtual environment could not be created or used.
    Environment,
    /// The installer does not work: it hangs, or does nothing.
    Installer,
    /// The package index could not be reached.
    Network,
    /// The installer failed: an unknown package, a conflict or a failed build.
    Failed,
}

/// A failed installation, in a form that may be shown to a client.
///
/// The lines contain no secrets and no control characters. [`fmt::Display`] joins them into one
/// line, because an error reply must not contain line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InstallError {
    kind: InstallErrorKind,
    lines: Vec<String>,
}

impl InstallError {
    pub(super) fn new(kind: InstallErrorKind, lines: Vec<String>) -> Self {
        Self { kind, lines }
    }

    pub(super) fn line(kind: InstallErrorKind, line: impl Into<String>) -> Self {
        Self::new(kind, vec![line.into()])
    }

    /// The kind of failure.
    pub(crate) fn kind(&self) -> InstallErrorKind {
        self.kind
    }

    /// The lines of the explanation. If an installer ran, these are lines of its output.
    #[cfg(test)]
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("; "))
    }
}

impl std::error::Error for InstallError {}
