//! Checks functions for steps: a `lambda`, one `def`, or an expression that gives a function.

use super::{Glued, has_code};
use crate::{Finding, Form, Problem, Source};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;

/// The function of a callback. `None` if the callback is an expression.
pub(super) fn function<'a>(
    glued: &Glued<'_>,
    suite: &'a [Stmt],
) -> Result<Option<&'a ast::StmtFunctionDef>, Finding> {
    if !has_code(glued.source.text) {
        return Err(Finding::new(
            Problem::NotACallback,
            0..glued.source.text.len(),
        ));
    }
    match suite {
        [Stmt::FunctionDef(function)] => match function.decorator_list.first() {
            Some(decorator) => Err(glued.finding(Problem::Decorated, decorator.range())),
            None => Ok(Some(function)),
        },
        [Stmt::Expr(_)] => Ok(None),
        [_, more, ..] => Err(glued.finding(Problem::NotACallback, more.range())),
        _ => Err(Finding::new(
            Problem::NotACallback,
            0..glued.source.text.len(),
        )),
    }
}

/// The problem of a callback that consists of statements. `None` if the text is not Python at all.
pub(super) fn problem(source: &Source<'_>) -> Option<Problem> {
    if source.form != Form::Callback || !has_code(source.text) {
        return None;
    }
    // The first line has lost its indentation, the other lines have kept theirs.
    let (first, rest) = source.text.split_once('\n').unwrap_or((source.text, ""));
    let margin = rest
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let mut as_body = format!("def f():\n {first}\n");
    for line in rest.lines() {
        as_body.push(' ');
        as_body.push_str(line.get(margin..).unwrap_or(""));
        as_body.push('\n');
    }
    parse_module(&as_body).is_ok().then(|| {
        if first.starts_with('@') {
            Problem::Decorated
        } else {
            Problem::NotACallback
        }
    })
}

/// The number of arguments of a `lambda` or a `def`. `None` for other expressions, and for parameters with defaults or
/// stars.
pub(super) fn arity(source: &Source<'_>, suite: &[Stmt]) -> Option<usize> {
    if source.form != Form::Callback {
        return None;
    }
    let parameters = match suite {
        [Stmt::FunctionDef(function)] => &*function.parameters,
        [Stmt::Expr(expression)] => match &*expression.value {
            Expr::Lambda(lambda) => match &lambda.parameters {
                Some(parameters) => parameters,
                None => return Some(0),
            },
            _ => return None,
        },
        _ => return None,
    };
    let plain = parameters.vararg.is_none()
        && parameters.kwarg.is_none()
        && parameters.kwonlyargs.is_empty()
        && parameters
            .iter_non_variadic_params()
            .all(|parameter| parameter.default.is_none());
    plain.then(|| parameters.len())
}
