//! Finds a function that never returns a value.

use crate::is_runtime_name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_python_stdlib::builtins::python_builtins;
use ruff_text_size::{Ranged, TextRange};

/// The last statement of a function that surely returns `None` on one path, and a value on no path.
pub(super) fn without_value(function: &StmtFunctionDef) -> Option<TextRange> {
    let mut values = Values(false);
    values.visit_body(&function.body);
    if values.0 || !ends(&function.body) {
        return None;
    }
    function.body.last().map(Ranged::range)
}

/// Whether a function returns or yields a value. Functions inside it do not count.
struct Values(bool);

impl<'a> Visitor<'a> for Values {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Return(r)
                if r.value
                    .as_deref()
                    .is_some_and(|value| !value.is_none_literal_expr()) =>
            {
                self.0 = true;
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Lambda(_) => {}
            Expr::Yield(_) | Expr::YieldFrom(_) => self.0 = true,
            _ => visitor::walk_expr(self, expression),
        }
    }
}

/// Whether the end of the statements can be reached, or a `return`. If in doubt, it cannot.
fn ends(body: &[Stmt]) -> bool {
    match body.last() {
        None => true,
        Some(last) => match last {
            Stmt::Raise(_) | Stmt::While(_) | Stmt::Assert(_) => false,
            Stmt::If(choice) => {
                let has_else = choice
                    .elif_else_clauses
                    .iter()
                    .any(|one| one.test.is_none());
                !has_else
                    || ends(&choice.body)
                    || choice.elif_else_clauses.iter().any(|one| ends(&one.body))
            }
            Stmt::With(with) => ends(&with.body),
            Stmt::Try(attempt) => {
                let normal = match &*attempt.orelse {
                    [] => ends(&attempt.body),
                    orelse => ends(orelse),
                };
                normal && (attempt.finalbody.is_empty() || ends(&attempt.finalbody))
            }
            Stmt::Match(choice) => choice.cases.iter().any(|case| ends(&case.body)),
            Stmt::Expr(lone) => !may_raise_always(&lone.value),
            _ => true,
        },
    }
}

/// Whether an expression calls a function that may be there to raise an exception, such as `fail(..)` or `sys.exit()`.
fn may_raise_always(expression: &Expr) -> bool {
    let call = match expression {
        Expr::Await(awaited) => &awaited.value,
        other => other,
    };
    let Expr::Call(call) = call else {
        return false;
    };
    match &*call.func {
        Expr::Name(function) => {
            let name = function.id.as_str();
            let is_builtin = python_builtins(u8::MAX, false).any(|known| known == name);
            matches!(name, "exit" | "quit") || !(is_builtin || is_runtime_name(name))
        }
        Expr::Attribute(method) => {
            !matches!(&*method.value, Expr::Name(object) if object.id == "cmd")
        }
        _ => true,
    }
}
