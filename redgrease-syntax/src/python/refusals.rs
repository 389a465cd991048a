//! Finds an `Err` that a gear returns or raises, where nothing receives it.

use ruff_python_ast::{ExceptHandler, Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// The `Err` that a statement of the gear's function returns or raises.
pub(super) fn of_statement(statement: &Stmt) -> Option<TextRange> {
    match statement {
        Stmt::Return(returned) => of_value(returned.value.as_deref()?),
        Stmt::Raise(raised) => of_value(raised.exc.as_deref()?),
        _ => None,
    }
}

/// The `Err` that an expression is.
pub(super) fn of_value(value: &Expr) -> Option<TextRange> {
    match value {
        Expr::Call(call) => of_value(&call.func).map(|_| call.range()),
        Expr::Name(name) if name.id == "Err" => Some(name.range),
        Expr::If(either) => of_value(&either.body).or_else(|| of_value(&either.orelse)),
        _ => None,
    }
}

/// Whether a handler may catch an `Err`. An expression can be any exception.
pub(super) fn may_catch(handlers: &[ExceptHandler]) -> bool {
    let catches = |exception: &Expr| match exception {
        Expr::Name(name) => matches!(name.id.as_str(), "Err" | "Exception" | "BaseException"),
        _ => true,
    };
    handlers.iter().any(
        |ExceptHandler::ExceptHandler(handler)| match handler.type_.as_deref() {
            None => true,
            Some(Expr::Tuple(types)) => types.elts.iter().any(catches),
            Some(one) => catches(one),
        },
    )
}

/// Whether a `with` may suppress an `Err`. Only of `atomic()` it is known that it does not.
pub(super) fn may_suppress(statement: &Stmt) -> bool {
    let is_atomic = |context: &Expr| match context {
        Expr::Call(call) => matches!(&*call.func, Expr::Name(name) if name.id == "atomic"),
        _ => false,
    };
    match statement {
        Stmt::With(with) => !with.items.iter().all(|item| is_atomic(&item.context_expr)),
        _ => false,
    }
}
