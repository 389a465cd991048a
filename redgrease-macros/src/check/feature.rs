//! The Cargo features of `redgrease` that a macro needs.
//!
//! `redgrease` enables the features of the same name here. If a program and its build script enable different ones, the
//! macros have both. The compiler then reports what is missing.

use crate::manifest::{self, Manifest};
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
        Mistake::FeatureMissing {
            what: what.to_owned(),
            table: self.table().to_owned(),
            line: self.line(manifest::current().as_deref()),
        }
    }

    /// The dependency with the feature, under the name that it has in the manifest.
    fn line(self, manifest: Option<&Manifest>) -> String {
        let version = concat!(
            env!("CARGO_PKG_VERSION_MAJOR"),
            ".",
            env!("CARGO_PKG_VERSION_MINOR")
        );
        let feature = self.name();
        let renamed = manifest
            .and_then(Manifest::redgrease)
            .map(|dependency| dependency.name.as_str())
            .filter(|name| *name != "redgrease");
        let (name, package) = match renamed {
            Some(name) => (name, "package = \"redgrease\", "),
            None => ("redgrease", ""),
        };
        format!("{name} = {{ {package}version = \"{version}\", features = [\"{feature}\"] }}")
    }
}

#[cfg(test)]
mod tests {
    use super::Feature;
    use crate::manifest::Manifest;
    use std::path::Path;

    #[test]
    fn the_line_has_the_name_of_the_manifest() {
        let version =
            env!("CARGO_PKG_VERSION_MAJOR").to_owned() + "." + env!("CARGO_PKG_VERSION_MINOR");
        let line = |text| {
            let manifest = Manifest::parse(Path::new("/nowhere/Cargo.toml"), text);
            Feature::Aio.line(manifest.as_ref())
        };
        let plain = format!("redgrease = {{ version = \"{version}\", features = [\"aio\"] }}");
        assert_eq!(line("dependencies.redgrease = '0.1'"), plain);
        // The crate has it from a library.
        assert_eq!(line("dependencies.library = '1'"), plain);
        assert_eq!(Feature::Aio.line(None), plain);
        assert_eq!(
            line("dependencies.rg = { package = 'redgrease', version = '0.1' }"),
            format!(
                "rg = {{ package = \"redgrease\", version = \"{version}\", features = [\"aio\"] }}"
            )
        );
    }
}
