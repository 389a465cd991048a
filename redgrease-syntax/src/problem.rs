//! The catalogue: everything that can be said about a gear's Python, in one place.
//!
//! A message says what is wrong; the help says what to write instead. Both are one sentence without
//! a full stop, so that they can be joined: `message: help`.

use crate::PythonVersion;
use std::fmt;
use std::ops::Range;

/// A problem and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// The bytes of [`Source::text`](crate::Source::text) it is about. Always within the text and on
    /// character boundaries; empty for a place between two characters.
    pub range: Range<usize>,
}

impl Finding {
    #[cfg_attr(not(feature = "validate"), allow(dead_code))]
    pub(crate) fn new(problem: Problem, range: Range<usize>) -> Self {
        Finding { problem, range }
    }
}

/// The whole message, on one line.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

/// One kind of mistake, with what is needed to explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It is not Python.
    Syntax {
        /// What the parser stumbled over.
        text: String,
        /// What was probably meant.
        hint: Option<String>,
    },
    /// It is Python, but of another version than the one checked against.
    Version {
        /// The construct.
        construct: String,
        /// Since when it exists, for example `3.10`; `None` if it was removed.
        since: Option<String>,
        /// The version checked against.
        target: PythonVersion,
    },
    /// It parses, yet Python would refuse to compile it: a `break` outside of a loop.
    Compile {
        /// What is refused.
        text: String,
        /// What was probably meant.
        hint: Option<String>,
    },
    /// Nothing defines the name.
    UndefinedName {
        /// The name.
        name: String,
        /// What was probably meant.
        hint: Option<String>,
    },
    /// There is no statement at all.
    Empty,
    /// The first line is not indented, so it is not inside of the function.
    NotIndented,
    /// A later line is indented less than the first one, so the function has ended before it.
    OutsideFunction,
    /// The function is a generator, and its result is one value.
    Yields,
    /// The function is a generator, and nobody receives its values.
    YieldsToNobody,
    /// The function is a generator that awaits.
    AsyncGenerator,
    /// Something else than a function, where a step needs one.
    NotACallback,
    /// A decorator of a callback.
    Decorated,
    /// A module that does not define the function it is named for.
    NoSuchFunction {
        /// The name of the gear.
        name: String,
        /// A function the module does define and that may be meant.
        similar: Option<String>,
    },
    /// The function of a module has other parameters than the Rust function.
    OtherParameters {
        /// The name of the gear.
        name: String,
        /// The names in Rust, comma separated.
        expected: String,
    },
    /// A command that waits, which no command inside of a gear can do.
    BlockingCommand {
        /// The command, as it is called.
        command: String,
        /// The command that does the same and does not wait.
        instead: Option<String>,
    },
    /// The text is too long to be checked.
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The longest text that is checked.
        limit: usize,
    },
    /// The checker itself failed.
    NotChecked,
}

impl Problem {
    /// A short name for the kind of problem, stable enough to filter by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Problem::Syntax { .. } => "syntax",
            Problem::Version { .. } => "python-version",
            Problem::Compile { .. } => "compile",
            Problem::UndefinedName { .. } => "undefined-name",
            Problem::Empty => "empty",
            Problem::NotIndented => "not-indented",
            Problem::OutsideFunction => "outside-function",
            Problem::Yields => "yield",
            Problem::YieldsToNobody => "yield-to-nobody",
            Problem::AsyncGenerator => "async-generator",
            Problem::NotACallback => "not-a-callback",
            Problem::Decorated => "decorated-callback",
            Problem::NoSuchFunction { .. } => "no-such-function",
            Problem::OtherParameters { .. } => "other-parameters",
            Problem::BlockingCommand { .. } => "blocking-command",
            Problem::TooLong { .. } => "too-long",
            Problem::NotChecked => "not-checked",
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Problem::Syntax { text, .. } => format!("Python syntax error: {text}"),
            Problem::Version {
                construct,
                since: Some(since),
                target,
            } => format!(
                "{construct} needs Python {since}, and this gear is checked for Python {target}"
            ),
            Problem::Version {
                construct,
                since: None,
                target,
            } => {
                format!("{construct} is not possible in Python {target}")
            }
            Problem::Compile { text, .. } => format!("Python error: {text}"),
            Problem::UndefinedName { name, .. } => format!("undefined Python name `{name}`"),
            Problem::Empty => "this gear has no Python statement".to_owned(),
            Problem::NotIndented => "this Python is not indented".to_owned(),
            Problem::OutsideFunction => {
                "this line is indented less than the first one, so it is outside of the gear"
                    .to_owned()
            }
            Problem::Yields => {
                "`yield` turns the gear into a generator, whose result is a list of values"
                    .to_owned()
            }
            Problem::YieldsToNobody => {
                "`yield` turns the gear into a generator, and nobody asks this one for its values"
                    .to_owned()
            }
            Problem::AsyncGenerator => {
                "`yield` next to `await` makes an asynchronous generator, which no server collects"
                    .to_owned()
            }
            Problem::NotACallback => {
                "a `python!` outside of a gear is a function for one step, and this is none"
                    .to_owned()
            }
            Problem::Decorated => "a function for one step cannot be decorated here".to_owned(),
            Problem::NoSuchFunction { name, .. } => {
                format!("this Python module does not define the gear's function `{name}`")
            }
            Problem::OtherParameters { name, .. } => {
                format!("the Python function `{name}` has other parameters than the Rust function")
            }
            Problem::BlockingCommand { command, .. } => {
                format!("{command} waits, and no command inside of a gear can wait")
            }
            Problem::TooLong { bytes, limit } => {
                format!("this Python has {bytes} bytes, and no more than {limit} can be checked")
            }
            Problem::NotChecked => "this Python could not be checked".to_owned(),
        }
    }

    /// What to do about it. `None` where the message says it all.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Problem::Syntax { hint, .. }
            | Problem::Compile { hint, .. }
            | Problem::UndefinedName { hint, .. } => hint.clone(),
            Problem::Version {
                since: Some(since), ..
            } => Some(format!(
                "write it differently, or set `python = \"{since}\"` if every server has that version"
            )),
            Problem::Version { since: None, .. } => Some("write it differently".to_owned()),
            Problem::Empty => Some("write at least `pass`".to_owned()),
            Problem::NotIndented => Some(
                "it becomes the body of a function, so indent every line by at least one space"
                    .to_owned(),
            ),
            Problem::OutsideFunction => Some("indent it like the first line".to_owned()),
            Problem::Yields => {
                Some("make the result `Vec<T>`, or `return` one value instead".to_owned())
            }
            Problem::YieldsToNobody => Some("remove it, or store the values in Redis".to_owned()),
            Problem::AsyncGenerator => {
                Some("collect the values in a list and `return` it".to_owned())
            }
            Problem::NotACallback => Some(
                "write a `lambda`, one `def` or an expression; statements are the body of a gear, \
                 `#[gear_command] fn name(..) -> T { python! { .. } }`"
                    .to_owned(),
            ),
            Problem::Decorated => Some("write `python!(decorator(lambda x: ..))`".to_owned()),
            Problem::NoSuchFunction {
                name,
                similar: None,
            } => Some(format!("write `def {name}(..):` at its top level")),
            Problem::NoSuchFunction {
                name,
                similar: Some(similar),
            } => Some(format!(
                "it has `{similar}`: rename that to `{name}`, or the Rust function"
            )),
            Problem::OtherParameters { name, expected } => Some(format!(
                "write `def {name}({expected}):`, or change the Rust function"
            )),
            Problem::BlockingCommand {
                instead: Some(instead),
                ..
            } => Some(format!("use {instead}, which returns at once")),
            Problem::BlockingCommand { instead: None, .. } => {
                Some("remove it, or do it in the client".to_owned())
            }
            Problem::TooLong { .. } => {
                Some("move the larger part into a package and name it in `requirements`".to_owned())
            }
            Problem::NotChecked => Some(
                "the checker failed on it; simplify it, or build without the feature `validate`"
                    .to_owned(),
            ),
        }
    }
}

/// `message: help`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())?;
        match self.help() {
            Some(help) => write!(f, ": {help}"),
            None => Ok(()),
        }
    }
}
