//! How gears are registered.

use super::package::RedgreasePackage;
use super::spec::Gear;

/// When a session that the server holds already is registered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// When the gears differ, unless the server has them from a higher version of the crate: an old instance that
    /// restarts during a rolling deployment takes nothing back.
    #[default]
    IfNewer,
    /// When the gears differ, whatever the versions are.
    IfChanged,
    /// Always.
    Always,
    /// Never, not even when a call finds its gear unknown: another program registers them.
    Never,
    /// Never: it is an error if the server does not hold exactly these gears.
    Error,
}

/// Options of [`start_with`](crate::start_with) and [`register_all_with`](crate::register_all_with).
///
/// ```
/// use redgrease_core::{Options, Policy};
///
/// let options = Options::new().policy(Policy::IfChanged).namespace("staging");
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    pub(crate) policy: Policy,
    pub(crate) namespace: Option<String>,
    pub(crate) gears: Option<Vec<&'static Gear>>,
    pub(crate) package: RedgreasePackage,
}

impl Options {
    /// The defaults: every gear of the program, without a namespace, [`Policy::IfNewer`].
    pub fn new() -> Self {
        Options::default()
    }

    /// When a session that the server holds already is registered again.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// A prefix for sessions and triggers, so that two stages share a server: the gear `cache_get` in the namespace
    /// `staging` is `RG.TRIGGER staging:cache_get` for other clients. One per process.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// What `import redgrease` is in the Python of gears. One choice per process: the latest.
    #[must_use]
    pub fn redgrease_package(mut self, package: RedgreasePackage) -> Self {
        self.package = package;
        self
    }

    /// Registers these gears only, instead of every gear that is linked into the program. Others that the server has in
    /// their sessions are unregistered.
    #[must_use]
    pub fn gears(mut self, gears: &[&'static Gear]) -> Self {
        self.gears = Some(gears.to_vec());
        self
    }
}
