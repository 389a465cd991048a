//! Tells ruff's checker about the current place, for example whether a `return` is possible there.

use super::scope::{Block, ScopeKind};
use super::walk::Walk;
use ruff_python_ast::PythonVersion;
use ruff_python_parser::semantic_errors::{
    LazyImportContext, SemanticSyntaxContext, SemanticSyntaxError,
};
use ruff_text_size::TextRange;

impl SemanticSyntaxContext for Walk<'_> {
    fn future_annotations_or_stub(&self) -> bool {
        false
    }

    fn lazy_import_context(&self) -> Option<LazyImportContext> {
        match self.scopes.current().kind {
            ScopeKind::Function { .. } => Some(LazyImportContext::Function),
            ScopeKind::Class => Some(LazyImportContext::Class),
            _ => self.in_try.then_some(LazyImportContext::TryExceptBlocks),
        }
    }

    fn python_version(&self) -> PythonVersion {
        self.target
    }

    fn source(&self) -> &str {
        self.text
    }

    fn global(&self, name: &str) -> Option<TextRange> {
        self.scopes.current().globals.get(name).copied()
    }

    fn has_nonlocal_binding(&self, _name: &str) -> bool {
        // It is known only after the walk. `resolve` checks it.
        true
    }

    fn in_async_context(&self) -> bool {
        for scope in self.scopes.here() {
            match scope.kind {
                ScopeKind::Comprehension { is_async: true, .. } => return true,
                ScopeKind::Function { is_async, .. } => return is_async,
                ScopeKind::Class | ScopeKind::Module => return false,
                ScopeKind::Comprehension { .. } | ScopeKind::TypeParameters => {}
            }
        }
        false
    }

    fn in_await_allowed_context(&self) -> bool {
        self.scopes.function().is_some()
    }

    fn in_yield_allowed_context(&self) -> bool {
        matches!(self.scopes.current().kind, ScopeKind::Function { .. })
    }

    fn in_sync_comprehension(&self) -> bool {
        self.scopes.here().any(|scope| {
            scope.kind
                == ScopeKind::Comprehension {
                    is_async: false,
                    generator: false,
                }
        })
    }

    fn in_class_body_comprehension(&self) -> bool {
        let around = self
            .scopes
            .here()
            .find(|scope| !matches!(scope.kind, ScopeKind::Comprehension { .. }));
        around.is_some_and(|scope| scope.kind == ScopeKind::Class)
    }

    fn in_module_scope(&self) -> bool {
        self.scopes.current().kind == ScopeKind::Module
    }

    fn in_function_scope(&self) -> bool {
        matches!(
            self.scopes.current().kind,
            ScopeKind::Function { lambda: false, .. }
        )
    }

    fn in_generator_context(&self) -> bool {
        self.scopes.here().any(|scope| {
            matches!(
                scope.kind,
                ScopeKind::Comprehension {
                    generator: true,
                    ..
                }
            )
        })
    }

    fn in_notebook(&self) -> bool {
        false
    }

    fn report_semantic_error(&self, error: SemanticSyntaxError) {
        self.reported.borrow_mut().push(error);
    }

    fn in_loop_context(&self) -> bool {
        self.scopes.current().blocks.contains(&Block::Loop)
    }

    fn is_bound_parameter(&self, name: &str) -> bool {
        self.scopes.current().parameters.contains(name)
    }
}
