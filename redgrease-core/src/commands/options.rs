//! Options of the commands that have some.

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
    pub(super) replace_with: Option<String>,
    pub(super) force_reinstall_requirements: bool,
    pub(super) requirements: Vec<String>,
}

impl PyExecuteOptions {
    /// No options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers at once with the id of the execution; fetch its results with `RG.GETRESULTSBLOCKING`.
    #[must_use]
    pub fn unblocking(mut self) -> Self {
        self.unblocking = true;
        self
    }

    /// Names the session: ASCII letters, digits, `-` and `_`. Without it the server invents an id.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// A text that `RG.PYDUMPSESSIONS` shows.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Replaces the session of the same id, in one step.
    #[must_use]
    pub fn upgrade(mut self) -> Self {
        self.upgrade = true;
        self
    }

    /// Replaces the session `old`, in one step.
    #[must_use]
    pub fn replace_with(mut self, old: impl Into<String>) -> Self {
        self.replace_with = Some(old.into());
        self
    }

    /// Installs the requirements also if the server has them.
    #[must_use]
    pub fn force_reinstall_requirements(mut self) -> Self {
        self.force_reinstall_requirements = true;
        self
    }

    /// Adds a Python package to install first, as pip spells it: `requests==2.32.0`.
    #[must_use]
    pub fn requirement(mut self, requirement: impl Into<String>) -> Self {
        self.requirements.push(requirement.into());
        self
    }

    /// Adds several of them.
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
    /// All living sessions, with the names of requirements and the ids of registrations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requirements and registrations in full.
    #[must_use]
    pub fn verbose(mut self) -> Self {
        self.verbose = true;
        self
    }

    /// Sessions that were replaced and still run something.
    #[must_use]
    pub fn dead(mut self) -> Self {
        self.dead = true;
        self
    }

    /// Only this session, and others named in the same way.
    #[must_use]
    pub fn session(mut self, id: impl Into<String>) -> Self {
        self.sessions.push(id.into());
        self
    }
}
