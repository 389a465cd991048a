//! Finds mistakes in the words of `execute` and `cmd.execute_command`.

use super::waiting::{first_word, word_in_bytes};
use crate::commands::{nearest_subcommand, refused};
use crate::{Problem, is_module_command, is_subcommand, known_command, nearest_command};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

/// The mistake in a call of `execute`, whose first argument is one word.
pub(super) fn find(call: &ExprCall) -> Option<(Problem, TextRange)> {
    if let Some(found) = without_command(call, "execute") {
        return Some(found);
    }
    let command = first_word(call)?;
    let place = call.arguments.args.first()?.range();
    let mut words = command.split_whitespace();
    if let (Some(first), Some(_)) = (words.next(), words.next())
        && (known_command(first).is_some() || is_module_command(first))
    {
        let words: Vec<String> = command
            .split_whitespace()
            .map(|word| format!("\"{word}\""))
            .collect();
        let problem = Problem::WordsInOneString {
            command: command.to_owned(),
            words: words.join(", "),
        };
        return Some((problem, place));
    }
    of_words(command, second_word(call), given(call, 0), place)
}

/// The mistake in a call of `cmd.execute_command`, which splits its first argument.
pub(super) fn find_in_words(call: &ExprCall) -> Option<(Problem, TextRange)> {
    if let Some(found) = without_command(call, "cmd.execute_command") {
        return Some(found);
    }
    let place = call.arguments.args.first()?.range();
    if let Some(command) = word_in_bytes(call) {
        return of_words(&command, second_word(call), given(call, 0), place);
    }
    let text = first_word(call)?;
    let mut words = text.split_whitespace();
    let command = words.next()?;
    let second = words.next().or_else(|| second_word(call));
    let more = text.split_whitespace().count() - 1;
    of_words(command, second, given(call, more), place)
}

/// The mistake in a call that does not begin with the name of a command.
fn without_command(call: &ExprCall, function: &'static str) -> Option<(Problem, TextRange)> {
    let problem = |found: Option<&'static str>, place: TextRange| {
        let problem = Problem::NoCommand { function, found };
        Some((problem, place))
    };
    let is_unclear = call
        .arguments
        .keywords
        .iter()
        .any(|keyword| keyword.arg.is_none());
    let Some(first) = call.arguments.args.first() else {
        return problem(None, call.range()).filter(|_| !is_unclear);
    };
    let found = match first {
        Expr::StringLiteral(text) if text.value.to_str().trim().is_empty() => "an empty text",
        Expr::BytesLiteral(_) if function == "execute" => "bytes",
        Expr::NumberLiteral(_) => "a number",
        Expr::NoneLiteral(_) => "`None`",
        Expr::BooleanLiteral(_) => "a `bool`",
        Expr::List(_) | Expr::ListComp(_) => "a list",
        Expr::Tuple(_) => "a tuple",
        Expr::Set(_) | Expr::SetComp(_) => "a set",
        Expr::Dict(_) | Expr::DictComp(_) => "a dictionary",
        Expr::Lambda(_) => "a function",
        _ => return None,
    };
    problem(Some(found), first.range())
}

/// The second argument, if it is a string literal.
fn second_word(call: &ExprCall) -> Option<&str> {
    match call.arguments.args.get(..2)? {
        [
            Expr::StringLiteral(_) | Expr::BytesLiteral(_),
            Expr::StringLiteral(text),
        ] => Some(text.value.to_str()),
        _ => None,
    }
}

/// The number of arguments behind the name. `None` if the text does not show it.
fn given(call: &ExprCall, more: usize) -> Option<usize> {
    let starred = call.arguments.args.iter().any(Expr::is_starred_expr);
    let plain = call.arguments.keywords.is_empty() && !starred;
    plain.then(|| call.arguments.args.len() - 1 + more)
}

fn of_words(
    command: &str,
    second: Option<&str>,
    given: Option<usize>,
    place: TextRange,
) -> Option<(Problem, TextRange)> {
    if let Some((why, instead)) = refused(command, second) {
        let mut words = command.to_ascii_uppercase();
        if let (Some(second), "CLIENT") = (second, words.as_str()) {
            words = format!("{words} {}", second.to_ascii_uppercase());
        }
        let problem = Problem::RefusedCommand {
            command: words,
            why,
            instead,
        };
        return Some((problem, place));
    }
    let Some(known) = known_command(command) else {
        if is_module_command(command) {
            return None;
        }
        let hint = nearest_command(command)
            .map(|name| format!("did you mean `{}`?", name.to_ascii_uppercase()));
        let problem = Problem::UnknownCommand {
            command: command.to_owned(),
            hint,
        };
        return Some((problem, place));
    };
    if let Some(second) = second
        && is_subcommand(command, second) == Some(false)
    {
        let upper = command.to_ascii_uppercase();
        let hint = nearest_subcommand(command, second)
            .map(|name| format!("did you mean `{upper} {}`?", name.to_ascii_uppercase()));
        let command = format!("{upper} {second}");
        return Some((Problem::UnknownCommand { command, hint }, place));
    }
    let given = given?;
    let expected = if given < known.fewest {
        let bound = if known.most == Some(known.fewest) {
            ""
        } else {
            "at least "
        };
        format!("{bound}{}", counted(known.fewest))
    } else {
        let most = known.most.filter(|most| given > *most)?;
        let bound = if most == known.fewest { "" } else { "at most " };
        match most {
            0 => "no argument".to_owned(),
            _ => format!("{bound}{}", counted(most)),
        }
    };
    let problem = Problem::CommandArguments {
        command: command.to_ascii_uppercase(),
        expected,
        given: given.to_string(),
    };
    Some((problem, place))
}

fn counted(number: usize) -> String {
    match number {
        1 => "1 argument".to_owned(),
        _ => format!("{number} arguments"),
    }
}
