//! All diagnostics as one list, for the documentation and for tests.

use crate::mistake::MISTAKES;
use crate::{Problem, PythonVersion};

/// One kind of diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The topic, which is a section of the documentation.
    pub topic: &'static str,
    /// A short and stable name, for filters.
    pub code: &'static str,
    /// The message, with varying parts in braces.
    pub text: String,
}

/// All diagnostics of the macros and of the Python check, in the order of the topics.
///
/// ```
/// let all = redgrease_syntax::diagnostics();
/// assert!(all.iter().any(|one| one.code == "undefined-name"));
/// ```
#[must_use]
pub fn diagnostics() -> Vec<Diagnostic> {
    let rust = MISTAKES.iter().map(|(topic, code, text)| Diagnostic {
        topic,
        code,
        text: text.replace("{{", "{").replace("}}", "}"),
    });
    let values = [
        (
            "requirement",
            "`{requirement}` is not a requirement: {reason}",
        ),
        (
            "target-version",
            "{version} is not a Python version that can be checked: write a version from `\"3.7\"` to `\"3.15\"`",
        ),
        (
            "undefined-in-module",
            "undefined Python name `{name}`, which the module `{module}` does not define: {hint}",
        ),
        (
            "unknown-import-in-module",
            "the Python module `{module}` imports `{name}` ({place}), which no requirement of this gear provides: {hint}",
        ),
    ]
    .map(|(code, text)| Diagnostic {
        topic: "Values that are checked",
        code,
        text: text.to_owned(),
    });
    let python = problems().into_iter().map(|problem| Diagnostic {
        topic: "Python",
        code: problem.code(),
        text: problem.to_string(),
    });
    rust.chain(values).chain(python).collect()
}

/// Every kind of problem, with placeholders for varying parts.
#[allow(clippy::too_many_lines, reason = "one entry for each kind")]
fn problems() -> Vec<Problem> {
    let part = |name: &str| format!("{{{name}}}");
    vec![
        Problem::Syntax {
            text: part("what"),
            hint: Some(part("hint")),
        },
        Problem::Version {
            construct: part("construct"),
            since: Some(part("version")),
            target: PythonVersion::default(),
        },
        Problem::Compile {
            text: part("what"),
            hint: Some(part("hint")),
        },
        Problem::UndefinedName {
            name: part("name"),
            hint: Some(part("hint")),
        },
        Problem::Empty,
        Problem::NotIndented,
        Problem::OutsideFunction,
        Problem::Yields,
        Problem::YieldsWithoutResult,
        Problem::AsyncGenerator,
        Problem::NoSuchFunction {
            name: part("name"),
            similar: None,
        },
        Problem::NoSuchFunction {
            name: part("name"),
            similar: Some(part("similar")),
        },
        Problem::OtherParameters {
            name: part("name"),
            expected: part("parameters"),
        },
        Problem::BlockingCommand {
            command: format!("`{}`", part("command")),
            instead: Some(format!("`{}`", part("other"))),
        },
        Problem::BlockingCommand {
            command: format!("`{}`", part("command")),
            instead: None,
        },
        Problem::UnknownImport {
            module: part("module"),
            hint: part("hint"),
        },
        Problem::NotInModule {
            module: part("module"),
            name: part("name"),
            hint: part("hint"),
        },
        Problem::RelativeImport,
        Problem::UnknownMethod {
            method: part("method"),
            hint: part("hint"),
        },
        Problem::UnknownException {
            exception: part("name"),
            hint: part("hint"),
        },
        Problem::MethodOfRedisPy {
            method: part("method"),
        },
        Problem::RefusedMethod {
            method: part("method"),
            why: "{reason}",
            instead: "{instead}",
        },
        Problem::MethodArguments {
            method: part("method"),
            what: part("what"),
            hint: part("hint"),
        },
        Problem::NoCommand {
            function: "{function}",
            found: None,
        },
        Problem::NoCommand {
            function: "{function}",
            found: Some("{value}"),
        },
        Problem::UnknownCommand {
            command: part("command"),
            hint: Some(part("hint")),
        },
        Problem::UnknownCommand {
            command: part("command"),
            hint: None,
        },
        Problem::CommandArguments {
            command: part("command"),
            expected: part("expected"),
            given: part("number"),
        },
        Problem::RefusedCommand {
            command: part("command"),
            why: "{reason}",
            instead: "{instead}",
        },
        Problem::WordsInOneString {
            command: part("command"),
            words: part("words"),
        },
        Problem::LogLevel {
            word: part("word"),
            hint: part("hint"),
        },
        Problem::AllowsNothing { hint: part("hint") },
        Problem::AllowsOther {
            kind: part("kind"),
            hint: part("hint"),
        },
        Problem::AtomicAlone,
        Problem::AtomicNotCalled,
        Problem::FunctionArguments {
            function: "{function}",
            what: part("what"),
            hint: part("hint"),
        },
        Problem::ReplacesNoCommand,
        Problem::AnswersNoCommand {
            function: "{function}",
        },
        Problem::ErrWithoutResult,
        Problem::ErrWithoutCaller,
        Problem::NotAsynchronous {
            what: part("name"),
            hint: "{hint}",
        },
        Problem::NoReturn {
            result: part("type"),
        },
        Problem::NotACallback,
        Problem::Decorated,
        Problem::TooLong { limit: 512 * 1024 },
        Problem::NotChecked,
    ]
}

#[cfg(test)]
mod tests {
    use super::diagnostics;
    use std::collections::HashSet;

    #[test]
    fn messages_have_one_style() {
        for one in diagnostics() {
            assert!(
                !one.text.ends_with('.') || one.text.ends_with(".."),
                "{}",
                one.text
            );
            assert!(
                one.text.contains(": ") || one.text.contains("; "),
                "the message has a cause and no remedy: {}",
                one.text
            );
            assert!(
                one.code.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{}",
                one.code
            );
        }
    }

    #[test]
    fn every_message_is_unique() {
        let mut texts = HashSet::new();
        for one in diagnostics() {
            assert!(texts.insert(one.text.clone()), "twice: {}", one.text);
        }
    }
}
