//! The options of a registration.

use super::package::RedgreasePackage;
use crate::gear::Gear;
use std::time::Duration;

/// Decides whether a session is registered again when the server already holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// When the gears differ, unless the server has them from a higher version of the crate: an old instance that
    /// restarts during a rolling deployment does not downgrade the session.
    #[default]
    IfNewer,
    /// When the gears differ, whatever the versions are.
    IfChanged,
    /// Always.
    Always,
    /// Never, not even when the server does not know the gear of a call: another program registers the gears.
    Never,
    /// Never: registering fails if the server does not hold exactly these gears.
    Error,
}

/// Options of [`start_with`](crate::start_with) and [`register_all_with`](crate::register_all_with).
///
/// A connection of this crate keeps the options of its registration: its calls use the namespace, and a gear that the
/// server has lost is registered again with the same policy, gears and package. Connections of redis-rs cannot carry
/// options. They share those of the first registration of the process, until `register_all_with` is called with one of
/// them.
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
    pub(super) policy: Policy,
    pub(super) namespace: Option<String>,
    pub(super) gears: Option<Vec<&'static Gear>>,
    pub(super) package: RedgreasePackage,
    pub(super) take_over: bool,
    pub(super) call_timeout: Option<Duration>,
    pub(super) registration_timeout: RegistrationTimeout,
}

/// The time limit of registrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RegistrationTimeout(pub(crate) Option<Duration>);

impl Default for RegistrationTimeout {
    fn default() -> Self {
        RegistrationTimeout(Some(Duration::from_mins(10)))
    }
}

impl Options {
    /// The defaults: every gear of the program, no namespace, [`Policy::IfNewer`], no time limit of calls, ten minutes for
    /// a registration.
    pub fn new() -> Self {
        Options::default()
    }

    /// Sets when a session that the server already holds is registered again.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets a prefix for sessions and triggers, so that two stages can share a server: other clients call the gear
    /// `cache_get` of the namespace `staging` with `RG.TRIGGER staging:cache_get`.
    ///
    /// Each connection of this crate has its own namespace. All connections of redis-rs in a process have the same one.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Replaces sessions of the same name and takes over triggers of the gears, also if another program has registered
    /// them. Without this, a session that is not recognised as one of this program is an error that names both, and
    /// nothing is registered.
    ///
    /// A program is recognised by `repository` or `[package.metadata.redgrease] session` in its `Cargo.toml`, by the git
    /// remote that it was cloned from, by the folder in which it is developed, or by gears that have not changed.
    ///
    /// It is meant for a single start, after a package has moved to another repository for example, and not to stay in
    /// the source: two programs with this option take each other's gears away. A gear that the server has lost is
    /// registered again without it.
    #[must_use]
    pub fn take_over(mut self, take_over: bool) -> Self {
        self.take_over = take_over;
        self
    }

    /// Limits the time that each call of a gear waits for its answer, and each [`pipe`](crate::pipe) of calls.
    /// [`Call::timeout`](crate::Call::timeout) gives a single call another limit, or none. `None` is the default: calls
    /// wait as long as they take. A limit of zero is refused.
    ///
    /// The limit includes the time to register the gear again if the server has lost it. When it passes meanwhile, the
    /// server goes on to register, and a later call finds the gear.
    ///
    /// The limit holds for the connection or pool that is started with the options. It ends the waiting, not the gear. The
    /// error asks the server over another connection what goes on there, for half a second at most:
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout). Chains, scripts and other commands have no limit.
    ///
    /// ```
    /// use redgrease_core::Options;
    /// use std::time::Duration;
    ///
    /// let options = Options::new().call_timeout(Duration::from_secs(5));
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn call_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.call_timeout = limit.into();
        self
    }

    /// Limits the time that a registration waits for the server: that of `start` and `register_all`, and that of a gear
    /// which the server has lost, within the limit of the call. Ten minutes is the default, because the server may have to
    /// install requirements. `None` waits as long as it takes. A limit of zero is refused.
    ///
    /// Commands that a server answers at once, such as `RG.PYDUMPSESSIONS`, have ten seconds of this time. The limit ends the
    /// waiting, not the work of the server: the error
    /// [`RegistrationTimeout`](crate::ErrorKind::RegistrationTimeout) says which command was not answered. Blocking connections
    /// of redis-rs cannot be limited: set their read timeout.
    ///
    /// ```
    /// use redgrease_core::Options;
    /// use std::time::Duration;
    ///
    /// let options = Options::new().registration_timeout(Duration::from_secs(60));
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn registration_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.registration_timeout = RegistrationTimeout(limit.into());
        self
    }

    /// Sets the package that `import redgrease` finds in the Python of gears.
    #[must_use]
    pub fn redgrease_package(mut self, package: RedgreasePackage) -> Self {
        self.package = package;
        self
    }

    /// Registers these gears only, instead of every gear that is linked into the program. Other gears that the server
    /// has in the same sessions are unregistered.
    #[must_use]
    pub fn gears(mut self, gears: &[&'static Gear]) -> Self {
        self.gears = Some(gears.to_vec());
        self
    }
}
