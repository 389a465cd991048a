//! The messages for errors of the parser and its checkers.

use crate::{Problem, PythonVersion};
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::semantic_errors::{SemanticSyntaxError, SemanticSyntaxErrorKind};
use ruff_python_parser::{
    LexicalErrorType, ParseError, ParseErrorType, UnsupportedSyntaxError,
    UnsupportedSyntaxErrorKind as Newer,
};
use std::ops::Range;

/// The problem of a syntax error. In `text`, the Python of the gear begins at `header` and ends at `end`.
pub(super) fn syntax(error: &ParseError, text: &str, header: usize, end: usize) -> Problem {
    let at: Range<usize> = error.location.into();
    let found = match &error.error {
        // The found token is not in the text of the gear.
        ParseErrorType::ExpectedToken { expected, .. } if at.start >= end => {
            format!("expected {expected}, found the end of the Python")
        }
        ParseErrorType::SimpleStatementsOnSameLine => {
            "expected the end of the statement".to_owned()
        }
        ParseErrorType::SimpleAndCompoundStatementOnSameLine => {
            "a statement with a block must begin on a new line".to_owned()
        }
        ParseErrorType::UnexpectedIndentation => {
            "this line is indented more than the one before it".to_owned()
        }
        ParseErrorType::ExpectedExpression => "expected an expression".to_owned(),
        ParseErrorType::InvalidAssignmentTarget => "this cannot be assigned to".to_owned(),
        ParseErrorType::InvalidAugmentedAssignmentTarget => {
            "this cannot be assigned to with an operator".to_owned()
        }
        ParseErrorType::InvalidDeleteTarget => "this cannot be deleted".to_owned(),
        ParseErrorType::UnexpectedIpythonEscapeCommand => {
            "commands that begin with `!`, `%` or `?` exist in notebooks only".to_owned()
        }
        ParseErrorType::Lexical(LexicalErrorType::UnrecognizedToken { tok }) => {
            format!("`{tok}` has no meaning in Python")
        }
        ParseErrorType::Lexical(LexicalErrorType::UnicodeError) => {
            "this escape sequence is not a character".to_owned()
        }
        ParseErrorType::Lexical(LexicalErrorType::IndentationError) => {
            "the indentation of this line is not that of any block around it".to_owned()
        }
        other => uncapitalised(&other.to_string()),
    };
    let hint = syntax_hint(&error.error, text, header, &at);
    Problem::Syntax { text: found, hint }
}

/// The hint for a syntax error, among others for syntax of Rust and of Python 2.
fn syntax_hint(
    error: &ParseErrorType,
    text: &str,
    header: usize,
    at: &Range<usize>,
) -> Option<String> {
    let opening = text.get(header..)?.lines().next().unwrap_or("").trim();
    let begins_on_header_line = header > 0 && !opening.is_empty() && !opening.starts_with('#');
    let before = text.get(..at.start)?;
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    let line = &before[line_start..];
    let here = text.get(at.start..)?;
    let last_word = line
        .trim_end()
        .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()?;
    if let Some(hint) = keyword_as_name(error, line, here) {
        return Some(hint);
    }
    let hint = match error {
        ParseErrorType::UnexpectedIndentation if begins_on_header_line => {
            "begin the first statement on a separate line, indented like this one"
        }
        ParseErrorType::UnexpectedIndentation => "indent both lines alike",
        ParseErrorType::ExpectedToken {
            expected: TokenKind::Colon,
            found: TokenKind::Newline,
        } => "end the line with `:`",
        ParseErrorType::OtherError(text) if text.starts_with("Expected an indented block") => {
            "indent the block, or write `pass`"
        }
        ParseErrorType::Lexical(LexicalErrorType::IndentationError) => {
            "indent it like the block it belongs to"
        }
        _ if line.contains("//") && matches!(error, ParseErrorType::SimpleStatementsOnSameLine) => {
            "begin a comment with `#`"
        }
        ParseErrorType::SimpleStatementsOnSameLine => match last_word {
            "print" => "in Python 3 write `print(..)`",
            "exec" => "in Python 3 write `exec(..)`",
            "raise" => "in Python 3 write `raise Error(..)`",
            "let" => "Python has no `let`, write `name = ..`",
            "else" if here.starts_with("if") => "Python spells it `elif`",
            "fn" => "Python spells it `def`",
            _ => "begin a new line",
        },
        ParseErrorType::ExpectedToken { .. } if last_word == "else" && here.starts_with("if") => {
            "Python spells it `elif`"
        }
        _ if here.starts_with("&&") || (line.ends_with('&') && here.starts_with('&')) => {
            "Python spells it `and`"
        }
        _ if here.starts_with("||") || (line.ends_with('|') && here.starts_with('|')) => {
            "Python spells it `or`"
        }
        _ if here.starts_with('!') && !here.starts_with("!=") => "Python spells it `not`",
        _ if line.ends_with("++") || line.ends_with("--") => "write `+= 1` or `-= 1`",
        ParseErrorType::ExpectedToken { .. } if line.trim_end().ends_with("++") => "write `+= 1`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// The hint for an attribute whose name is a keyword of Python, such as `cmd.del`.
fn keyword_as_name(error: &ParseErrorType, line: &str, here: &str) -> Option<String> {
    let is_keyword = error.to_string().contains("found a keyword");
    let object = line.trim_end().strip_suffix('.').filter(|_| is_keyword)?;
    let word: String = here.chars().take_while(|c| c.is_alphanumeric()).collect();
    let is_cmd = object
        .strip_suffix("cmd")
        .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || "._".contains(c)));
    Some(match word.as_str() {
        "del" if is_cmd => "write `cmd.delete(..)`".to_owned(),
        _ if is_cmd => format!(
            "Redis has no such command, and a command without a method is `cmd.execute_command(\"{}\", ..)`",
            word.to_ascii_uppercase()
        ),
        _ => format!("`{word}` is a word of Python, write `getattr(.., \"{word}\")`"),
    })
}

/// An error about syntax that the checked version does not have.
pub(super) fn version(error: &UnsupportedSyntaxError, target: PythonVersion) -> Problem {
    // The version is a private field, but the message contains it.
    let text = error.to_string();
    let since = text
        .split_once("added in Python ")
        .map(|(_, version)| version.trim_end_matches(')').to_owned());
    Problem::Version {
        construct: construct(error.kind, &text).to_owned(),
        since,
        target,
    }
}

fn construct(kind: Newer, text: &str) -> &'static str {
    match kind {
        Newer::Match => "a `match` statement",
        Newer::Walrus => "an assignment inside an expression (`:=`)",
        Newer::ExceptStar => "`except*`",
        Newer::UnparenthesizedNamedExpr(_) => "`:=` without parentheses in this place",
        Newer::ParenthesizedKeywordArgumentName => "a keyword argument in parentheses",
        Newer::StarTuple(_) => "`*` in a `return` or `yield` without parentheses",
        Newer::RelaxedDecorator(_) => "this expression as a decorator",
        Newer::PositionalOnlyParameter => "the separator `/` for positional parameters",
        Newer::TypeParameterList => "a list of type parameters",
        Newer::LazyImportStatement => "a `lazy` import",
        Newer::TypeAliasStatement => "a `type` statement",
        Newer::TypeParamDefault => "a default of a type parameter",
        // The kind of error is a private field, but the message contains it.
        Newer::Pep701FString(_) if text.contains("backslash") => {
            "a backslash in a field of an f-string"
        }
        Newer::Pep701FString(_) if text.contains("comment") => {
            "a comment in a field of an f-string"
        }
        Newer::Pep701FString(_) if text.contains("line break") => {
            "a line break in a field of an f-string"
        }
        Newer::Pep701FString(_) => "the same quote in an f-string and in a field of it",
        Newer::ParenthesizedContextManager => "a `with` statement with parentheses",
        Newer::StarExpressionInIndex => "`*` in an index",
        Newer::StarAnnotation => "`*` in an annotation",
        Newer::UnpackingInComprehension(_) => "`*` in a comprehension",
        Newer::UnparenthesizedUnpackInFor => "`*` in a `for` statement without parentheses",
        Newer::UnparenthesizedExceptionTypes => "`except` with several types and no parentheses",
        Newer::TemplateStrings => "a t-string",
    }
}

/// An error that Python reports when it compiles the parsed text.
pub(super) fn compile(error: &SemanticSyntaxError, target: PythonVersion) -> Problem {
    let (text, hint) = match &error.kind {
        SemanticSyntaxErrorKind::AsyncComprehensionInSyncComprehension(_) => {
            return Problem::Version {
                construct: "an `async` comprehension inside another comprehension".to_owned(),
                since: Some("3.11".to_owned()),
                target,
            };
        }
        SemanticSyntaxErrorKind::AwaitOutsideAsyncFunction(kind) => (
            format!("{kind} outside of an `async def`"),
            "write `async def` for the inner function",
        ),
        SemanticSyntaxErrorKind::BreakOutsideLoop => (
            "`break` outside of a loop".to_owned(),
            "remove it, or write `return`",
        ),
        SemanticSyntaxErrorKind::ContinueOutsideLoop => (
            "`continue` outside of a loop".to_owned(),
            "remove it, or write `return`",
        ),
        SemanticSyntaxErrorKind::NonModuleImportStar(module) => (
            format!("`from {module} import *` inside a function"),
            "import names instead of `*`",
        ),
        SemanticSyntaxErrorKind::LateFutureImport => (
            "`from __future__ import` is not at the top of a file".to_owned(),
            "remove it",
        ),
        SemanticSyntaxErrorKind::ReturnInGenerator => (
            "`return` with a value in an async generator".to_owned(),
            "remove the value",
        ),
        SemanticSyntaxErrorKind::ReturnOutsideFunction => (
            "`return` outside of a function".to_owned(),
            "remove it, or write it in a function",
        ),
        _ => {
            return Problem::Compile {
                text: uncapitalised(&error.to_string()),
                hint: None,
            };
        }
    };
    Problem::Compile {
        text,
        hint: Some(hint.to_owned()),
    }
}

/// The text with a lower case letter at its beginning, because messages have it behind a colon.
fn uncapitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !text.starts_with("IPython") => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
