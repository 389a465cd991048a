//! Finds code that may define any name: `from module import *`, `globals()["name"] = value`, `exec(text)` in a module.

use super::scope::ScopeKind;
use super::walk::Walk;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

/// The methods of a dictionary that only read it.
const READERS: &[&str] = &["copy", "get", "items", "keys", "values"];

/// The uses of namespaces as dictionaries.
#[derive(Default)]
pub(super) struct Namespaces<'a> {
    /// The calls whose dictionary is only read.
    reads: Vec<TextRange>,
    /// The names through which the text may define others, each with the scope of the use.
    writers: Vec<(usize, &'a str)>,
}

impl<'a> Walk<'a> {
    /// Whether the text may define names that it does not show. Then no name is reported as undefined.
    pub(super) fn defines_any_name(&self) -> bool {
        let is_real =
            |(scope, name): &(usize, &str)| *name == BUILTINS || !self.scopes.binds(*scope, name);
        self.star_import || self.namespaces.writers.iter().any(is_real)
    }

    /// Notes what an expression does with a namespace, before its parts are visited.
    pub(super) fn note_namespace(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Subscript(subscript) if subscript.ctx.is_load() => self.reads(&subscript.value),
            Expr::Subscript(subscript) => {
                if self.namespace(&subscript.value).is_some()
                    && let Expr::StringLiteral(name) = &*subscript.slice
                {
                    self.scopes.bind_global(name.value.to_str());
                }
            }
            Expr::Attribute(attribute) if !attribute.ctx.is_load() => {
                self.writes_to_builtins(&attribute.value);
            }
            Expr::Attribute(attribute) if READERS.contains(&attribute.attr.as_str()) => {
                self.reads(&attribute.value);
            }
            Expr::Compare(comparison) => {
                for side in &comparison.comparators {
                    self.reads(side);
                }
            }
            Expr::Call(call) => self.note_call(call, expression),
            _ => {}
        }
    }

    fn note_call(&mut self, call: &'a ExprCall, expression: &'a Expr) {
        let name = match self.namespace(expression) {
            Some(name) if !self.namespaces.reads.contains(&call.range()) => name,
            _ => match (called(call), &*call.arguments.args) {
                // With more arguments, it defines names there.
                ("exec", [_]) if self.is_in_module() => "exec",
                ("setattr", [object, ..]) => return self.writes_to_builtins(object),
                _ => return,
            },
        };
        let scope = self.scopes.current_index();
        self.namespaces.writers.push((scope, name));
    }

    fn reads(&mut self, expression: &Expr) {
        self.namespaces.reads.push(expression.range());
    }

    fn writes_to_builtins(&mut self, object: &Expr) {
        if matches!(object, Expr::Name(name) if name.id == BUILTINS) {
            self.namespaces.writers.push((0, BUILTINS));
        }
    }

    /// The function in a call that gives the names of the module as a dictionary.
    fn namespace(&self, expression: &'a Expr) -> Option<&'a str> {
        let Expr::Call(call) = expression else {
            return None;
        };
        let name = called(call);
        let gives_it = match name {
            "globals" => true,
            "locals" | "vars" => self.is_in_module(),
            _ => false,
        };
        (gives_it && call.arguments.is_empty()).then_some(name)
    }

    fn is_in_module(&self) -> bool {
        self.scopes.current().kind == ScopeKind::Module
    }
}

/// The module whose names every module has.
const BUILTINS: &str = "builtins";

/// The name of the called function. Empty for other expressions.
fn called(call: &ExprCall) -> &str {
    match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        _ => "",
    }
}
