//! What is examined, and what is found out about it.

use crate::{Finding, PythonVersion};

/// How a Python text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// The body of the gear's function: `def name(parameters):` is put directly in front of it.
    Body,
    /// A complete module that defines the gear's function.
    Module,
}

/// The Python of one gear, and what has to be known to judge it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Source<'a> {
    /// How `text` is to be read.
    pub form: Form,
    /// Name of the gear's function.
    pub name: &'a str,
    /// Names of its parameters, in order.
    pub parameters: &'a [&'a str],
    /// The Python, byte for byte as it was written.
    pub text: &'a str,
    /// The oldest Python it has to run on.
    pub python: PythonVersion,
}

impl<'a> Source<'a> {
    /// The text of a function body.
    #[must_use]
    pub fn body(name: &'a str, parameters: &'a [&'a str], text: &'a str) -> Self {
        let python = PythonVersion::default();
        Source {
            form: Form::Body,
            name,
            parameters,
            text,
            python,
        }
    }

    /// The text of a module that defines the function.
    #[must_use]
    pub fn module(name: &'a str, parameters: &'a [&'a str], text: &'a str) -> Self {
        Source {
            form: Form::Module,
            ..Source::body(name, parameters, text)
        }
    }

    /// Checks for another Python than [`PythonVersion::default`].
    #[must_use]
    pub fn python(mut self, python: PythonVersion) -> Self {
        self.python = python;
        self
    }

    /// What is put in front of a body.
    #[must_use]
    pub fn header(&self, coroutine: bool) -> String {
        let keyword = if coroutine { "async def" } else { "def" };
        format!("{keyword} {}({}):", self.name, self.parameters.join(", "))
    }
}

/// What [`examine`] found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What is wrong, in the order of the text. Always empty without the feature `validate`.
    pub findings: Vec<Finding>,
    /// Names the text uses but does not define: what the server, or the prelude, has to provide.
    /// Builtins are left out. Whatever is imported from the module `redgrease`, and that module
    /// itself, is in, because the prelude provides it. Sorted.
    ///
    /// Without the feature `validate` these are all names the text mentions.
    pub names: Vec<String>,
    /// Whether the gear's function is a coroutine function (`async def`): for a body, because it
    /// awaits.
    pub coroutine: bool,
}

/// Examines the Python of a gear. Never panics, whatever the text.
///
/// ```
/// # #[cfg(feature = "validate")] {
/// use redgrease_syntax::{Source, examine};
///
/// let report = examine(&Source::body("size", &["key"], "\n    return len(cmd.get(kye))\n"));
/// let message = report.findings[0].to_string();
/// assert_eq!(message, "undefined Python name `kye`: did you mean `key`?");
/// assert_eq!(report.names, ["cmd", "kye"]);
/// # }
/// ```
#[must_use]
pub fn examine(source: &Source<'_>) -> Report {
    #[cfg(feature = "validate")]
    return crate::python::examine(source);
    #[cfg(not(feature = "validate"))]
    return crate::scan::examine(source);
}
