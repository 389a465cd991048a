//! Visits the syntax tree once, fills the scopes, and collects facts for the report.

use super::any_name::Namespaces;
use super::calls::{self, CallProblem, Found};
use super::from_server::Imported;
use super::imports::{self, Import};
use super::objects::Objects;
use super::scope::{Block, Load, ScopeKind, Scopes};
use super::{asked, refusals, wording};
use crate::{Client, Problem, PythonVersion as Target};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, ExprContext, Pattern, PythonVersion, Stmt};
use ruff_python_parser::semantic_errors::{SemanticSyntaxChecker, SemanticSyntaxError};
use ruff_text_size::{Ranged, TextRange};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The visitor and its results.
pub(super) struct Walk<'a> {
    pub(super) text: &'a str,
    pub(super) target: PythonVersion,
    pub(super) scopes: Scopes<'a>,
    /// Whether the text has a `from module import *`, which may define any name.
    pub(super) star_import: bool,
    /// The uses of namespaces as dictionaries, which may define any name.
    pub(super) namespaces: Namespaces<'a>,
    /// The names imported from the module `redgrease`, which is the prelude.
    pub(super) from_prelude: BTreeSet<&'a str>,
    /// The names imported from the modules that every server has.
    pub(super) from_server: Vec<Imported<'a>>,
    /// Whether the gear's function awaits.
    pub(super) gear_awaits: bool,
    /// The first `yield` of the gear's function.
    pub(super) gear_yields: Option<TextRange>,
    /// Mistakes in the use of names of the server.
    pub(super) calls: Vec<CallProblem<'a>>,
    /// The methods of `cmd` whose presence the text asks for.
    pub(super) asked: BTreeSet<&'a str>,
    /// The number of places around the current one that handle a missing method of `cmd`.
    method_excuses: usize,
    /// The number of places around the current one that handle arguments which a method of `cmd` refuses.
    argument_excuses: usize,
    /// Imports that must succeed.
    pub(super) imports: Vec<Import<'a>>,
    /// Every `Err` that the gear's function returns or raises, with the scope of the use.
    pub(super) refusals: Vec<(usize, TextRange)>,
    /// The number of places around the current one that may catch an `Err`.
    err_catchers: usize,
    /// The number of places around the current one that handle a failed import.
    pub(super) import_excuses: usize,
    /// For each handler of failed imports around the current place, the modules whose import failed.
    pub(super) failed_imports: Vec<Vec<&'a str>>,
    /// The names that stand for objects of the server.
    pub(super) objects: Objects<'a>,
    pub(super) reported: RefCell<Vec<SemanticSyntaxError>>,
    pub(super) in_try: bool,
    pub(super) gear: Option<&'a ast::StmtFunctionDef>,
    pub(super) gear_scope: Option<usize>,
    /// Problems that ruff's checker does not report.
    found: Vec<(Problem, TextRange)>,
    checker: SemanticSyntaxChecker,
    /// The number of places around the current one that handle an undefined name.
    pub(super) excuses: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        text: &'a str,
        target: PythonVersion,
        gear: Option<&'a ast::StmtFunctionDef>,
        client: Client,
    ) -> Self {
        Walk {
            text,
            target,
            scopes: Scopes::new(),
            star_import: false,
            namespaces: Namespaces::default(),
            from_prelude: BTreeSet::new(),
            from_server: Vec::new(),
            gear_awaits: false,
            gear_yields: None,
            calls: Vec::new(),
            asked: BTreeSet::new(),
            method_excuses: 0,
            argument_excuses: 0,
            imports: Vec::new(),
            refusals: Vec::new(),
            err_catchers: 0,
            import_excuses: 0,
            failed_imports: Vec::new(),
            objects: Objects::new(client),
            reported: RefCell::default(),
            in_try: false,
            gear,
            gear_scope: None,
            found: Vec::new(),
            checker: SemanticSyntaxChecker::new(),
            excuses: 0,
        }
    }

    pub(super) fn module(&mut self, suite: &'a [Stmt]) {
        self.objects.look_for_names(suite);
        self.visit_body(suite);
    }

    /// The problems apart from undefined names.
    pub(super) fn findings(&self, target: Target) -> impl Iterator<Item = (Problem, TextRange)> {
        let reported: Vec<_> = self
            .reported
            .borrow()
            .iter()
            .map(|error| (wording::compile(error, target), error.range))
            .collect();
        reported.into_iter().chain(self.found.iter().cloned())
    }

    /// Calls ruff's checker for a node at the current place.
    fn checked(&mut self, look: impl FnOnce(&mut SemanticSyntaxChecker, &Self)) {
        let mut checker = std::mem::take(&mut self.checker);
        look(&mut checker, self);
        self.checker = checker;
    }

    /// Adds a problem with a construct that Python 3.7 does not have.
    fn since_38(&mut self, construct: &str, range: TextRange) {
        let problem = Problem::Version {
            construct: construct.to_owned(),
            since: Some("3.8".to_owned()),
            target: Target::OLDEST,
        };
        self.found.push((problem, range));
    }

    fn in_gear(&self) -> bool {
        self.gear_scope.is_some() && self.scopes.function() == self.gear_scope
    }

    pub(super) fn note_await(&mut self) {
        if self.in_gear() {
            self.gear_awaits = true;
        }
    }

    fn excused(&mut self, visit: impl FnOnce(&mut Self)) {
        self.excuses += 1;
        visit(self);
        self.excuses -= 1;
    }

    fn block(&mut self, block: Block, body: &'a [Stmt]) {
        self.scopes.current_mut().blocks.push(block);
        self.visit_body(body);
        self.scopes.current_mut().blocks.pop();
    }

    fn try_statement(&mut self, t: &'a ast::StmtTry) {
        let in_try = std::mem::replace(&mut self.in_try, true);
        let handles_imports = imports::handles_failure(&t.handlers);
        self.imports_excused(handles_imports, |walk| {
            let catchers = usize::from(refusals::may_catch(&t.handlers));
            let of_methods = usize::from(asked::catches(&t.handlers, "AttributeError"));
            let of_arguments = usize::from(asked::catches(&t.handlers, "TypeError"));
            walk.err_catchers += catchers;
            walk.method_excuses += of_methods;
            walk.argument_excuses += of_arguments;
            if catches_name_error(&t.handlers) {
                walk.excused(|walk| walk.visit_body(&t.body));
            } else {
                walk.visit_body(&t.body);
            }
            walk.err_catchers -= catchers;
            walk.method_excuses -= of_methods;
            walk.argument_excuses -= of_arguments;
        });
        for handler in &t.handlers {
            // An import of the handler itself may fail, too.
            let is_of_imports = imports::handles_failure(std::slice::from_ref(handler));
            let failed = is_of_imports.then(|| imports::of_body(&t.body));
            let around = self.failed_imports.len();
            self.failed_imports.extend(failed);
            self.visit_except_handler(handler);
            self.failed_imports.truncate(around);
        }
        // An `else` imports what goes with the import.
        self.imports_excused(handles_imports, |walk| walk.visit_body(&t.orelse));
        self.block(Block::Finally, &t.finalbody);
        self.in_try = in_try;
    }

    fn misused(&mut self, found: Option<Found<'a>>) {
        let scope = self.scopes.current_index();
        let found = found.filter(|(_, problem, _)| match problem {
            Problem::UnknownMethod { .. }
            | Problem::UnknownException { .. }
            | Problem::MethodOfRedisPy { .. } => self.method_excuses == 0,
            Problem::MethodArguments { .. } => self.argument_excuses == 0,
            // Another function may be registered as a hook, and a failure may be expected.
            Problem::ReplacesNoCommand | Problem::AnswersNoCommand { .. } => {
                self.in_gear() && !self.in_try && self.err_catchers == 0
            }
            _ => true,
        });
        self.calls
            .extend(found.map(|(object, problem, range)| CallProblem {
                scope,
                object,
                problem,
                range,
            }));
    }

    fn refused(&mut self, range: Option<TextRange>) {
        // Another function may return an `Err` to the gear's one, which handles it.
        if self.in_gear() {
            let scope = self.scopes.current_index();
            self.refusals.extend(range.map(|range| (scope, range)));
        }
    }

    /// Whether a `continue` here leaves a `finally`, which Python 3.7 refuses.
    fn leaves_finally(&self) -> bool {
        let blocks = &self.scopes.current().blocks;
        blocks.last() == Some(&Block::Finally) && blocks.contains(&Block::Loop)
    }
}

fn catches_name_error(handlers: &[ast::ExceptHandler]) -> bool {
    let catches_all = handlers
        .iter()
        .any(|ast::ExceptHandler::ExceptHandler(handler)| handler.type_.is_none());
    catches_all || asked::catches(handlers, "NameError")
}

impl<'a> Visitor<'a> for Walk<'a> {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        let excuses = self.import_excuses;
        for statement in body {
            self.visit_stmt(statement);
            // The rest runs on some servers alone.
            self.import_excuses += usize::from(imports::leaves_some(statement));
        }
        self.import_excuses = excuses;
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.checked(|checker, walk| checker.visit_stmt(statement, walk));
        self.misused(calls::of_statement(statement, &self.objects));
        self.objects.note(statement, self.scopes.current_index());
        if statement.is_return_stmt() || self.err_catchers == 0 {
            self.refused(refusals::of_statement(statement));
        }
        let catchers = usize::from(refusals::may_suppress(statement));
        self.err_catchers += catchers;
        match statement {
            Stmt::FunctionDef(f) => self.function(f),
            Stmt::ClassDef(c) => self.class(c),
            Stmt::Try(t) => self.try_statement(t),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Import(import) => self.import(import),
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
                self.since_38("`continue` in a `finally` block", c.range);
            }
            Stmt::Expr(lone) if lone.value.is_starred_expr() => {
                let text = "a value with `*` cannot be a statement".to_owned();
                let hint = Some("remove the `*`".to_owned());
                self.found
                    .push((Problem::Compile { text, hint }, lone.range));
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
            Stmt::If(_) | Stmt::With(_) => {
                self.imports_excused(imports::is_conditional(statement), |walk| {
                    visitor::walk_stmt(walk, statement);
                });
            }
            _ => visitor::walk_stmt(self, statement),
        }
        self.err_catchers -= catchers;
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.checked(|checker, walk| checker.visit_expr(expression, walk));
        self.note_namespace(expression);
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
            Expr::Await(awaited) => {
                self.note_await();
                self.misused(calls::of_await(awaited, &self.objects));
                visitor::walk_expr(self, expression);
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                if self.in_gear() {
                    // Only the first one is reported.
                    self.gear_yields.get_or_insert(expression.range());
                }
                if let Expr::Yield(ast::ExprYield {
                    value: Some(value), ..
                }) = expression
                {
                    self.refused(refusals::of_value(value));
                }
                visitor::walk_expr(self, expression);
            }
            Expr::Call(call) => {
                self.asked.extend(asked::method(call, &self.objects));
                self.misused(calls::of_call(call, &self.objects));
                visitor::walk_expr(self, expression);
            }
            Expr::Attribute(attribute) => {
                self.misused(calls::of_attribute(attribute, &self.objects));
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
            self.since_38("`=` in a field of an f-string", field.range);
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
