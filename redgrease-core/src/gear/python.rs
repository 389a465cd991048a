//! Python that belongs to a gear beside its function, and the form of the function's text.

/// The form of a gear's Python text.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceForm {
    /// The body of the function: the header `def name(args):` is put in front of it.
    Body,
    /// A Python module that defines a function with the name of the gear.
    Module,
}

/// The body of a function without arguments that every shard runs when the gear is registered there.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct OnRegistered {
    pub source: &'static str,
    pub source_file: &'static str,
    pub source_line: u32,
    /// Names that the Python uses and does not define.
    pub names: &'static [&'static str],
}

/// Python that several gears share: functions, imports and state.
#[derive(Debug)]
pub struct PythonModule {
    #[doc(hidden)]
    pub name: &'static str,
    #[doc(hidden)]
    pub source: &'static str,
    #[doc(hidden)]
    pub source_file: &'static str,
    #[doc(hidden)]
    pub source_line: u32,
    /// Names that the module defines.
    #[doc(hidden)]
    pub names: &'static [&'static str],
    /// Names that the module uses and does not define.
    #[doc(hidden)]
    pub uses: &'static [&'static str],
    /// Modules that a requirement of each gear has to provide, with the message if it does not.
    #[doc(hidden)]
    pub imports: &'static [(&'static str, &'static str)],
}

impl PythonModule {
    /// Whether the module defines a name. A module that lists `*` may define any name.
    ///
    /// `const`, so that an expansion checks names of modules in other crates at compile time.
    #[doc(hidden)]
    #[must_use]
    pub const fn defines(&self, name: &str) -> bool {
        let mut i = 0;
        while i < self.names.len() {
            if same(self.names[i], name) || same(self.names[i], "*") {
                return true;
            }
            i += 1;
        }
        false
    }

    /// The message about one of the imports that none of the `provided` modules answers. `number` counts these from 0.
    ///
    /// `const`, so that an expansion checks imports of modules in other crates at compile time.
    #[doc(hidden)]
    #[must_use]
    pub const fn missing_import(&self, provided: &[&str], number: usize) -> Option<&'static str> {
        let mut found = 0;
        let mut i = 0;
        while i < self.imports.len() {
            let (module, message) = self.imports[i];
            let mut j = 0;
            while j < provided.len() && !same(provided[j], module) {
                j += 1;
            }
            if j == provided.len() {
                if found == number {
                    return Some(message);
                }
                found += 1;
            }
            i += 1;
        }
        None
    }
}

/// `a == b`, which is not `const` for `str`.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    if a.len() != b.len() {
        return false;
    }
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
