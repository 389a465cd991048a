//! What is examined, and what is found out about it.

use crate::{Finding, PythonVersion};
use std::ops::Range;

/// How a Python text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// The body of the gear's function: `def name(parameters):` is put directly in front of it.
    Body,
    /// A complete module that defines the gear's function.
    Module,
    /// Python that several gears share. Indented text is put behind `if True:`, which keeps it as it is.
    Shared,
    /// A function for a step: a `lambda`, one `def`, or an expression.
    Callback,
}

/// What becomes of the values of a function with `yield`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Generators {
    /// They are listed: the result is a `Vec<T>`.
    Listed,
    /// The result is something else, so that there has to be one value.
    #[default]
    OneValue,
    /// Nobody receives anything.
    Nobody,
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
    /// Names that other Python of the gear defines. A `*` among them stands for any name.
    pub known: &'a [&'a str],
    /// Other Python defines names that are not known here: undefined names go to [`Report::elsewhere`].
    pub more_elsewhere: bool,
    /// What becomes of the values of a generator.
    pub generators: Generators,
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
            known: &[],
            more_elsewhere: false,
            generators: Generators::OneValue,
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

    /// The text of a module that several gears share.
    #[must_use]
    pub fn shared(name: &'a str, text: &'a str) -> Self {
        Source {
            form: Form::Shared,
            ..Source::body(name, &[], text)
        }
    }

    /// The text of a function for a step, which begins with its first token.
    #[must_use]
    pub fn callback(text: &'a str) -> Self {
        Source {
            form: Form::Callback,
            ..Source::body("callback", &[], text)
        }
    }

    /// Says which names other Python of the gear defines.
    #[must_use]
    pub fn known(mut self, known: &'a [&'a str]) -> Self {
        self.known = known;
        self
    }

    /// Says that other Python defines names, and nobody knows here which.
    #[must_use]
    pub fn more_elsewhere(mut self, more: bool) -> Self {
        self.more_elsewhere = more;
        self
    }

    /// Says what becomes of the values of a generator.
    #[must_use]
    pub fn generators(mut self, generators: Generators) -> Self {
        self.generators = generators;
        self
    }

    /// Checks for another Python than [`PythonVersion::default`].
    #[must_use]
    pub fn python(mut self, python: PythonVersion) -> Self {
        self.python = python;
        self
    }

    /// What is put in front of the text to make a module of it: on its first line, but for shared Python that begins
    /// behind the opening brace, which gets a line of its own in front.
    ///
    /// ```
    /// use redgrease_syntax::Source;
    ///
    /// assert_eq!(Source::body("f", &["x"], " return x").header(false), "def f(x):");
    /// assert_eq!(Source::shared("m", "\n    import json\n").header(false), "if True:");
    /// assert_eq!(Source::shared("m", "import json\n").header(false), "");
    /// ```
    #[must_use]
    pub fn header(&self, coroutine: bool) -> String {
        match self.form {
            Form::Body => {
                let keyword = if coroutine { "async def" } else { "def" };
                format!("{keyword} {}({}):", self.name, self.parameters.join(", "))
            }
            Form::Shared => indented(self.text).to_owned(),
            Form::Callback if !is_definition(self.text) => "(".to_owned(),
            Form::Module | Form::Callback => String::new(),
        }
    }

    /// What is put behind the text.
    #[cfg_attr(not(feature = "validate"), allow(dead_code))]
    pub(crate) fn footer(&self) -> &'static str {
        match self.form {
            Form::Callback if !is_definition(self.text) => "\n)\n",
            _ => "\n",
        }
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
    /// Names the text defines for other Python of the gear: those of a module, and those a body
    /// declares `global`. A `*` among them stands for any name. Sorted.
    pub defines: Vec<String>,
    /// Undefined names that other Python may define ([`Source::more_elsewhere`]).
    pub elsewhere: Vec<Elsewhere>,
    /// How many arguments a callback takes, if its text shows that.
    pub arity: Option<usize>,
}

/// A use of a name that the text does not define.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Elsewhere {
    /// The name.
    pub name: String,
    /// Where it is used, in bytes of the text.
    pub range: Range<usize>,
    /// What was meant if nothing else defines it.
    pub hint: String,
}

impl Elsewhere {
    #[cfg_attr(not(feature = "validate"), allow(dead_code))]
    pub(crate) fn new(name: String, range: Range<usize>, hint: String) -> Self {
        Elsewhere { name, range, hint }
    }
}

/// What makes a block of text whose first line of code is indented.
fn indented(text: &str) -> &'static str {
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if !code.is_empty() && !code.starts_with('#') {
            return match (code.len() < line.len(), index) {
                (false, _) => "",
                // A compound statement cannot stand behind the colon.
                (true, 0) => "if True:\n",
                (true, _) => "if True:",
            };
        }
    }
    // Nothing but comments: an error with a header, and fine without.
    ""
}

/// Whether a callback is a `def`, and not an expression.
pub(crate) fn is_definition(text: &str) -> bool {
    let mut words = text.split_whitespace();
    matches!(
        (words.next(), words.next()),
        (Some("def"), _) | (Some("async"), Some("def"))
    ) || text.starts_with('@')
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
