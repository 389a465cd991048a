//! The options that a program registers its gears with, and calls them by.
//!
//! * `options`: [`Options`] and [`Policy`], as users write them. `package`: [`RedgreasePackage`].
//! * [`Profile`]: the checked form. A connection of this crate carries the profile of its registration.
//! * `default`: the profile of all other connections.

mod default;
mod options;
mod package;

pub(crate) use default::{default, propose_default, replace_default};
pub(crate) use options::RegistrationTimeout;
pub use options::{Options, Policy};
pub use package::RedgreasePackage;

use crate::error::{Error, Result};
use crate::gear::Gear;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Checked options. Registering, calling and healing read them from here.
///
/// `pub` only because it stands in hidden methods of public traits.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Profile {
    pub(crate) policy: Policy,
    pub(crate) package: RedgreasePackage,
    /// The gears that are registered; `None` stands for all gears of the program.
    pub(crate) gears: Option<Vec<&'static Gear>>,
    /// Whether a start replaces sessions of other programs.
    pub(crate) take_over: bool,
    pub(crate) namespace: Option<String>,
    /// The time limit of calls that have no limit of their own.
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) registration_timeout: RegistrationTimeout,
}

impl Profile {
    /// The profile of these options.
    ///
    /// # Errors
    ///
    /// When the namespace contains characters that a session id cannot contain, or the time limit is zero.
    pub(crate) fn of(options: &Options) -> Result<Arc<Self>> {
        if let Some(name) = &options.namespace
            && (name.is_empty()
                || !name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)))
        {
            return Err(Error::config(format!(
                "the namespace {name:?} cannot be used: it may contain ASCII letters, digits, `-` and `_`"
            )));
        }
        if options.call_timeout == Some(Duration::ZERO) {
            return Err(Error::config(
                "a limit of zero would fail every call: give `Options::call_timeout(..)` a duration, or `None` for calls \
                 without a limit",
            ));
        }
        if options.registration_timeout.0 == Some(Duration::ZERO) {
            return Err(Error::config(
                "a limit of zero would fail every registration: give `Options::registration_timeout(..)` a duration, or \
                 `None` for no limit",
            ));
        }
        Ok(Arc::new(Profile {
            policy: options.policy,
            package: options.package.clone(),
            gears: options.gears.clone(),
            take_over: options.take_over,
            call_timeout: options.call_timeout,
            registration_timeout: options.registration_timeout,
            namespace: options.namespace.clone(),
        }))
    }

    /// A name with the namespace in front, as the server knows the trigger.
    pub(crate) fn trigger<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match &self.namespace {
            Some(namespace) => Cow::Owned(format!("{namespace}:{name}")),
            None => Cow::Borrowed(name),
        }
    }

    /// The trigger of a gear as the server knows it; `None` if the gear is not a command with a trigger.
    pub(crate) fn trigger_of(&self, gear: &Gear) -> Option<Cow<'static, str>> {
        gear.trigger().map(|trigger| self.trigger(trigger))
    }

    /// A session id with the namespace in front.
    pub(crate) fn session(&self, id: String) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}--{id}"),
            None => id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_a_namespace() {
        let plain = Profile::default();
        assert_eq!(plain.trigger("t"), "t");
        assert_eq!(plain.session("s".to_owned()), "s");
        let staging = Profile::of(&Options::new().namespace("staging")).unwrap();
        assert_eq!(staging.trigger("t"), "staging:t");
        assert_eq!(staging.session("s".to_owned()), "staging--s");
    }

    #[test]
    fn a_namespace_is_a_part_of_a_session_id() {
        for name in ["", "a b", "a:b", "é"] {
            let error = Profile::of(&Options::new().namespace(name)).unwrap_err();
            assert!(error.to_string().contains("may contain"), "{error}");
        }
        Profile::of(&Options::new().namespace("Blue-2_x")).unwrap();
    }
}
