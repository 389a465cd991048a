//! Scopes and the names they bind.

use ruff_text_size::TextRange;
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Function {
        is_async: bool,
        /// A `lambda` is a function without statements.
        lambda: bool,
    },
    Class,
    Comprehension {
        is_async: bool,
        /// A generator expression, which runs later.
        generator: bool,
    },
    /// The scope of the type parameters of a generic function or class.
    TypeParameters,
}

/// A block that a `break` or `continue` can leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Loop,
    Finally,
}

/// A use of a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) name: &'a str,
    pub(super) range: TextRange,
    /// The code handles a missing name (`except NameError`), or does not evaluate the name.
    pub(super) excused: bool,
}

#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) kind: ScopeKind,
    parent: Option<usize>,
    pub(super) bound: HashSet<&'a str>,
    /// The names that the scope binds in several places.
    rebound: HashSet<&'a str>,
    pub(super) parameters: HashSet<&'a str>,
    pub(super) globals: HashMap<&'a str, TextRange>,
    pub(super) nonlocals: HashMap<&'a str, TextRange>,
    pub(super) loads: Vec<Load<'a>>,
    pub(super) blocks: Vec<Block>,
}

impl<'a> Scope<'a> {
    fn add(&mut self, name: &'a str) {
        if !self.bound.insert(name) {
            self.rebound.insert(name);
        }
    }
}

/// All scopes of a module. The scope with index 0 is the module itself.
#[derive(Debug)]
pub(super) struct Scopes<'a> {
    all: Vec<Scope<'a>>,
    current: usize,
}

impl<'a> Scopes<'a> {
    pub(super) fn new() -> Self {
        let mut scopes = Scopes {
            all: Vec::new(),
            current: 0,
        };
        scopes.add(ScopeKind::Module, None);
        scopes
    }

    fn add(&mut self, kind: ScopeKind, parent: Option<usize>) {
        self.all.push(Scope {
            kind,
            parent,
            bound: HashSet::new(),
            rebound: HashSet::new(),
            parameters: HashSet::new(),
            globals: HashMap::new(),
            nonlocals: HashMap::new(),
            loads: Vec::new(),
            blocks: Vec::new(),
        });
    }

    pub(super) fn push(&mut self, kind: ScopeKind) {
        self.add(kind, Some(self.current));
        self.current = self.all.len() - 1;
    }

    pub(super) fn pop(&mut self) {
        self.current = self.current().parent.unwrap_or(0);
    }

    pub(super) fn current(&self) -> &Scope<'a> {
        &self.all[self.current]
    }

    pub(super) fn current_mut(&mut self) -> &mut Scope<'a> {
        &mut self.all[self.current]
    }

    pub(super) fn current_index(&self) -> usize {
        self.current
    }

    /// The names that the module binds.
    pub(super) fn of_module(&self) -> impl Iterator<Item = &'a str> {
        self.all[0].bound.iter().copied()
    }

    /// The names that a function binds, without its parameters.
    pub(super) fn locals(&self, index: usize) -> impl Iterator<Item = &'a str> {
        let scope = &self.all[index];
        scope.bound.difference(&scope.parameters).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Scope<'a>)> {
        self.all.iter().enumerate()
    }

    /// A scope and the scopes around it, from the inside out.
    pub(super) fn outwards(&self, from: usize) -> impl Iterator<Item = (usize, &Scope<'a>)> {
        std::iter::successors(Some(from), |at| self.all[*at].parent).map(|at| (at, &self.all[at]))
    }

    /// The current scope and the scopes around it.
    pub(super) fn here(&self) -> impl Iterator<Item = &Scope<'a>> {
        self.outwards(self.current).map(|(_, scope)| scope)
    }

    /// The function or lambda that runs the code at the current place.
    pub(super) fn function(&self) -> Option<usize> {
        for (index, scope) in self.outwards(self.current) {
            match scope.kind {
                ScopeKind::Function { .. } => return Some(index),
                ScopeKind::Class | ScopeKind::Module => return None,
                ScopeKind::Comprehension { .. } | ScopeKind::TypeParameters => {}
            }
        }
        None
    }

    /// Binds a name in the current scope, or in the scope of its declaration.
    pub(super) fn bind(&mut self, name: &'a str) {
        self.bind_in(self.current, name);
    }

    /// Binds the name of a `:=` in the scope around the comprehensions.
    pub(super) fn bind_outside_comprehensions(&mut self, name: &'a str) {
        let target = self
            .outwards(self.current)
            .find(|(_, scope)| !matches!(scope.kind, ScopeKind::Comprehension { .. }))
            .map_or(0, |(index, _)| index);
        self.bind_in(target, name);
    }

    fn bind_in(&mut self, index: usize, name: &'a str) {
        let scope = &mut self.all[index];
        if scope.globals.contains_key(name) {
            self.all[0].add(name);
        } else if !scope.nonlocals.contains_key(name) {
            scope.add(name);
        }
    }

    pub(super) fn bind_global(&mut self, name: &'a str) {
        self.all[0].add(name);
    }

    /// The scope whose binding of a name scope `from` sees, if nothing else binds the name there.
    pub(super) fn only_binding(&self, from: usize, name: &str) -> Option<usize> {
        let is_nonlocal = |scope: &Scope<'_>| scope.nonlocals.contains_key(name);
        let scope = self
            .visible(from)
            .find(|scope| scope.bound.contains(name))?;
        if scope.rebound.contains(name) || self.all.iter().any(is_nonlocal) {
            return None;
        }
        self.all.iter().position(|one| std::ptr::eq(one, scope))
    }

    /// Whether the text binds a name that scope `from` uses.
    pub(super) fn binds(&self, from: usize, name: &str) -> bool {
        self.visible(from).any(|scope| scope.bound.contains(name))
            || (matches!(name, "__class__" | "__module__" | "__qualname__")
                && self
                    .outwards(from)
                    .any(|(_, scope)| scope.kind == ScopeKind::Class))
    }

    /// Whether a function around scope `from` binds the name, as `nonlocal` needs it.
    pub(super) fn binds_nonlocal(&self, from: usize, name: &str) -> bool {
        self.outwards(from).skip(1).any(|(_, scope)| {
            matches!(
                scope.kind,
                ScopeKind::Function { .. } | ScopeKind::TypeParameters
            ) && scope.bound.contains(name)
        })
    }

    /// The scopes whose names are visible in scope `from`.
    pub(super) fn visible(&self, from: usize) -> impl Iterator<Item = &Scope<'a>> {
        let sees_class = self.all[from].kind == ScopeKind::TypeParameters;
        self.outwards(from)
            // The names of a class are visible in its body, and not in functions inside the class.
            .filter(move |(at, scope)| *at == from || sees_class || scope.kind != ScopeKind::Class)
            .map(|(_, scope)| scope)
    }
}
