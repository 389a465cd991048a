//! One visit of the syntax tree: fills the scopes, and notes what else is worth knowing.

use super::scope::{Block, Load, ScopeKind, Scopes};
use super::wording;
use crate::{Problem, PythonVersion as Target};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, ExprContext, Pattern, PythonVersion, Stmt};
use ruff_python_parser::semantic_errors::{SemanticSyntaxChecker, SemanticSyntaxError};
use ruff_text_size::{Ranged, TextRange};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Methods of `cmd` whose commands wait for something to happen.
const WAITING: &[&str] = &[
    "blpop",
    "brpop",
    "brpoplpush",
    "blmove",
    "blmpop",
    "bzpopmin",
    "bzpopmax",
    "bzmpop",
    "wait",
    "waitaof",
    "monitor",
];

/// The visit and what it has found.
pub(super) struct Walk<'a> {
    pub(super) text: &'a str,
    pub(super) target: PythonVersion,
    pub(super) scopes: Scopes<'a>,
    /// `from module import *` was seen: no name can be called undefined.
    pub(super) star_import: bool,
    /// What is imported from the module `redgrease`, which the prelude stands for.
    pub(super) from_prelude: BTreeSet<&'a str>,
    /// The gear's own function awaits.
    pub(super) gear_awaits: bool,
    /// Calls of waiting methods: the scope, the method, the place.
    pub(super) waiting: Vec<(usize, &'a str, TextRange)>,
    pub(super) reported: RefCell<Vec<SemanticSyntaxError>>,
    pub(super) in_try: bool,
    gear: &'a ast::StmtFunctionDef,
    gear_scope: Option<usize>,
    yields: Vec<TextRange>,
    newer: Vec<(&'static str, TextRange)>,
    checker: SemanticSyntaxChecker,
    /// How many surrounding places excuse an undefined name.
    excuses: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        text: &'a str,
        target: PythonVersion,
        gear: &'a ast::StmtFunctionDef,
    ) -> Self {
        Walk {
            text,
            target,
            scopes: Scopes::new(),
            star_import: false,
            from_prelude: BTreeSet::new(),
            gear_awaits: false,
            waiting: Vec::new(),
            reported: RefCell::default(),
            in_try: false,
            gear,
            gear_scope: None,
            yields: Vec::new(),
            newer: Vec::new(),
            checker: SemanticSyntaxChecker::new(),
            excuses: 0,
        }
    }

    pub(super) fn module(&mut self, suite: &'a [Stmt]) {
        self.visit_body(suite);
    }

    /// What is wrong apart from names.
    pub(super) fn findings(&self, target: Target) -> impl Iterator<Item = (Problem, TextRange)> {
        let reported: Vec<_> = self
            .reported
            .borrow()
            .iter()
            .map(|error| (wording::compile(error, target), error.range))
            .collect();
        let newer = self.newer.iter().map(move |(construct, range)| {
            let construct = (*construct).to_owned();
            (
                Problem::Version {
                    construct,
                    since: Some("3.8".to_owned()),
                    target,
                },
                *range,
            )
        });
        // One is enough: a generator has many.
        let yields = self.yields.first().map(|range| (Problem::Yields, *range));
        reported.into_iter().chain(newer).chain(yields)
    }

    /// Lets ruff's checker look at a node from the current place.
    fn checked(&mut self, look: impl FnOnce(&mut SemanticSyntaxChecker, &Self)) {
        let mut checker = std::mem::take(&mut self.checker);
        look(&mut checker, self);
        self.checker = checker;
    }

    fn in_gear(&self) -> bool {
        self.gear_scope.is_some() && self.scopes.function() == self.gear_scope
    }

    fn note_await(&mut self) {
        if self.in_gear() {
            self.gear_awaits = true;
        }
    }

    fn excused(&mut self, visit: impl FnOnce(&mut Self)) {
        self.excuses += 1;
        visit(self);
        self.excuses -= 1;
    }

    fn function(&mut self, f: &'a ast::StmtFunctionDef) {
        for decorator in &f.decorator_list {
            self.visit_decorator(decorator);
        }
        self.defaults(&f.parameters);
        self.scopes.bind(f.name.as_str());
        let generic = self.type_parameters(f.type_params.as_deref());
        for parameter in &*f.parameters {
            if let Some(annotation) = parameter.annotation() {
                self.visit_expr(annotation);
            }
        }
        if let Some(returns) = &f.returns {
            self.visit_expr(returns);
        }
        self.scopes.push(ScopeKind::Function {
            is_async: f.is_async,
            lambda: false,
        });
        if std::ptr::eq(f, self.gear) {
            self.gear_scope = Some(self.scopes.current_index());
        }
        self.parameters(&f.parameters);
        self.declarations(&f.body);
        // The body runs later: what surrounds the definition does not protect it.
        let in_try = std::mem::replace(&mut self.in_try, false);
        let excuses = std::mem::replace(&mut self.excuses, 0);
        self.visit_body(&f.body);
        (self.in_try, self.excuses) = (in_try, excuses);
        self.scopes.pop();
        if generic {
            self.scopes.pop();
        }
    }

    fn class(&mut self, c: &'a ast::StmtClassDef) {
        for decorator in &c.decorator_list {
            self.visit_decorator(decorator);
        }
        self.scopes.bind(c.name.as_str());
        let generic = self.type_parameters(c.type_params.as_deref());
        if let Some(arguments) = &c.arguments {
            self.visit_arguments(arguments);
        }
        self.scopes.push(ScopeKind::Class);
        self.declarations(&c.body);
        self.visit_body(&c.body);
        self.scopes.pop();
        if generic {
            self.scopes.pop();
        }
    }

    /// Defaults are evaluated outside of the function.
    fn defaults(&mut self, parameters: &'a ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn parameters(&mut self, parameters: &'a ast::Parameters) {
        let scope = self.scopes.current_mut();
        for parameter in parameters {
            let name = parameter.name().as_str();
            scope.bound.insert(name);
            scope.parameters.insert(name);
        }
    }

    /// Opens a scope for type parameters, if there are any.
    fn type_parameters(&mut self, parameters: Option<&'a ast::TypeParams>) -> bool {
        let Some(parameters) = parameters else {
            return false;
        };
        self.scopes.push(ScopeKind::TypeParameters);
        for parameter in parameters {
            self.scopes.bind(parameter.name().as_str());
        }
        visitor::walk_type_params(self, parameters);
        true
    }

    /// `global` and `nonlocal` hold for their whole scope, also for what stands before them.
    fn declarations(&mut self, body: &'a [Stmt]) {
        let mut found = Declarations(Vec::new());
        found.visit_body(body);
        for declaration in found.0 {
            match declaration {
                Stmt::Global(global) => {
                    for name in &global.names {
                        self.scopes.bind_global(name.as_str());
                        self.scopes
                            .current_mut()
                            .globals
                            .insert(name.as_str(), global.range);
                    }
                }
                Stmt::Nonlocal(nonlocal) => {
                    for name in &nonlocal.names {
                        self.scopes
                            .current_mut()
                            .nonlocals
                            .insert(name.as_str(), name.range);
                    }
                }
                _ => {}
            }
        }
    }

    fn comprehension(
        &mut self,
        generators: &'a [ast::Comprehension],
        elements: &[&'a Expr],
        generator: bool,
    ) {
        let is_async = generators.iter().any(|part| part.is_async);
        if is_async {
            self.note_await();
        }
        // The first iterable is evaluated outside.
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        self.scopes.push(ScopeKind::Comprehension {
            is_async,
            generator,
        });
        for (i, part) in generators.iter().enumerate() {
            if i > 0 {
                self.visit_expr(&part.iter);
            }
            self.visit_expr(&part.target);
            for condition in &part.ifs {
                self.visit_expr(condition);
            }
        }
        for element in elements {
            self.visit_expr(element);
        }
        self.scopes.pop();
    }

    fn block(&mut self, block: Block, body: &'a [Stmt]) {
        self.scopes.current_mut().blocks.push(block);
        self.visit_body(body);
        self.scopes.current_mut().blocks.pop();
    }

    fn try_statement(&mut self, t: &'a ast::StmtTry) {
        let in_try = std::mem::replace(&mut self.in_try, true);
        if catches_name_error(&t.handlers) {
            self.excused(|walk| walk.visit_body(&t.body));
        } else {
            self.visit_body(&t.body);
        }
        for handler in &t.handlers {
            self.visit_except_handler(handler);
        }
        self.visit_body(&t.orelse);
        self.block(Block::Finally, &t.finalbody);
        self.in_try = in_try;
    }

    fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map_or("", ast::Identifier::as_str);
        let prelude = import.level == 0 && module.split('.').next() == Some("redgrease");
        if prelude {
            self.from_prelude.insert("redgrease");
        }
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.star_import = true;
                continue;
            }
            if prelude {
                self.from_prelude.insert(name);
            }
            self.scopes
                .bind(alias.asname.as_ref().map_or(name, ast::Identifier::as_str));
        }
    }

    /// `continue` that leaves a `finally`, which Python 3.7 refuses.
    fn leaves_finally(&self) -> bool {
        let blocks = &self.scopes.current().blocks;
        blocks.last() == Some(&Block::Finally) && blocks.contains(&Block::Loop)
    }

    fn call(&mut self, call: &'a ast::ExprCall) {
        if let Expr::Attribute(attribute) = &*call.func
            && let Expr::Name(object) = &*attribute.value
            && object.id == "cmd"
            && WAITING.contains(&attribute.attr.as_str())
        {
            let place = (
                self.scopes.current_index(),
                attribute.attr.as_str(),
                call.func.range(),
            );
            self.waiting.push(place);
        }
    }
}

fn catches_name_error(handlers: &[ast::ExceptHandler]) -> bool {
    let names_it = |e: &Expr| matches!(e, Expr::Name(name) if name.id == "NameError");
    handlers
        .iter()
        .any(
            |ast::ExceptHandler::ExceptHandler(handler)| match handler.type_.as_deref() {
                None => true,
                Some(Expr::Tuple(types)) => types.elts.iter().any(names_it),
                Some(one) => names_it(one),
            },
        )
}

impl<'a> Visitor<'a> for Walk<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.checked(|checker, walk| checker.visit_stmt(statement, walk));
        match statement {
            Stmt::FunctionDef(f) => self.function(f),
            Stmt::ClassDef(c) => self.class(c),
            Stmt::Try(t) => self.try_statement(t),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let first = alias.name.as_str().split('.').next().unwrap_or_default();
                    if first == "redgrease" {
                        self.from_prelude.insert(first);
                    }
                    self.scopes
                        .bind(alias.asname.as_ref().map_or(first, ast::Identifier::as_str));
                }
            }
            Stmt::TypeAlias(alias) => {
                self.visit_expr(&alias.name);
                let generic = self.type_parameters(alias.type_params.as_deref());
                self.visit_expr(&alias.value);
                if generic {
                    self.scopes.pop();
                }
            }
            Stmt::For(f) => {
                if f.is_async {
                    self.note_await();
                }
                self.visit_expr(&f.iter);
                self.visit_expr(&f.target);
                self.block(Block::Loop, &f.body);
                self.visit_body(&f.orelse);
            }
            Stmt::While(w) => {
                self.visit_expr(&w.test);
                self.block(Block::Loop, &w.body);
                self.visit_body(&w.orelse);
            }
            Stmt::Continue(c) if self.target < PythonVersion::PY38 && self.leaves_finally() => {
                self.newer
                    .push(("`continue` in a `finally` block", c.range));
            }
            Stmt::With(with) if with.is_async => {
                self.note_await();
                visitor::walk_stmt(self, statement);
            }
            Stmt::AnnAssign(a) => {
                if let Some(value) = &a.value {
                    self.visit_expr(value);
                }
                // Python does not evaluate the annotation of a local variable.
                if matches!(self.scopes.current().kind, ScopeKind::Function { .. }) && a.simple {
                    self.excused(|walk| walk.visit_expr(&a.annotation));
                } else {
                    self.visit_expr(&a.annotation);
                }
                self.visit_expr(&a.target);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.checked(|checker, walk| checker.visit_expr(expression, walk));
        match expression {
            Expr::Name(name) => match name.ctx {
                ExprContext::Load => {
                    let excused = self.excuses > 0;
                    let load = Load {
                        name: name.id.as_str(),
                        range: name.range,
                        excused,
                    };
                    self.scopes.current_mut().loads.push(load);
                }
                ExprContext::Store | ExprContext::Del => self.scopes.bind(name.id.as_str()),
                ExprContext::Invalid => {}
            },
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                if let Expr::Name(target) = &*named.target {
                    self.scopes.bind_outside_comprehensions(target.id.as_str());
                }
            }
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                }
                self.scopes.push(ScopeKind::Function {
                    is_async: false,
                    lambda: true,
                });
                if let Some(parameters) = &lambda.parameters {
                    self.parameters(parameters);
                }
                self.visit_expr(&lambda.body);
                self.scopes.pop();
            }
            Expr::ListComp(c) => self.comprehension(&c.generators, &[&*c.elt], false),
            Expr::SetComp(c) => self.comprehension(&c.generators, &[&*c.elt], false),
            Expr::Generator(c) => self.comprehension(&c.generators, &[&*c.elt], true),
            Expr::DictComp(c) => match c.key.as_deref() {
                Some(key) => self.comprehension(&c.generators, &[key, &*c.value], false),
                None => self.comprehension(&c.generators, &[&*c.value], false),
            },
            Expr::Await(_) => {
                self.note_await();
                visitor::walk_expr(self, expression);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                if self.in_gear() {
                    self.yields.push(expression.range());
                }
                visitor::walk_expr(self, expression);
            }
            Expr::Call(call) => {
                self.call(call);
                visitor::walk_expr(self, expression);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.scopes.bind(name.as_str());
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_interpolated_string_element(&mut self, element: &'a ast::InterpolatedStringElement) {
        if let ast::InterpolatedStringElement::Interpolation(field) = element
            && field.debug_text.is_some()
            && self.target < PythonVersion::PY38
        {
            self.newer
                .push(("`=` in a field of an f-string", field.range));
        }
        visitor::walk_interpolated_string_element(self, element);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(m) => m.name.as_ref(),
            Pattern::MatchStar(m) => m.name.as_ref(),
            Pattern::MatchMapping(m) => m.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.scopes.bind(name.as_str());
        }
        visitor::walk_pattern(self, pattern);
    }
}

/// Collects the declarations of one scope, without entering the scopes inside of it.
struct Declarations<'a>(Vec<&'a Stmt>);

impl<'a> Visitor<'a> for Declarations<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Global(_) | Stmt::Nonlocal(_) => self.0.push(statement),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, _expression: &'a Expr) {}
}
