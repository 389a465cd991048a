//! What registering did.

use std::fmt;
use std::time::Duration;

/// What [`start_with`](crate::start_with) or [`register_all`](crate::register_all) did, session by session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// One entry per session.
    pub sessions: Vec<SessionReport>,
    /// How long it took altogether.
    pub took: Duration,
}

/// What happened to one session. Gears that are called are named by their triggers, others by their functions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionReport {
    /// Id of the session.
    pub session: String,
    /// What was done.
    pub action: Action,
    /// Gears the server did not have.
    pub registered: Vec<String>,
    /// Gears the server had in another form.
    pub replaced: Vec<String>,
    /// Gears the server had as they are.
    pub unchanged: Vec<String>,
    /// Gears the server had that are no longer in the program.
    pub removed: Vec<String>,
    /// Gears with `replace = false` whose trigger another session has: they are left to it.
    pub left: Vec<String>,
    /// How long the server took, requirements included.
    pub took: Duration,
}

/// What was done with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// It was sent to the server.
    Sent,
    /// The server had it already.
    UpToDate,
    /// The server has it from a higher version of the crate, and keeps that.
    KeptNewer {
        /// The version the server has.
        version: String,
    },
    /// The policy is to send nothing.
    Skipped,
}

impl Report {
    /// Gears the server did not have before.
    pub fn registered(&self) -> impl Iterator<Item = &str> {
        self.sessions
            .iter()
            .flat_map(|s| &s.registered)
            .map(String::as_str)
    }

    /// Gears the server had in another form.
    pub fn replaced(&self) -> impl Iterator<Item = &str> {
        self.sessions
            .iter()
            .flat_map(|s| &s.replaced)
            .map(String::as_str)
    }

    /// Gears that were there already.
    pub fn unchanged(&self) -> impl Iterator<Item = &str> {
        self.sessions
            .iter()
            .flat_map(|s| &s.unchanged)
            .map(String::as_str)
    }

    /// Gears that are no longer registered.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        self.sessions
            .iter()
            .flat_map(|s| &s.removed)
            .map(String::as_str)
    }

    /// Whether anything was sent.
    pub fn is_changed(&self) -> bool {
        self.sessions.iter().any(|s| s.action == Action::Sent)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, session) in self.sessions.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            session.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for SessionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session `{}`: ", self.session)?;
        match &self.action {
            Action::Sent => {
                let mut first = true;
                for (what, triggers) in [
                    ("registered", &self.registered),
                    ("replaced", &self.replaced),
                    ("unchanged", &self.unchanged),
                    ("removed", &self.removed),
                    ("left to others", &self.left),
                ] {
                    if !triggers.is_empty() {
                        let separator = if first { "" } else { "; " };
                        write!(f, "{separator}{what} {}", triggers.join(", "))?;
                        first = false;
                    }
                }
                write!(f, " ({} ms)", self.took.as_millis())
            }
            Action::UpToDate => write!(f, "{} gears up to date", self.unchanged.len()),
            Action::KeptNewer { version } => {
                write!(f, "kept, the server has the newer version {version}")
            }
            Action::Skipped => f.write_str("nothing sent, as the policy says"),
        }
    }
}
