//! The Cargo features of `redgrease` that a macro needs.
//!
//! `redgrease` enables the features of the same name here. If a program and its build script enable different ones, the
//! macros have both. The compiler then reports what is missing.

use redgrease_syntax::Mistake;

/// A Cargo feature of `redgrease`.
#[derive(Clone, Copy)]
pub(crate) enum Feature {
    Aio,
    Embedded,
}

impl Feature {
    fn name(self) -> &'static str {
        match self {
            Feature::Aio => "aio",
            Feature::Embedded => "embedded",
        }
    }

    /// The table of `Cargo.toml` in which the dependency with the feature is.
    fn table(self) -> &'static str {
        match self {
            Feature::Aio => "dependencies",
            Feature::Embedded => "dev-dependencies",
        }
    }

    pub(crate) fn is_enabled(self) -> bool {
        match self {
            Feature::Aio => cfg!(feature = "aio"),
            Feature::Embedded => cfg!(feature = "embedded"),
        }
    }

    /// The mistake that `what` is used without the feature.
    pub(crate) fn missing(self, what: &str) -> Mistake {
        let version = concat!(
            env!("CARGO_PKG_VERSION_MAJOR"),
            ".",
            env!("CARGO_PKG_VERSION_MINOR")
        );
        let name = self.name();
        Mistake::FeatureMissing {
            what: what.to_owned(),
            table: self.table().to_owned(),
            line: format!("redgrease = {{ version = \"{version}\", features = [\"{name}\"] }}"),
        }
    }
}
