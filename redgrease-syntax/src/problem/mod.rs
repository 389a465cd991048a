//! The catalogue of problems in the Python of a gear.
//!
//! The message of a problem is its cause, the help is the code to write instead. Both are one sentence without a full
//! stop, so that they can be joined: `message: help`.

mod wording;

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
        /// The name of the module.
        module: String,
        /// The code to write instead.
        hint: String,
    },
    /// An import of a name that a module of the server does not have.
    NotInModule {
        /// The name of the module.
        module: String,
        /// The imported name.
        name: String,
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
    /// An exception that `cmd` does not have.
    UnknownException {
        /// The name.
        exception: String,
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
    /// A call that does not begin with the name of a command.
    NoCommand {
        /// The called function.
        function: &'static str,
        /// The kind of the first argument. `None` if there is no argument.
        found: Option<&'static str>,
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
    /// An `await`, `async for` or `async with` of what is not asynchronous.
    NotAsynchronous {
        /// The name in the text.
        what: String,
        /// The code to write instead.
        hint: &'static str,
    },
    /// A function that never returns a value, though the gear has a result.
    NoReturn {
        /// The type of the result.
        result: String,
    },
    /// A comment that is similar to one that allows findings.
    AllowsNothing {
        /// The code to write instead.
        hint: String,
    },
    /// A comment that allows what no comment can allow.
    AllowsOther {
        /// The word in the comment.
        kind: String,
        /// The code to write instead.
        hint: String,
    },
    /// Arguments that a function of the server does not take.
    FunctionArguments {
        /// The name of the function.
        function: &'static str,
        /// What is wrong.
        what: String,
        /// The code to write instead.
        hint: String,
    },
    /// A call of `call_next` in a gear that is not a hook.
    ReplacesNoCommand,
    /// A function about the command that waits for a gear, where none waits.
    AnswersNoCommand {
        /// The name of the function.
        function: &'static str,
    },
    /// A `with atomic` without parentheses.
    AtomicNotCalled,
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
            Problem::UnknownImport { .. } | Problem::NotInModule { .. } => "unknown-import",
            Problem::RelativeImport => "relative-import",
            Problem::UnknownMethod { .. }
            | Problem::UnknownException { .. }
            | Problem::MethodOfRedisPy { .. } => "unknown-method",
            Problem::RefusedMethod { .. } => "refused-method",
            Problem::MethodArguments { .. } => "method-arguments",
            Problem::NoCommand { .. } => "no-command",
            Problem::UnknownCommand { .. } => "unknown-command",
            Problem::CommandArguments { .. } => "command-arguments",
            Problem::RefusedCommand { .. } => "refused-command",
            Problem::WordsInOneString { .. } => "words-in-one-string",
            Problem::LogLevel { .. } => "log-level",
            Problem::AllowsNothing { .. } | Problem::AllowsOther { .. } => "allow-comment",
            Problem::AtomicAlone | Problem::AtomicNotCalled => "atomic-alone",
            Problem::FunctionArguments { .. } => "function-arguments",
            Problem::ReplacesNoCommand | Problem::AnswersNoCommand { .. } => "not-intercepted",
            Problem::NotAsynchronous { .. } => "not-asynchronous",
            Problem::NoReturn { .. } => "no-return",
            Problem::TooLong { .. } => "too-long",
            Problem::NotChecked => "not-checked",
        }
    }
}
