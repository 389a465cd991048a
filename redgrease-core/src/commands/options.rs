//! Optional arguments of `RG.PYEXECUTE` and `RG.PYDUMPSESSIONS`.

/// Options of `RG.PYEXECUTE`.
///
/// ```
/// use redgrease_core::PyExecuteOptions;
///
/// let options = PyExecuteOptions::new().id("reports").upgrade().requirement("requests");
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PyExecuteOptions {
    pub(super) unblocking: bool,
    pub(super) id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) upgrade: bool,
    pub(super) if_description: Option<String>,
    pub(super) takes: Vec<String>,
    pub(super) replace_with: Option<String>,
    pub(super) force_reinstall_requirements: bool,
    pub(super) requirements: Vec<String>,
}

impl PyExecuteOptions {
    /// Options with their defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the server reply at once with the id of the execution. Fetch the results with `RG.GETRESULTSBLOCKING`.
    #[must_use]
    pub fn unblocking(mut self) -> Self {
        self.unblocking = true;
        self
    }

    /// Sets the id of the session: ASCII letters, digits, `-` and `_`. By default the server generates an id.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the description that `RG.PYDUMPSESSIONS` shows.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Replaces the session with the same id atomically.
    #[must_use]
    pub fn upgrade(mut self) -> Self {
        self.upgrade = true;
        self
    }

    /// Replaces a session only if it has this description at that moment; a session without one has the empty text. Two
    /// clients that replace one session at the same time do not undo each other's work that way. Needs the RedGrease
    /// engine.
    #[must_use]
    pub fn if_description(mut self, description: impl Into<String>) -> Self {
        self.if_description = Some(description.into());
        self
    }

    /// Unregisters a registration of another session in the same step. Needs the RedGrease engine.
    #[must_use]
    pub fn take(mut self, registration: impl Into<String>) -> Self {
        self.takes.push(registration.into());
        self
    }

    /// Replaces the session `old` atomically.
    #[must_use]
    pub fn replace_with(mut self, old: impl Into<String>) -> Self {
        self.replace_with = Some(old.into());
        self
    }

    /// Installs the requirements again if the server already has them.
    #[must_use]
    pub fn force_reinstall_requirements(mut self) -> Self {
        self.force_reinstall_requirements = true;
        self
    }

    /// Adds a Python package to install before the script runs, as a pip requirement: `requests==2.32.0`.
    #[must_use]
    pub fn requirement(mut self, requirement: impl Into<String>) -> Self {
        self.requirements.push(requirement.into());
        self
    }

    /// Adds several Python packages.
    #[must_use]
    pub fn requirements<R: Into<String>>(
        mut self,
        requirements: impl IntoIterator<Item = R>,
    ) -> Self {
        self.requirements
            .extend(requirements.into_iter().map(Into::into));
        self
    }
}

/// Options of `RG.PYDUMPSESSIONS`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionsOptions {
    pub(super) verbose: bool,
    pub(super) dead: bool,
    pub(super) sessions: Vec<String>,
}

impl SessionsOptions {
    /// Lists all live sessions, with the names of their requirements and the ids of their registrations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists requirements and registrations with all details.
    #[must_use]
    pub fn verbose(mut self) -> Self {
        self.verbose = true;
        self
    }

    /// Lists sessions that were replaced and still have running executions.
    #[must_use]
    pub fn dead(mut self) -> Self {
        self.dead = true;
        self
    }

    /// Lists this session only. Several calls list all the sessions named.
    #[must_use]
    pub fn session(mut self, id: impl Into<String>) -> Self {
        self.sessions.push(id.into());
        self
    }
}
