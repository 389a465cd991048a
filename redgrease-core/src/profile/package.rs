//! The package that `import redgrease` finds in the Python of gears.

/// The package that `import redgrease` finds in the Python of gears: RedGrease's `enforce_redgrease`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RedgreasePackage {
    /// A small module that this crate sends. If the server has a package of that name, the package is used.
    #[default]
    Bundled,
    /// The Python package, which the server installs for gears that import it: `redgrease[runtime]`, for example.
    Installed(String),
    /// Nothing is sent. The import finds a package of the server or the module of another program, or fails in Python.
    Absent,
}

impl RedgreasePackage {
    /// Whether this crate sends its own module.
    pub(crate) fn is_bundled(&self) -> bool {
        *self == RedgreasePackage::Bundled
    }

    /// The requirement of a gear that imports the package.
    pub(crate) fn requirement(&self) -> Option<&str> {
        match self {
            RedgreasePackage::Installed(requirement) => Some(requirement),
            _ => None,
        }
    }
}
