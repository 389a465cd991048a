//! The Cargo features of `redgrease` that a macro needs.
//!
//! `redgrease` enables the features of the same name here. If a program and its build script enable different ones, the
//! macros have both. The compiler then reports what is missing.

use crate::manifest::{self, Dependency, Section};
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
        let manifest = manifest::current();
        let dependency = manifest.as_ref().and_then(|manifest| manifest.redgrease());
        Mistake::FeatureMissing {
            what: what.to_owned(),
            feature: self.name().to_owned(),
            remedy: self.remedy(dependency),
        }
    }

    /// The change of `Cargo.toml` that enables the feature.
    fn remedy(self, dependency: Option<&Dependency>) -> String {
        let (feature, table) = (self.name(), self.table());
        if let Some(Dependency {
            name,
            section,
            is_plain: false,
        }) = dependency
        {
            let other = match (self, section) {
                (Feature::Embedded, Section::Dependencies) => {
                    ", or repeat it with them below `[dev-dependencies]`,"
                }
                _ => "",
            };
            return format!(
                "add `\"{feature}\"` to the features of the dependency `{name}`{other}"
            );
        }
        let version = concat!(
            env!("CARGO_PKG_VERSION_MAJOR"),
            ".",
            env!("CARGO_PKG_VERSION_MINOR")
        );
        format!(
            "write `redgrease = {{ version = \"{version}\", features = [\"{feature}\"] }}` below `[{table}]`"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Feature;
    use crate::manifest::Manifest;
    use std::path::Path;

    fn remedy(feature: Feature, manifest: &str) -> String {
        let path = Path::new("/nowhere/Cargo.toml");
        let manifest = Manifest::parse(path, manifest).expect("a manifest");
        feature.remedy(manifest.redgrease())
    }

    #[test]
    fn a_dependency_of_a_registry_gets_a_whole_line() {
        for manifest in [
            "dependencies.redgrease = '0.1'",
            "dependencies.redgrease = { version = '0.1', features = ['tracing'] }",
            "dependencies.my_lib = '1'",
        ] {
            let line = remedy(Feature::Aio, manifest);
            assert!(line.starts_with("write `redgrease = {"), "{line}");
            assert!(
                line.ends_with("features = [\"aio\"] }` below `[dependencies]`"),
                "{line}"
            );
        }
    }

    #[test]
    fn any_other_dependency_gets_the_feature() {
        for (manifest, name) in [
            (
                "dependencies.rg = { package = 'redgrease', version = '0.1' }",
                "rg",
            ),
            ("dependencies.redgrease.path = '../redgrease'", "redgrease"),
            (
                "dependencies.redgrease.git = 'https://example.org/x'",
                "redgrease",
            ),
            ("dependencies.redgrease.workspace = true", "redgrease"),
        ] {
            let expected = format!("add `\"aio\"` to the features of the dependency `{name}`");
            assert_eq!(remedy(Feature::Aio, manifest), expected);
        }
        let tested = "dev-dependencies.rg = { package = 'redgrease', path = '..' }";
        assert_eq!(
            remedy(Feature::Embedded, tested),
            "add `\"embedded\"` to the features of the dependency `rg`"
        );
        let used = "dependencies.rg = { package = 'redgrease', path = '..' }";
        assert!(remedy(Feature::Embedded, used).contains("or repeat it"));
    }
}
