//! Client-side filters for server listings. The server always lists everything.

use super::types::{Execution, RegistrationInfo, Requirement};
use crate::gear::Mode;
use crate::keyword::{ExecutionStatus, ReaderType};
use crate::requirement::normalized_name;
use redgrease_syntax::glob_matches;

/// Selects executions from `RG.DUMPEXECUTIONS`. The filter runs in the client.
///
/// ```no_run
/// use redgrease_core::{ExecutionFilter, ExecutionStatus, GearsCommands, connect};
///
/// let mut con = connect("redis://127.0.0.1/")?;
/// let running = ExecutionFilter::new().status(ExecutionStatus::Running).registered(false);
/// for execution in con.dump_executions_where(&running)? {
///     con.abort_execution(&execution)?;
/// }
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutionFilter {
    status: Vec<ExecutionStatus>,
    registered: Option<bool>,
}

impl ExecutionFilter {
    /// A filter that selects everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects executions with this status. Several calls select executions with any of the statuses.
    #[must_use]
    pub fn status(mut self, status: ExecutionStatus) -> Self {
        self.status.push(status);
        self
    }

    /// `true` selects executions that a registration started, `false` selects all others.
    #[must_use]
    pub fn registered(mut self, registered: bool) -> Self {
        self.registered = Some(registered);
        self
    }

    /// Whether the filter selects an execution.
    pub fn matches(&self, execution: &Execution) -> bool {
        (self.status.is_empty() || self.status.contains(&execution.status))
            && self.registered.is_none_or(|r| r == execution.registered)
    }

    pub(super) fn apply(&self, mut all: Vec<Execution>) -> Vec<Execution> {
        all.retain(|execution| self.matches(execution));
        all
    }
}

/// Selects registrations from `RG.DUMPREGISTRATIONS`. The filter runs in the client.
///
/// [`description`](Self::description), [`session`](Self::session) and [`trigger`](Self::trigger) take glob patterns
/// (`*`, `?`, `[ab]`).
///
/// ```no_run
/// use redgrease_core::{GearsCommands, RegistrationFilter, connect};
///
/// let mut con = connect("redis://127.0.0.1/")?;
/// for registration in con.dump_registrations_where(&RegistrationFilter::new().trigger("cache_*"))? {
///     println!("{}: {} calls", registration.id, registration.triggered);
/// }
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistrationFilter {
    reader: Option<ReaderType>,
    mode: Option<Mode>,
    description: Option<String>,
    session: Option<String>,
    trigger: Option<String>,
    key: Option<String>,
    stream: Option<String>,
}

impl RegistrationFilter {
    /// A filter that selects everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects registrations of this reader.
    #[must_use]
    pub fn reader(mut self, reader: ReaderType) -> Self {
        self.reader = Some(reader);
        self
    }

    /// Selects registrations with this mode.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Selects registrations whose description matches a glob pattern. A registration without a description never matches.
    #[must_use]
    pub fn description(mut self, pattern: impl Into<String>) -> Self {
        self.description = Some(pattern.into());
        self
    }

    /// Selects registrations of sessions whose id matches a glob pattern.
    #[must_use]
    pub fn session(mut self, pattern: impl Into<String>) -> Self {
        self.session = Some(pattern.into());
        self
    }

    /// Selects commands whose trigger matches a glob pattern.
    #[must_use]
    pub fn trigger(mut self, pattern: impl Into<String>) -> Self {
        self.trigger = Some(pattern.into());
        self
    }

    /// Selects the command with exactly this trigger; glob characters have no special meaning.
    #[must_use]
    pub fn trigger_named(self, trigger: &str) -> Self {
        let escaped: String = trigger
            .chars()
            .flat_map(|c| "*?[\\".contains(c).then_some('\\').into_iter().chain([c]))
            .collect();
        self.trigger(escaped)
    }

    /// Selects registrations for events of a key. A trailing `*` stands for all keys with that prefix.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Selects registrations that read a stream. A trailing `*` stands for all streams with that prefix.
    #[must_use]
    pub fn stream(mut self, stream: impl Into<String>) -> Self {
        self.stream = Some(stream.into());
        self
    }

    /// Whether the filter selects a registration.
    pub fn matches(&self, registration: &RegistrationInfo) -> bool {
        let is_like = |pattern: &Option<String>, text: Option<&str>| match (pattern, text) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(pattern), Some(text)) => glob_matches(pattern.as_bytes(), text.as_bytes()),
        };
        let meets = |wanted: &Option<String>, prefix: Option<String>| match (wanted, prefix) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wanted), Some(prefix)) => overlap(wanted, &prefix),
        };
        self.reader
            .is_none_or(|reader| registration.reader == reader.as_str())
            && self
                .mode
                .is_none_or(|mode| registration.mode == mode.as_str())
            && is_like(&self.description, registration.description.as_deref())
            && is_like(&self.session, registration.session.as_deref())
            && is_like(&self.trigger, registration.trigger().as_deref())
            && meets(&self.key, registration.prefix())
            && meets(&self.stream, registration.stream())
    }

    pub(super) fn apply(&self, mut all: Vec<RegistrationInfo>) -> Vec<RegistrationInfo> {
        all.retain(|registration| self.matches(registration));
        all
    }
}

/// Whether two names or prefix patterns (a prefix and `*`) have a name in common.
fn overlap(a: &str, b: &str) -> bool {
    match (a.strip_suffix('*'), b.strip_suffix('*')) {
        (Some(a), Some(b)) => a.starts_with(b) || b.starts_with(a),
        (Some(beginning), None) => b.starts_with(beginning),
        (None, Some(beginning)) => a.starts_with(beginning),
        (None, None) => a == b,
    }
}

/// Selects Python packages from `RG.PYDUMPREQS`. The filter runs in the client.
///
/// ```
/// use redgrease_core::RequirementFilter;
///
/// let installed = RequirementFilter::new().name("Requests").is_installed(true);
/// # let _ = installed;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequirementFilter {
    name: Option<String>,
    is_downloaded: Option<bool>,
    is_installed: Option<bool>,
}

impl RequirementFilter {
    /// A filter that selects everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects a package by its name. Versions and extras are ignored, and names are normalized (`Foo_Bar` is `foo-bar`).
    #[must_use]
    pub fn name(mut self, name: impl AsRef<str>) -> Self {
        self.name = Some(normalized_name(name.as_ref()));
        self
    }

    /// `true` selects packages whose files are on the server, `false` selects all others.
    #[must_use]
    pub fn is_downloaded(mut self, is_downloaded: bool) -> Self {
        self.is_downloaded = Some(is_downloaded);
        self
    }

    /// `true` selects packages that gears can import, `false` selects all others.
    #[must_use]
    pub fn is_installed(mut self, is_installed: bool) -> Self {
        self.is_installed = Some(is_installed);
        self
    }

    /// Whether the filter selects a package.
    pub fn matches(&self, requirement: &Requirement) -> bool {
        self.name
            .as_ref()
            .is_none_or(|name| *name == normalized_name(&requirement.name))
            && self
                .is_downloaded
                .is_none_or(|is| is == requirement.is_downloaded)
            && self
                .is_installed
                .is_none_or(|is| is == requirement.is_installed)
    }

    pub(super) fn apply(&self, mut all: Vec<Requirement>) -> Vec<Requirement> {
        all.retain(|requirement| self.matches(requirement));
        all
    }
}
