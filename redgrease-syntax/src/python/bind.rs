//! The part of the walk about constructs that open scopes and bind names: definitions, comprehensions, imports.

use super::scope::ScopeKind;
use super::walk::Walk;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};

impl<'a> Walk<'a> {
    pub(super) fn function(&mut self, f: &'a ast::StmtFunctionDef) {
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
        if self.gear.is_some_and(|gear| std::ptr::eq(f, gear)) {
            self.gear_scope = Some(self.scopes.current_index());
        }
        self.parameters(&f.parameters);
        self.declarations(&f.body);
        // The body runs later, outside of the `try` around the definition.
        let in_try = std::mem::replace(&mut self.in_try, false);
        let excuses = std::mem::replace(&mut self.excuses, 0);
        self.visit_body(&f.body);
        (self.in_try, self.excuses) = (in_try, excuses);
        self.scopes.pop();
        if generic {
            self.scopes.pop();
        }
    }

    pub(super) fn class(&mut self, c: &'a ast::StmtClassDef) {
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

    /// Visits the defaults, which Python evaluates outside of the function.
    pub(super) fn defaults(&mut self, parameters: &'a ast::Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    pub(super) fn parameters(&mut self, parameters: &'a ast::Parameters) {
        let scope = self.scopes.current_mut();
        for parameter in parameters {
            let name = parameter.name().as_str();
            scope.bound.insert(name);
            scope.parameters.insert(name);
        }
    }

    /// Opens a scope for type parameters. Returns `false` if there are none.
    pub(super) fn type_parameters(&mut self, parameters: Option<&'a ast::TypeParams>) -> bool {
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

    /// Binds the names of `global` and `nonlocal`. A declaration is valid in its whole scope, also in front of it.
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

    pub(super) fn comprehension(
        &mut self,
        generators: &'a [ast::Comprehension],
        elements: &[&'a Expr],
        generator: bool,
    ) {
        let is_async = generators.iter().any(|part| part.is_async);
        if is_async {
            self.note_await();
        }
        // Python evaluates the first iterable outside of the comprehension.
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

    pub(super) fn import(&mut self, import: &'a ast::StmtImport) {
        for alias in &import.names {
            // `import a.b` binds `a`.
            let first = alias.name.as_str().split('.').next().unwrap_or_default();
            if first == "redgrease" {
                self.from_prelude.insert(first);
            }
            self.imported(alias.name.as_str(), None, alias.name.range);
            self.scopes
                .bind(alias.asname.as_ref().map_or(first, ast::Identifier::as_str));
        }
    }

    pub(super) fn import_from(&mut self, import: &'a ast::StmtImportFrom) {
        let module = import.module.as_ref().map_or("", ast::Identifier::as_str);
        match &import.module {
            Some(name) if import.level == 0 => {
                for alias in &import.names {
                    self.imported(name.as_str(), Some(alias.name.as_str()), name.range);
                }
            }
            _ => self.imported_relatively(import.range),
        }
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
                self.imported_from_server(module, name, alias.name.range);
            }
            self.scopes
                .bind(alias.asname.as_ref().map_or(name, ast::Identifier::as_str));
        }
    }
}

/// Collects the declarations of one scope, without the scopes inside it.
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
