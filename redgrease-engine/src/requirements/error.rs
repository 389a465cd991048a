//! Why an installation failed.

use std::fmt;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum InstallErrorKind {
    /// The text is not a requirement that may be given to pip.
    Refused,
    /// The directory or the virtual environment could not be made or used.
    Environment,
    /// The package index could not be reached.
    Network,
    /// pip said no: no such package, a conflict, a build that failed.
    Pip,
}

/// An installation that failed, in a form that can be shown to a client.
///
/// The lines hold no secrets and no control characters. [`fmt::Display`] joins them into one line,
/// because an error reply must be one.
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

    /// What kind of failure it was.
    pub(crate) fn kind(&self) -> InstallErrorKind {
        self.kind
    }

    /// The lines that say why, pip's own where pip ran.
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
