//! The input and the result of the check: [`Source`] and [`Report`].

use crate::{Finding, Problem, PythonVersion};
use std::ops::Range;

/// The form of a Python text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// The body of the gear's function. The header `def name(parameters):` is put directly in front of it.
    Body,
    /// A complete module that defines the gear's function.
    Module,
    /// A module that several gears share. Indented text is put behind `if True:`, so that the text is unchanged.
    Shared,
    /// A function for a step: a `lambda`, one `def`, or an expression.
    Callback,
    /// A whole script, as `RG.PYEXECUTE` runs it. It builds functions and runs or registers them itself.
    Script,
}

/// The use of the values of a function with `yield`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Generators {
    /// The result of the gear is a `Vec<T>`, which collects the values.
    Listed,
    /// The result of the gear is one value.
    #[default]
    OneValue,
    /// The gear has no result.
    NoResult,
}

/// The use of an `Err` that a function returns or raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Refusals {
    /// The result of the gear has a `Result<T, E>`, or it is not known where the function is used.
    #[default]
    Received,
    /// The result of the gear is of another type.
    NotReceived,
    /// The gear has no caller.
    NoCaller,
    /// The result of the gear is of a type whose name does not tell. Each `Err` is then in [`Report::refusals`].
    Unknown,
}

/// What the gear intercepts of the commands of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Intercepts {
    /// It is not known how the function is registered.
    #[default]
    Unknown,
    /// No command waits for the gear.
    Nothing,
    /// The gear replaces a command.
    Command,
    /// The reply of a command waits for the gear, which may change it.
    Reply,
}

/// The Python of one gear, with the facts that the check needs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Source<'a> {
    /// The form of `text`.
    pub form: Form,
    /// The name of the gear's function.
    pub name: &'a str,
    /// The names of its parameters, in order.
    pub parameters: &'a [&'a str],
    /// The Python, byte for byte as it was written.
    pub text: &'a str,
    /// The oldest Python version that has to run the text.
    pub python: PythonVersion,
    /// Names that other Python of the gear defines. The name `*` stands for any name.
    pub known: &'a [&'a str],
    /// Whether other Python of the gear defines unknown names. Undefined names are then in [`Report::unknown_names`].
    pub has_unknown_names: bool,
    /// Local variables of `on_registered`, which this text cannot use.
    pub hidden: &'a [&'a str],
    /// Whether the text is the body of `on_registered`, which has no arguments.
    pub is_on_registered: bool,
    /// The use of the values of a generator.
    pub generators: Generators,
    /// The use of an `Err`.
    pub refusals: Refusals,
    /// What the gear intercepts of the commands of clients.
    pub intercepts: Intercepts,
    /// The type of the result, if Python cannot return `None` for it.
    pub result: Option<&'a str>,
    /// The requirements of the gear. `None` if they are not known here: imports are then in [`Report::unknown_imports`].
    pub requirements: Option<&'a [&'a str]>,
    /// The kinds of findings that the gear allows, of [`ALLOWABLE`](crate::ALLOWABLE).
    pub allowed: &'a [&'a str],
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
            has_unknown_names: false,
            hidden: &[],
            is_on_registered: false,
            generators: Generators::OneValue,
            refusals: Refusals::Received,
            intercepts: Intercepts::Unknown,
            result: None,
            requirements: None,
            allowed: &[],
        }
    }

    /// The text of `on_registered`: a function body without arguments and without a result.
    #[must_use]
    pub fn on_registered(text: &'a str) -> Self {
        Source {
            is_on_registered: true,
            generators: Generators::NoResult,
            refusals: Refusals::NoCaller,
            ..Source::body("on_registered", &[], text)
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

    /// The text of a function for a step. The text begins with its first token.
    #[must_use]
    pub fn callback(text: &'a str) -> Self {
        Source {
            form: Form::Callback,
            ..Source::body("callback", &[], text)
        }
    }

    /// The text of a script, as `RG.PYEXECUTE` runs it.
    ///
    /// ```
    /// # #[cfg(feature = "validate")] {
    /// use redgrease_syntax::{Source, examine};
    ///
    /// let report = examine(&Source::script("GB().map(lambda record: recrod['key']).run()\n"));
    /// assert_eq!(report.findings[0].to_string(), "undefined Python name `recrod`: did you mean `record`?");
    /// # }
    /// ```
    #[must_use]
    pub fn script(text: &'a str) -> Self {
        Source {
            form: Form::Script,
            generators: Generators::Listed,
            ..Source::body("script", &[], text)
        }
    }

    /// Sets the names that other Python of the gear defines.
    #[must_use]
    pub fn known(mut self, known: &'a [&'a str]) -> Self {
        self.known = known;
        self
    }

    /// Sets whether other Python of the gear defines unknown names.
    #[must_use]
    pub fn has_unknown_names(mut self, more: bool) -> Self {
        self.has_unknown_names = more;
        self
    }

    /// Sets the local variables of `on_registered`.
    #[must_use]
    pub fn hidden(mut self, hidden: &'a [&'a str]) -> Self {
        self.hidden = hidden;
        self
    }

    /// Sets the use of the values of a generator.
    #[must_use]
    pub fn generators(mut self, generators: Generators) -> Self {
        self.generators = generators;
        self
    }

    /// Sets the use of an `Err`.
    #[must_use]
    pub fn refusals(mut self, refusals: Refusals) -> Self {
        self.refusals = refusals;
        self
    }

    /// Sets what the gear intercepts of the commands of clients.
    #[must_use]
    pub fn intercepts(mut self, intercepts: Intercepts) -> Self {
        self.intercepts = intercepts;
        self
    }

    /// Sets the type of a result that cannot be `None`.
    #[must_use]
    pub fn result(mut self, result: Option<&'a str>) -> Self {
        self.result = result;
        self
    }

    /// Sets the requirements of the gear.
    #[must_use]
    pub fn requirements(mut self, requirements: &'a [&'a str]) -> Self {
        self.requirements = Some(requirements);
        self
    }

    /// Sets the kinds of findings that the gear allows.
    #[must_use]
    pub fn allowed(mut self, allowed: &'a [&'a str]) -> Self {
        self.allowed = allowed;
        self
    }

    /// Sets the oldest Python version, instead of [`PythonVersion::default`].
    #[must_use]
    pub fn python(mut self, python: PythonVersion) -> Self {
        self.python = python;
        self
    }

    /// The code in front of the text that makes a module of it.
    ///
    /// It is on the first line of the text. Only if a shared module has code behind its opening brace, the header is a
    /// separate line.
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
            Form::Module | Form::Callback | Form::Script => String::new(),
        }
    }

    /// The code behind the text that completes the module.
    #[cfg_attr(not(feature = "validate"), allow(dead_code))]
    pub(crate) fn footer(&self) -> &'static str {
        match self.form {
            Form::Callback if !is_definition(self.text) => "\n)\n",
            _ => "\n",
        }
    }
}

/// The result of [`examine`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The mistakes, in the order of the text. Always empty without the feature `validate`.
    pub findings: Vec<Finding>,
    /// The names that the text uses and does not define: the server or the prelude has to provide them. Sorted.
    ///
    /// Builtins are not included. The module `redgrease` and the names imported from it are included, because the
    /// prelude provides them. Without the feature `validate` these are all names in the text.
    pub names: Vec<String>,
    /// Whether the gear's function is a coroutine function (`async def`). A body becomes one if it awaits.
    pub coroutine: bool,
    /// The names that the text defines for other Python of the gear: the names of a module, and the names that a body
    /// declares `global`. The name `*` stands for any name. Sorted.
    pub defines: Vec<String>,
    /// The local variables of a body. Sorted. Always empty without the feature `validate`.
    pub locals: Vec<String>,
    /// Undefined names that other Python of the gear may define ([`Source::has_unknown_names`]).
    pub unknown_names: Vec<UnknownName>,
    /// Imports that a requirement has to provide, if [`Source::requirements`] is `None`.
    pub unknown_imports: Vec<UnknownImport>,
    /// The places of each `Err` that the function returns or raises, if [`Source::refusals`] is [`Refusals::Unknown`].
    pub refusals: Vec<Range<usize>>,
    /// The number of arguments of a callback. `None` if the text does not show the number.
    pub arity: Option<usize>,
}

/// A use of a name that the text does not define.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownName {
    /// The name.
    pub name: String,
    /// The place of the use, in bytes of the text.
    pub range: Range<usize>,
    /// The hint for the user if no other Python defines the name.
    pub hint: String,
}

impl UnknownName {
    #[cfg_attr(not(feature = "validate"), allow(dead_code))]
    pub(crate) fn new(name: String, range: Range<usize>, hint: String) -> Self {
        UnknownName { name, range, hint }
    }
}

/// An import of a module that a requirement has to provide.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownImport {
    /// The name of the module: the part that tells which package it needs.
    pub module: String,
    /// The place of the name, in bytes of the text.
    pub range: Range<usize>,
    /// The hint for the user if no requirement provides the module.
    pub hint: String,
}

#[cfg_attr(not(feature = "validate"), allow(dead_code))]
impl UnknownImport {
    pub(crate) fn new(module: &str, range: Range<usize>, hint: String) -> Self {
        let module = module.to_owned();
        UnknownImport {
            module,
            range,
            hint,
        }
    }

    /// The finding if no requirement provides the module.
    pub(crate) fn finding(self) -> Finding {
        let problem = Problem::UnknownImport {
            module: self.module,
            hint: self.hint,
        };
        Finding::new(problem, self.range)
    }
}

/// The header that makes a block of a text whose first line of code is indented.
fn indented(text: &str) -> &'static str {
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if !code.is_empty() && !code.starts_with('#') {
            return match (code.len() < line.len(), index) {
                (false, _) => "",
                // A compound statement is not allowed behind a colon.
                (true, 0) => "if True:\n",
                (true, _) => "if True:",
            };
        }
    }
    // A text without code is an error with a header, and a module without one.
    ""
}

/// Whether a callback is a `def` and not an expression.
pub(crate) fn is_definition(text: &str) -> bool {
    let mut words = text.split_whitespace();
    matches!(
        (words.next(), words.next()),
        (Some("def"), _) | (Some("async"), Some("def"))
    ) || text.starts_with('@')
}

/// Checks the Python of a gear. Does not panic for any text.
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
