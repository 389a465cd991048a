//! Why a place gives no engine, and what to do about it.

/// A place without an engine that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable {
    pub(super) reason: String,
    pub(super) flaw: Flaw,
    /// What to do. Empty for [`Flaw::Absent`].
    pub(super) remedy: String,
}

/// What a place lacks. If several places have a flaw, the remedy for the least one ends the error: a
/// damaged wheel, for example, stays damaged if only `pip install redgrease-engine` is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flaw {
    /// The active virtual environment or the wheel in it is damaged or outdated.
    Wheel,
    /// The files in a folder are damaged or outdated.
    Folder,
    /// The engines are for other versions of Python.
    OtherPython,
    /// Nothing is there.
    Absent,
}

impl Unusable {
    pub(super) fn new(flaw: Flaw, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Unusable {
            reason: reason.into(),
            flaw,
            remedy: remedy.into(),
        }
    }

    pub(super) fn absent(reason: impl Into<String>) -> Self {
        Unusable::new(Flaw::Absent, reason, "")
    }

    /// The same, with the place in front of the reason.
    pub(super) fn at(self, place: impl std::fmt::Display) -> Self {
        Unusable {
            reason: format!("{place}: {}", self.reason),
            ..self
        }
    }
}
