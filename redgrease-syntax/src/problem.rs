//! The catalogue of problems in the Python of a gear.
//!
//! The message of a problem is its cause, the help is the code to write instead. Both are one sentence without a full
//! stop, so that they can be joined: `message: help`.

use crate::PythonVersion;
use std::fmt;
use std::ops::Range;

/// A problem and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The problem.
    pub problem: Problem,
    /// The place of the problem, in bytes of [`Source::text`](crate::Source::text). The range is within the text and on
    /// character boundaries. It is empty for a place between two characters.
    pub range: Range<usize>,
}

impl Finding {
    #[cfg_attr(not(feature = "validate"), allow(dead_code))]
    pub(crate) fn new(problem: Problem, range: Range<usize>) -> Self {
        Finding { problem, range }
    }
}

/// The message of the problem, on one line.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

/// One kind of problem, with the details of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not Python.
    Syntax {
        /// The error of the parser.
        text: String,
        /// The code to write instead.
        hint: Option<String>,
    },
    /// The text needs another Python version.
    Version {
        /// The construct.
        construct: String,
        /// The first version with the construct, for example `3.10`. `None` if the construct was removed.
        since: Option<String>,
        /// The version that the gear is checked for.
        target: PythonVersion,
    },
    /// The text parses, but Python does not compile it: for example a `break` outside of a loop.
    Compile {
        /// The error of the compiler.
        text: String,
        /// The code to write instead.
        hint: Option<String>,
    },
    /// A name that nothing defines.
    UndefinedName {
        /// The name.
        name: String,
        /// The code to write instead.
        hint: Option<String>,
    },
    /// The text has no statement.
    Empty,
    /// The first line is not indented, so it is outside of the function.
    NotIndented,
    /// A later line is indented less than the first line, so it is outside of the function.
    OutsideFunction,
    /// The function is a generator, but the result of the gear is one value.
    Yields,
    /// The function is a generator, but the gear has no result.
    YieldsWithoutResult,
    /// The function is a generator that awaits.
    AsyncGenerator,
    /// An `Err` in a gear whose result has no `Result`.
    ErrWithoutResult,
    /// An `Err` in a gear that nothing calls.
    ErrWithoutCaller,
    /// Code that is not a single function, where a step needs one.
    NotACallback,
    /// A callback with a decorator.
    Decorated,
    /// A module that does not define the gear's function.
    NoSuchFunction {
        /// The name of the gear.
        name: String,
        /// A function of the module that is likely meant.
        similar: Option<String>,
    },
    /// The function of a module has other parameters than the Rust function.
    OtherParameters {
        /// The name of the gear.
        name: String,
        /// The parameters in Rust, separated by commas.
        expected: String,
    },
    /// A command that blocks, which is not possible inside a gear.
    BlockingCommand {
        /// The call of the command.
        command: String,
        /// The call of the command that does the same and does not block.
        instead: Option<String>,
    },
    /// An import of a module that no requirement provides.
    UnknownImport {
        /// The name of the top-level module.
        module: String,
        /// The code to write instead.
        hint: String,
    },
    /// An import from the package of the importing module.
    RelativeImport,
    /// A method that `cmd` does not have.
    UnknownMethod {
        /// The name.
        method: String,
        /// The code to write instead.
        hint: String,
    },
    /// A method that only redis-py has, in a gear that does not require redis-py.
    MethodOfRedisPy {
        /// The name.
        method: String,
    },
    /// A method of `cmd` that needs what a gear does not have.
    RefusedMethod {
        /// The name.
        method: String,
        /// The reason.
        why: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// Arguments that a method of `cmd` does not take.
    MethodArguments {
        /// The name of the method.
        method: String,
        /// What is wrong.
        what: String,
        /// The code to write instead.
        hint: String,
    },
    /// A command that neither Redis nor Valkey has.
    UnknownCommand {
        /// The name.
        command: String,
        /// The code to write instead, if it is likely known.
        hint: Option<String>,
    },
    /// A wrong number of arguments of a command.
    CommandArguments {
        /// The name.
        command: String,
        /// The expected number.
        expected: String,
        /// The number in the text.
        given: String,
    },
    /// A command that needs what a gear does not have.
    RefusedCommand {
        /// The name.
        command: String,
        /// The reason.
        why: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// A command and its arguments in one string.
    WordsInOneString {
        /// The string.
        command: String,
        /// The words as separate strings.
        words: String,
    },
    /// A level that the log does not have.
    LogLevel {
        /// The word.
        word: String,
        /// The code to write instead.
        hint: String,
    },
    /// A call of `atomic()` without `with`.
    AtomicAlone,
    /// The text is too long to be checked.
    TooLong {
        /// The length of the longest text that is checked, in bytes.
        limit: usize,
    },
    /// The checker itself failed.
    NotChecked,
}

impl Problem {
    /// A short and stable name of the kind of problem, for filters.
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
            Problem::YieldsWithoutResult => "yield-without-result",
            Problem::AsyncGenerator => "async-generator",
            Problem::ErrWithoutResult => "err-without-result",
            Problem::ErrWithoutCaller => "err-without-caller",
            Problem::NotACallback => "not-a-callback",
            Problem::Decorated => "decorated-callback",
            Problem::NoSuchFunction { .. } => "no-such-function",
            Problem::OtherParameters { .. } => "other-parameters",
            Problem::BlockingCommand { .. } => "blocking-command",
            Problem::UnknownImport { .. } => "unknown-import",
            Problem::RelativeImport => "relative-import",
            Problem::UnknownMethod { .. } | Problem::MethodOfRedisPy { .. } => "unknown-method",
            Problem::RefusedMethod { .. } => "refused-method",
            Problem::MethodArguments { .. } => "method-arguments",
            Problem::UnknownCommand { .. } => "unknown-command",
            Problem::CommandArguments { .. } => "command-arguments",
            Problem::RefusedCommand { .. } => "refused-command",
            Problem::WordsInOneString { .. } => "words-in-one-string",
            Problem::LogLevel { .. } => "log-level",
            Problem::AtomicAlone => "atomic-alone",
            Problem::TooLong { .. } => "too-long",
            Problem::NotChecked => "not-checked",
        }
    }

    /// The cause of the problem.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Problem::Syntax { text, .. } => format!("Python syntax error: {text}"),
            Problem::Version {
                construct,
                since: Some(since),
                target,
            } => format!(
                "{construct} needs Python {since}, but this gear is checked for Python {target}"
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
            Problem::Empty => "this block has no Python statement".to_owned(),
            Problem::NotIndented => "this Python is not indented".to_owned(),
            Problem::OutsideFunction => {
                "this line is indented less than the first line, so it is outside of the function"
                    .to_owned()
            }
            Problem::Yields => {
                "`yield` makes the result a list of values, but this gear returns one value"
                    .to_owned()
            }
            Problem::YieldsWithoutResult => {
                "`yield` makes a generator, but nothing receives the values of this function"
                    .to_owned()
            }
            Problem::AsyncGenerator => {
                "`yield` with `await` makes an asynchronous generator, which servers do not support"
                    .to_owned()
            }
            Problem::ErrWithoutResult => {
                "the result of this gear is not a `Result`, so its caller cannot receive an `Err`"
                    .to_owned()
            }
            Problem::ErrWithoutCaller => "nothing receives an `Err` of this Python".to_owned(),
            Problem::NotACallback => {
                "a `python!` outside a gear must be a single function".to_owned()
            }
            Problem::Decorated => {
                "a function in a `python!` outside a gear cannot have a decorator".to_owned()
            }
            Problem::NoSuchFunction { name, .. } => {
                format!("this Python module does not define the gear's function `{name}`")
            }
            Problem::OtherParameters { name, .. } => {
                format!(
                    "the parameters of the Python function `{name}` are not those of the Rust function"
                )
            }
            Problem::BlockingCommand { command, .. } => {
                format!("{command} blocks, which a command inside a gear cannot do")
            }
            Problem::UnknownImport { module, .. } => {
                format!("no requirement of this gear provides the Python module `{module}`")
            }
            Problem::RelativeImport => {
                "a gear belongs to no Python package, so a relative import fails".to_owned()
            }
            Problem::UnknownMethod { method, .. } => format!("`cmd` has no method `{method}`"),
            Problem::MethodOfRedisPy { method } => {
                format!("`cmd.{method}` is a method of redis-py, which this gear does not require")
            }
            Problem::RefusedMethod { method, why, .. } => format!("`cmd.{method}` {why}"),
            Problem::MethodArguments { method, what, .. } => format!("`cmd.{method}` {what}"),
            Problem::UnknownCommand { command, .. } => {
                format!("Redis has no command `{command}`")
            }
            Problem::CommandArguments {
                command,
                expected,
                given,
            } => format!("the command {command} takes {expected}, not {given}"),
            Problem::RefusedCommand { command, why, .. } => format!("the command {command} {why}"),
            Problem::WordsInOneString { command, .. } => {
                format!("`execute` takes \"{command}\" as the name of one command")
            }
            Problem::LogLevel { word, .. } => {
                format!("\"{word}\" is not a level of the server's log")
            }
            Problem::AtomicAlone => "`atomic()` alone does nothing".to_owned(),
            Problem::TooLong { limit } => {
                format!("this Python is longer than {limit} bytes and cannot be checked")
            }
            Problem::NotChecked => "the check of this Python failed".to_owned(),
        }
    }

    /// The code to write instead. `None` if the message is sufficient.
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
                "indent every line by at least one space, for the body of a function"
                    .to_owned(),
            ),
            Problem::OutsideFunction => Some("indent it like the first line".to_owned()),
            Problem::Yields => {
                Some("make the result `Vec<T>`, or `return` one value instead".to_owned())
            }
            Problem::YieldsWithoutResult => Some("remove it, or store the values in Redis".to_owned()),
            Problem::AsyncGenerator => {
                Some("collect the values in a list and `return` it".to_owned())
            }
            Problem::ErrWithoutResult => Some(
                "write `-> Result<T, E>`, or raise another exception, such as `ValueError`".to_owned(),
            ),
            Problem::ErrWithoutCaller => {
                Some("raise another exception, such as `ValueError`".to_owned())
            }
            Problem::NotACallback => Some(
                "write a `lambda`, one `def` or an expression, or write statements as the body of a gear, \
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
                "rename its function `{similar}` to `{name}`, or rename the Rust function"
            )),
            Problem::OtherParameters { name, expected } => Some(format!(
                "write `{name}({expected})`, or change the Rust function"
            )),
            Problem::BlockingCommand {
                instead: Some(instead),
                ..
            } => Some(format!("use {instead}, which returns at once")),
            Problem::BlockingCommand { instead: None, .. } => {
                Some("remove it, or call it from the client".to_owned())
            }
            // The hint asks, or says what every server needs.
            Problem::UnknownImport { hint, .. } if hint.ends_with('?') || hint.ends_with("that version") => Some(hint.clone()),
            Problem::UnknownImport { hint, .. } => Some(format!(
                "{hint}; if every server has it, end the line with `# redgrease: allow(unknown-import)`"
            )),
            Problem::RelativeImport => Some(
                "write the functions in a `python_module!`, or in the file of `module = \"..\"`".to_owned(),
            ),
            Problem::MethodOfRedisPy { .. } => Some(
                "add `requirements = [\"redis\"]`, or write `cmd.execute_command(\"..\")`".to_owned(),
            ),
            Problem::RefusedMethod { instead, .. } | Problem::RefusedCommand { instead, .. } => {
                Some((*instead).to_owned())
            }
            Problem::UnknownMethod { hint, .. }
            | Problem::MethodArguments { hint, .. }
            | Problem::LogLevel { hint, .. }
            | Problem::UnknownCommand {
                hint: Some(hint), ..
            } => Some(hint.clone()),
            Problem::UnknownCommand { hint: None, .. } => Some(
                "correct the name; if a module of the server has it, end the line with \
                 `# redgrease: allow(unknown-command)`"
                    .to_owned(),
            ),
            Problem::CommandArguments { .. } => {
                Some("write the words of the command as Redis documents them".to_owned())
            }
            Problem::WordsInOneString { words, .. } => Some(format!("write `execute({words})`")),
            Problem::AtomicAlone => Some("write `with atomic():`".to_owned()),
            Problem::TooLong { .. } => {
                Some("move a part of it into a package, and name the package in `requirements`".to_owned())
            }
            Problem::NotChecked => Some(
                "simplify it, or build without the feature `validate`"
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
