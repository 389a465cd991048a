//! Finds mistakes in calls of the names that a server provides: `execute`, `cmd`, `log` and `atomic`.

use super::{commands, methods, waiting};
use crate::{Client, Problem, nearest};
use ruff_python_ast::{Expr, ExprAttribute, ExprAwait, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// A mistake in the use of a name of the server.
pub(super) struct CallProblem {
    /// The scope of the use.
    pub(super) scope: usize,
    /// The used name. If the text binds this name, it is not that of the server.
    pub(super) object: &'static str,
    pub(super) problem: Problem,
    pub(super) range: TextRange,
}

/// A problem with the object and the place that it is about.
pub(super) type Found = (&'static str, Problem, TextRange);

/// The mistake in a call.
pub(super) fn of_call(call: &ExprCall, client: Client) -> Option<Found> {
    waiting::find(call).or_else(|| match &*call.func {
        Expr::Name(function) if function.id == "execute" => {
            commands::find(call).map(|(problem, at)| ("execute", problem, at))
        }
        Expr::Name(function) if function.id == "log" => {
            log_level(call).map(|(problem, at)| ("log", problem, at))
        }
        Expr::Attribute(attribute) if is_cmd(attribute) => {
            let of_method = || methods::of_call(attribute, call, client);
            let found = if attribute.attr.as_str() == "execute_command" {
                commands::find_in_words(call).or_else(of_method)
            } else {
                of_method()
            };
            found.map(|(problem, at)| ("cmd", problem, at))
        }
        _ => None,
    })
}

/// The mistake in an attribute of `cmd`, which need not be called.
pub(super) fn of_attribute(attribute: &ExprAttribute, client: Client) -> Option<Found> {
    if !is_cmd(attribute) || !attribute.ctx.is_load() {
        return None;
    }
    let problem = methods::of_name(attribute.attr.as_str(), client)?;
    Some(("cmd", problem, attribute.attr.range))
}

/// The mistake in an `await`.
pub(super) fn of_await(awaited: &ExprAwait) -> Option<Found> {
    not_asynchronous(&awaited.value, awaited.range, "remove `await`")
}

/// A call of the server where Python expects something asynchronous.
fn not_asynchronous(value: &Expr, range: TextRange, hint: &'static str) -> Option<Found> {
    let Expr::Call(call) = value else {
        return None;
    };
    let (object, what) = match &*call.func {
        Expr::Attribute(attribute) if is_cmd(attribute) => {
            ("cmd", format!("cmd.{}", attribute.attr))
        }
        Expr::Name(function) => {
            let known = ["execute", "log", "atomic"];
            let name = known.into_iter().find(|name| function.id == *name)?;
            (name, name.to_owned())
        }
        _ => return None,
    };
    let hint = if object == "atomic" {
        "write `with atomic():`"
    } else {
        hint
    };
    Some((object, Problem::NotAsynchronous { what, hint }, range))
}

/// The mistake in a statement.
pub(super) fn of_statement(statement: &Stmt) -> Option<Found> {
    let lone = match statement {
        Stmt::Expr(lone) => lone,
        Stmt::For(f) if f.is_async => {
            return not_asynchronous(&f.iter, f.iter.range(), "write `for` without `async`");
        }
        Stmt::With(with) if with.is_async => {
            return with.items.iter().find_map(|item| {
                let value = &item.context_expr;
                not_asynchronous(value, value.range(), "write `with` without `async`")
            });
        }
        _ => return None,
    };
    let Expr::Call(call) = &*lone.value else {
        return None;
    };
    match &*call.func {
        Expr::Name(function) if function.id == "atomic" => {
            Some(("atomic", Problem::AtomicAlone, call.range()))
        }
        _ => None,
    }
}

fn is_cmd(attribute: &ExprAttribute) -> bool {
    matches!(&*attribute.value, Expr::Name(object) if object.id == "cmd")
}

/// The levels of the server's log.
const LEVELS: &[&str] = &["debug", "verbose", "notice", "warning"];

/// A level that the log does not have. Of two arguments without names, either one can be the level.
fn log_level(call: &ExprCall) -> Option<(Problem, TextRange)> {
    let text = |argument: &Expr| match argument {
        Expr::StringLiteral(text) => Some((text.value.to_str().to_owned(), text.range)),
        _ => None,
    };
    let named = call.arguments.keywords.iter().find_map(|keyword| {
        let is_level = keyword.arg.as_ref().is_some_and(|name| name == "level");
        text(&keyword.value).filter(|_| is_level)
    });
    let (word, range) = match (&*call.arguments.args, named) {
        (_, Some(named)) => named,
        ([first, second], None) => {
            if text(first).is_some_and(|(word, _)| is_level(&word)) {
                return None;
            }
            text(second)?
        }
        _ => return None,
    };
    if is_level(&word) {
        return None;
    }
    let same = LEVELS
        .iter()
        .copied()
        .find(|level| word.eq_ignore_ascii_case(level));
    let hint = match same.or_else(|| nearest(&word, LEVELS.iter().copied())) {
        Some(level) => format!("did you mean `\"{level}\"`?"),
        None => format!("write `\"{}\"`", LEVELS.join("\"`, `\"")),
    };
    Some((Problem::LogLevel { word, hint }, range))
}

/// The server compares upper and lower case.
fn is_level(word: &str) -> bool {
    LEVELS.contains(&word)
}
