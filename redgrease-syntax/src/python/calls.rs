//! Finds mistakes in calls of the names that a server provides: `execute`, `cmd`, `log`, `atomic` and other functions.

use super::objects::Objects;
use super::{commands, functions, methods, waiting};
use crate::{Problem, nearest};
use ruff_python_ast::{Expr, ExprAttribute, ExprAwait, ExprCall, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// A mistake in the use of a name of the server.
pub(super) struct CallProblem<'a> {
    /// The scope of the use.
    pub(super) scope: usize,
    /// The used name. If the text binds this name to something else, it is not that of the server.
    pub(super) object: &'a str,
    pub(super) problem: Problem,
    pub(super) range: TextRange,
}

/// A problem with the used name and the place that it is about.
pub(super) type Found<'a> = (&'a str, Problem, TextRange);

/// The mistake in a call.
pub(super) fn of_call<'a>(call: &'a ExprCall, objects: &Objects<'a>) -> Option<Found<'a>> {
    if let Some(found) = waiting::find(call, objects) {
        return Some(found);
    }
    if let Some(function) = objects.of(&call.func) {
        let (problem, at) = match function.is {
            "execute" => commands::find(call),
            "log" => functions::find(function, call).or_else(|| log_level(call)),
            _ => functions::find(function, call),
        }?;
        return Some((function.name, problem, at));
    }
    let Expr::Attribute(attribute) = &*call.func else {
        return None;
    };
    let object = objects.cmd(&attribute.value)?;
    let of_method = || methods::of_call(attribute, call, objects.client);
    let (problem, at) = if attribute.attr.as_str() == "execute_command" {
        commands::find_in_words(call).or_else(of_method)
    } else {
        of_method()
    }?;
    Some((object.name, problem, at))
}

/// The mistake in an attribute of `cmd`, which need not be called.
pub(super) fn of_attribute<'a>(
    attribute: &'a ExprAttribute,
    objects: &Objects<'a>,
) -> Option<Found<'a>> {
    let object = objects.cmd(&attribute.value)?;
    if !attribute.ctx.is_load() {
        return None;
    }
    let problem = methods::of_name(attribute.attr.as_str(), objects.client)?;
    Some((object.name, problem, attribute.attr.range))
}

/// The mistake in an `await`.
pub(super) fn of_await<'a>(awaited: &'a ExprAwait, objects: &Objects<'a>) -> Option<Found<'a>> {
    not_asynchronous(&awaited.value, awaited.range, "remove `await`", objects)
}

/// A call of the server where Python expects something asynchronous.
fn not_asynchronous<'a>(
    value: &'a Expr,
    range: TextRange,
    hint: &'static str,
    objects: &Objects<'a>,
) -> Option<Found<'a>> {
    let Expr::Call(call) = value else {
        return None;
    };
    let called = objects
        .of(&call.func)
        .filter(|object| matches!(object.is, "atomic" | "execute" | "log"));
    let (object, what) = match (&*call.func, called) {
        (_, Some(function)) => (function, function.is.to_owned()),
        (Expr::Attribute(attribute), None) => {
            let object = objects.cmd(&attribute.value)?;
            (object, format!("cmd.{}", attribute.attr))
        }
        _ => return None,
    };
    let hint = if object.is == "atomic" {
        "write `with atomic():`"
    } else {
        hint
    };
    Some((object.name, Problem::NotAsynchronous { what, hint }, range))
}

/// The mistake in a statement.
pub(super) fn of_statement<'a>(statement: &'a Stmt, objects: &Objects<'a>) -> Option<Found<'a>> {
    if let Some(found) = atomic_itself(statement, objects) {
        return Some(found);
    }
    let lone = match statement {
        Stmt::Expr(lone) => lone,
        Stmt::For(f) if f.is_async => {
            let hint = "write `for` without `async`";
            return not_asynchronous(&f.iter, f.iter.range(), hint, objects);
        }
        Stmt::With(with) if with.is_async => {
            return with.items.iter().find_map(|item| {
                let value = &item.context_expr;
                let hint = "write `with` without `async`";
                not_asynchronous(value, value.range(), hint, objects)
            });
        }
        _ => return None,
    };
    let Expr::Call(call) = &*lone.value else {
        return None;
    };
    let function = objects.of(&call.func)?;
    (function.is == "atomic").then(|| (function.name, Problem::AtomicAlone, call.range()))
}

/// A `with` of `atomic`, which is a class, and not of what a call of it gives.
fn atomic_itself<'a>(statement: &'a Stmt, objects: &Objects<'a>) -> Option<Found<'a>> {
    let Stmt::With(with) = statement else {
        return None;
    };
    with.items.iter().find_map(|item| {
        let object = objects.of(&item.context_expr)?;
        let range = item.context_expr.range();
        (object.is == "atomic").then_some((object.name, Problem::AtomicNotCalled, range))
    })
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
