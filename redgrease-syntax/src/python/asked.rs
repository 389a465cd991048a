//! Finds code that asks whether `cmd` has a method, or that handles a missing one.

use super::objects::Objects;
use crate::Problem;
use ruff_python_ast::{ExceptHandler, Expr, ExprCall};

/// The method that a call asks for: `hasattr(cmd, "name")` or `getattr(cmd, "name", None)`.
pub(super) fn method<'a>(call: &'a ExprCall, objects: &Objects<'a>) -> Option<&'a str> {
    let Expr::Name(function) = &*call.func else {
        return None;
    };
    match (function.id.as_str(), &*call.arguments.args) {
        ("hasattr", [object, Expr::StringLiteral(name)])
        | ("getattr", [object, Expr::StringLiteral(name), _]) => {
            objects.cmd(object).map(|_| name.value.to_str())
        }
        _ => None,
    }
}

/// The method of `cmd` that a problem is about.
pub(super) fn of_problem(problem: &Problem) -> Option<&str> {
    match problem {
        Problem::UnknownMethod { method, .. }
        | Problem::MethodOfRedisPy { method }
        | Problem::RefusedMethod { method, .. }
        | Problem::MethodArguments { method, .. } => Some(method),
        Problem::UnknownException { exception, .. } => Some(exception),
        _ => None,
    }
}

/// Whether a handler names an exception.
pub(super) fn catches(handlers: &[ExceptHandler], exception: &str) -> bool {
    let names_it = |e: &Expr| matches!(e, Expr::Name(name) if name.id == exception);
    handlers.iter().any(
        |ExceptHandler::ExceptHandler(handler)| match handler.type_.as_deref() {
            None => false,
            Some(Expr::Tuple(types)) => types.elts.iter().any(names_it),
            Some(one) => names_it(one),
        },
    )
}
