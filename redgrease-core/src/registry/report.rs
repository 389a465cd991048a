//! The result of a registration.

use std::fmt;
use std::time::Duration;

/// The result of [`start_with`](crate::start_with) or [`register_all`](crate::register_all), by session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// One entry per session.
    pub sessions: Vec<SessionReport>,
    /// The whole duration.
    pub took: Duration,
}

/// The result for one session. A gear with a trigger is named by the trigger, any other gear by its function.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionReport {
    /// Id of the session.
    pub session: String,
    /// The action that was taken.
    pub action: Action,
    /// Gears that the server did not have, and that were registered.
    pub registered: Vec<String>,
    /// Gears that the server had in another form, and that were registered again.
    pub replaced: Vec<String>,
    /// Gears that the server had in the same form.
    pub unchanged: Vec<String>,
    /// Gears that the server had and that are no longer in the program, by the names they were registered under.
    pub removed: Vec<String>,
    /// Gears that were taken over from other sessions: those that have moved to another target of the package, and those
    /// with `replace = true`.
    pub taken: Vec<String>,
    /// Gears that were not registered, because another session has them: those with `replace = false`, and those that a
    /// newer version of this program has moved to another target of the package.
    pub left: Vec<String>,
    /// Gears of the program that the server does not have, because nothing was sent.
    pub missing: Vec<String>,
    /// Set if the policy is to send nothing, and the session on the server is that of another program, or of one that is not
    /// recognised as this one: calls may run the gears of the other program. A text about both programs.
    pub foreign: Option<String>,
    /// Set if these gears and others replace each other by turns.
    pub flapping: Option<Flapping>,
    /// The time that the server took, including the installation of requirements.
    pub took: Duration,
}

/// Two programs, or two builds of one program, replace each other's gears by turns. Each of them undoes what the other one
/// has registered, at its start or with a call of a gear that the server does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flapping {
    /// How often they have replaced each other, up to 9.
    pub times: usize,
    /// The version of the gears that were replaced.
    pub other_version: String,
}

/// The action for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// The session was sent to the server.
    Sent,
    /// The server already had the session.
    UpToDate,
    /// The server has the session from a higher version of the crate, and keeps it.
    KeptNewer {
        /// The version on the server.
        version: String,
    },
    /// The policy is to send nothing.
    Skipped,
}

impl Report {
    /// Gears that the server did not have before.
    pub fn registered(&self) -> impl Iterator<Item = &str> {
        self.sessions
            .iter()
            .flat_map(|s| &s.registered)
            .map(String::as_str)
    }

    /// Gears that the server had in another form.
    pub fn replaced(&self) -> impl Iterator<Item = &str> {
        self.sessions
            .iter()
            .flat_map(|s| &s.replaced)
            .map(String::as_str)
    }

    /// Gears that the server had in the same form.
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

    /// Whether a session was sent.
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

impl fmt::Display for Flapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "these gears and others of version {} have replaced each other {} times: stop one of the two programs, or give \
             it a namespace; raise the version with each release",
            self.other_version, self.times
        )
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
                    ("taken over", &self.taken),
                    ("left to others", &self.left),
                ] {
                    if !triggers.is_empty() {
                        let separator = if first { "" } else { "; " };
                        write!(f, "{separator}{what} {}", triggers.join(", "))?;
                        first = false;
                    }
                }
                write!(f, " ({} ms)", self.took.as_millis())?;
                match &self.flapping {
                    Some(flapping) => write!(f, "; {flapping}"),
                    None => Ok(()),
                }
            }
            Action::UpToDate => write!(f, "{} gears up to date", self.unchanged.len()),
            Action::KeptNewer { version } => {
                write!(f, "kept, the server has the newer version {version}")
            }
            Action::Skipped => {
                f.write_str("nothing sent, as the policy says")?;
                if !self.missing.is_empty() {
                    write!(f, "; the server lacks {}", self.missing.join(", "))?;
                }
                match &self.foreign {
                    Some(foreign) => write!(f, "; {foreign}"),
                    None => Ok(()),
                }
            }
        }
    }
}
