//! The objects of the server in expressions: `cmd`, `execute`, `log`, `atomic` and other functions, also under another name.

use super::scope::Scopes;
use crate::Client;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt, StmtImportFrom};
use std::collections::BTreeMap;

/// The objects that the checks know.
const OBJECTS: &[&str] = &[
    "atomic",
    "call_next",
    "cmd",
    "execute",
    "get_command",
    "hashtag",
    "hashtag3",
    "isAsyncAllow",
    "isInAtomicBlock",
    "log",
    "override_reply",
];

/// The module that has the objects as attributes.
const MODULE: &str = "redgrease";

/// An object, and the name in the text that stands for it.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) name: &'a str,
    pub(super) is: &'static str,
}

/// The names of a text that stand for objects of the server.
pub(super) struct Objects<'a> {
    /// The client that answers `cmd`. `Both` if that is not known.
    pub(super) client: Client,
    /// Other names, such as `c` after `c = cmd`.
    others: BTreeMap<&'a str, &'static str>,
    /// The scopes that bind these names.
    bindings: Vec<(usize, &'a str)>,
}

impl<'a> Objects<'a> {
    pub(super) fn new(client: Client) -> Self {
        Objects {
            client,
            others: BTreeMap::new(),
            bindings: Vec::new(),
        }
    }

    /// Finds the other names, before the text is visited: a function can use a name that is bound below it.
    pub(super) fn look_for_names(&mut self, suite: &'a [Stmt]) {
        self.visit_body(suite);
    }

    /// Notes the scope of a statement that gives an object another name.
    pub(super) fn note(&mut self, statement: &'a Stmt, scope: usize) {
        let names = named_by(statement);
        self.bindings
            .extend(names.into_iter().map(|object| (scope, object.name)));
    }

    /// The object that an expression is: `cmd`, another name of it, or `redgrease.cmd`.
    pub(super) fn of(&self, expression: &'a Expr) -> Option<Object<'a>> {
        match expression {
            Expr::Name(name) => {
                let name = name.id.as_str();
                let is = known(name).or_else(|| self.others.get(name).copied())?;
                Some(Object { name, is })
            }
            Expr::Attribute(attribute) => match &*attribute.value {
                Expr::Name(module) if module.id == MODULE => Some(Object {
                    name: module.id.as_str(),
                    is: known(attribute.attr.as_str())?,
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// `cmd`, if an expression is that.
    pub(super) fn cmd(&self, expression: &'a Expr) -> Option<Object<'a>> {
        self.of(expression).filter(|object| object.is == "cmd")
    }

    /// The scope and the object of another name, if the name stands for nothing else where scope `from` uses it.
    pub(super) fn other(
        &self,
        scopes: &Scopes<'_>,
        from: usize,
        name: &str,
    ) -> Option<(usize, &'static str)> {
        let scope = scopes.only_binding(from, name)?;
        let is_bound_there = self.bindings.contains(&(scope, name));
        let is = self.others.get(name).filter(|_| is_bound_there)?;
        Some((scope, is))
    }

    /// Whether a name is that of an object of the server or of its module.
    pub(super) fn is_own(name: &str) -> bool {
        name == MODULE || OBJECTS.contains(&name)
    }
}

impl<'a> Visitor<'a> for Objects<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        for object in named_by(statement) {
            self.others.insert(object.name, object.is);
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, _expression: &'a Expr) {}
}

fn known(name: &str) -> Option<&'static str> {
    OBJECTS.iter().copied().find(|known| *known == name)
}

/// The other names that a statement gives to objects of the server.
fn named_by(statement: &Stmt) -> Vec<Object<'_>> {
    let (targets, value) = match statement {
        Stmt::Assign(assignment) => (&*assignment.targets, &*assignment.value),
        Stmt::AnnAssign(assignment) => match &assignment.value {
            Some(value) => (std::slice::from_ref(&*assignment.target), &**value),
            None => return Vec::new(),
        },
        Stmt::ImportFrom(import) => return imported_by(import),
        _ => return Vec::new(),
    };
    let Expr::Name(value) = value else {
        return Vec::new();
    };
    let Some(is) = known(value.id.as_str()) else {
        return Vec::new();
    };
    let names = targets.iter().filter_map(|target| match target {
        Expr::Name(name) if known(name.id.as_str()).is_none() => Some(Object {
            name: name.id.as_str(),
            is,
        }),
        _ => None,
    });
    names.collect()
}

fn imported_by(import: &StmtImportFrom) -> Vec<Object<'_>> {
    let module = import.module.as_ref().filter(|_| import.level == 0);
    if module.is_none_or(|name| name != MODULE) {
        return Vec::new();
    }
    let names = import.names.iter().filter_map(|alias| {
        let name = alias.asname.as_ref()?.as_str();
        let is = known(alias.name.as_str())?;
        known(name).is_none().then_some(Object { name, is })
    });
    names.collect()
}
