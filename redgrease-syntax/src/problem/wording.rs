//! The messages of the problems.

use super::Problem;
use std::fmt;

impl Problem {
    /// The cause of the problem.
    #[must_use]
    #[allow(clippy::too_many_lines, reason = "one entry for each kind")]
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
            Problem::NotInModule { module, name, .. } => {
                format!("the module `{module}` of the server has no `{name}`")
            }
            Problem::RelativeImport => {
                "a gear belongs to no Python package, so a relative import fails".to_owned()
            }
            Problem::UnknownMethod { method, .. } => format!("`cmd` has no method `{method}`"),
            Problem::UnknownException { exception, .. } => {
                format!("`cmd` has no exception `{exception}`")
            }
            Problem::MethodOfRedisPy { method } => {
                format!("`cmd.{method}` is a method of redis-py, which this gear does not require")
            }
            Problem::RefusedMethod { method, why, .. } => format!("`cmd.{method}` {why}"),
            Problem::MethodArguments { method, what, .. } => format!("`cmd.{method}` {what}"),
            Problem::NoCommand {
                function,
                found: None,
            } => format!("`{function}` is called without a command"),
            Problem::NoCommand {
                function,
                found: Some(found),
            } => format!("`{function}` begins with the name of a command, not with {found}"),
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
            Problem::AllowsNothing { .. } => "this comment allows nothing".to_owned(),
            Problem::AllowsOther { kind, .. } => format!("a comment cannot allow `{kind}`"),
            Problem::AtomicAlone => "`atomic()` alone does nothing".to_owned(),
            Problem::AtomicNotCalled => "`with atomic` lacks the parentheses".to_owned(),
            Problem::FunctionArguments { function, what, .. } => format!("`{function}` {what}"),
            Problem::ReplacesNoCommand => {
                "this gear replaces no command, so `call_next` fails".to_owned()
            }
            Problem::AnswersNoCommand { function } => {
                format!("no command waits for this gear, so `{function}` fails")
            }
            Problem::NotAsynchronous { what, .. } => format!("`{what}` is not asynchronous"),
            Problem::NoReturn { result } => {
                format!(
                    "this Python never returns a value, but the result of the gear is `{result}`"
                )
            }
            Problem::TooLong { limit } => {
                format!("this Python is longer than {limit} bytes and cannot be checked")
            }
            Problem::NotChecked => "the check of this Python failed".to_owned(),
        }
    }

    /// The code to write instead. `None` if the message is sufficient.
    #[must_use]
    #[allow(clippy::too_many_lines, reason = "one entry for each kind")]
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
            | Problem::UnknownException { hint, .. }
            | Problem::MethodArguments { hint, .. }
            | Problem::FunctionArguments { hint, .. }
            | Problem::LogLevel { hint, .. }
            | Problem::NotInModule { hint, .. }
            | Problem::AllowsNothing { hint }
            | Problem::AllowsOther { hint, .. }
            | Problem::UnknownCommand {
                hint: Some(hint), ..
            } => Some(hint.clone()),
            Problem::UnknownCommand { hint: None, .. } => Some(
                "correct the name; if a module of the server has it, end the line with \
                 `# redgrease: allow(unknown-command)`"
                    .to_owned(),
            ),
            Problem::NoCommand { function, .. } => {
                Some(format!("write the words of a command, such as `{function}(\"GET\", key)`"))
            }
            Problem::CommandArguments { .. } => {
                Some("write the words of the command as Redis documents them".to_owned())
            }
            Problem::WordsInOneString { words, .. } => Some(format!("write `execute({words})`")),
            Problem::AtomicAlone | Problem::AtomicNotCalled => {
                Some("write `with atomic():`".to_owned())
            }
            Problem::ReplacesNoCommand => Some(
                "add `hook = \"..\"` to the attribute, or write `execute(\"..\")`".to_owned(),
            ),
            Problem::AnswersNoCommand { .. } => Some(
                "use it in `#[gear_keys(commands = [\"..\"])]`, or return the value".to_owned(),
            ),
            Problem::NotAsynchronous { hint, .. } => Some((*hint).to_owned()),
            Problem::NoReturn { .. } => {
                Some("write `return ..`, or remove `-> ..` from the Rust function".to_owned())
            }
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
