//! Finds imports that fail on the server: of packages that no requirement provides, and relative ones.

use super::walk::Walk;
use crate::packages::{OF_ENGINE, package_of};
use crate::{Importable, Problem, PythonVersion, Source, importable, nearest};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_python_stdlib::sys::is_known_standard_library;
use ruff_text_size::TextRange;

/// Modules of the standard library that gears use, for "did you mean".
const USUAL: &[&str] = &[
    "asyncio",
    "base64",
    "binascii",
    "bisect",
    "calendar",
    "collections",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "inspect",
    "ipaddress",
    "itertools",
    "json",
    "logging",
    "math",
    "operator",
    "os",
    "pickle",
    "random",
    "re",
    "secrets",
    "socket",
    "sqlite3",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "traceback",
    "typing",
    "unicodedata",
    "urllib",
    "uuid",
    "warnings",
    "xml",
    "zlib",
    "zoneinfo",
];

/// An import of a module.
pub(super) struct Import<'a> {
    /// The top-level module; empty for a relative import.
    module: &'a str,
    range: TextRange,
}

impl<'a> Walk<'a> {
    pub(super) fn imported(&mut self, name: &'a str, range: TextRange) {
        let module = name.split('.').next().unwrap_or_default();
        if self.import_excuses == 0 {
            self.imports.push(Import { module, range });
        }
    }

    pub(super) fn imported_relatively(&mut self, range: TextRange) {
        self.imported("", range);
    }

    /// Visits code in which an import may fail, or which does not run on every server.
    pub(super) fn imports_excused(&mut self, is_excuse: bool, visit: impl FnOnce(&mut Self)) {
        self.import_excuses += usize::from(is_excuse);
        visit(self);
        self.import_excuses -= usize::from(is_excuse);
    }
}

/// Whether a `try` statement handles a failed import.
pub(super) fn handles_failure(handlers: &[ast::ExceptHandler]) -> bool {
    let names_it = |e: &Expr| {
        let name = match e {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        matches!(
            name,
            "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException"
        )
    };
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

/// Whether a statement leaves the block on some servers, such as `if os.name != "nt": return`.
pub(super) fn leaves_some(statement: &Stmt) -> bool {
    let Stmt::If(condition) = statement else {
        return false;
    };
    let leaves = |body: &[Stmt]| {
        matches!(
            body.last(),
            Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_))
        )
    };
    let clauses = condition.elif_else_clauses.iter();
    let mut bodies = std::iter::once(&condition.body).chain(clauses.map(|clause| &clause.body));
    is_conditional(statement) && bodies.any(|body| leaves(body))
}

/// Whether a statement decides if its imports run: `with suppress(ImportError)`, `if TYPE_CHECKING`, or a condition about the
/// version or the platform.
pub(super) fn is_conditional(statement: &Stmt) -> bool {
    match statement {
        Stmt::With(with) => with.items.iter().any(|item| match &item.context_expr {
            Expr::Call(call) => mentions(&call.func, &["suppress"]),
            _ => false,
        }),
        Stmt::If(condition) => {
            let about_server = [
                "TYPE_CHECKING",
                "version_info",
                "hexversion",
                "platform",
                "implementation",
                "modules",
                "find_spec",
            ];
            std::iter::once(&*condition.test)
                .chain(
                    condition
                        .elif_else_clauses
                        .iter()
                        .filter_map(|clause| clause.test.as_ref()),
                )
                .any(|test| mentions(test, &about_server) || mentions_os_name(test))
        }
        _ => false,
    }
}

/// Whether an expression contains `os.name`.
fn mentions_os_name(expression: &Expr) -> bool {
    ast::helpers::any_over_expr(expression, |part| match part {
        Expr::Attribute(attribute) => {
            attribute.attr == *"name"
                && matches!(&*attribute.value, Expr::Name(module) if module.id == "os")
        }
        _ => false,
    })
}

/// Whether an expression contains one of the names.
fn mentions(expression: &Expr, names: &[&str]) -> bool {
    ast::helpers::any_over_expr(expression, |part| match part {
        Expr::Name(name) => names.contains(&name.id.as_str()),
        Expr::Attribute(attribute) => names.contains(&attribute.attr.as_str()),
        _ => false,
    })
}

/// An import that no requirement provides.
pub(super) struct Unknown<'a> {
    pub(super) module: &'a str,
    pub(super) range: TextRange,
    /// The code to write instead.
    pub(super) hint: String,
}

/// The imports of modules that neither Python, the engine nor a requirement provides.
pub(super) fn unknown<'a>(walk: &Walk<'a>, source: &Source<'_>) -> Vec<Unknown<'a>> {
    let provided = importable(source.requirements.unwrap_or_default().iter().copied());
    if provided.anything {
        return Vec::new();
    }
    walk.imports
        .iter()
        .filter(|import| !import.module.is_empty() && !is_provided(import.module, source.python))
        .filter(|import| !provided.has(import.module))
        // A module does not know the version of the gear that uses it.
        .filter(|import| source.requirements.is_some() || since(import.module).is_none())
        .map(|import| Unknown {
            module: import.module,
            range: import.range,
            hint: hint(import.module, source, &provided),
        })
        .collect()
}

/// The relative imports.
pub(super) fn relative<'a>(walk: &'a Walk<'_>) -> impl Iterator<Item = (Problem, TextRange)> + 'a {
    walk.imports
        .iter()
        .filter(|import| import.module.is_empty())
        .map(|import| (Problem::RelativeImport, import.range))
}

fn is_provided(module: &str, python: PythonVersion) -> bool {
    // Names such as `__future__` and `_thread` are Python's own.
    module.starts_with('_')
        || is_known_standard_library(python.minor(), module)
        || OF_ENGINE.contains(&module)
}

/// The first and the last Python whose standard library has a module.
fn since(module: &str) -> Option<(u8, u8)> {
    let all = PythonVersion::OLDEST.minor()..=PythonVersion::NEWEST.minor();
    let mut with_it = all.filter(|minor| is_known_standard_library(*minor, module));
    let first = with_it.next()?;
    Some((first, with_it.next_back().unwrap_or(first)))
}

fn hint(module: &str, source: &Source<'_>, provided: &Importable) -> String {
    if let Some((first, last)) = since(module) {
        return if first > source.python.minor() {
            format!(
                "it comes with Python 3.{first}, set `python = \"3.{first}\"` if every server has that version"
            )
        } else {
            format!("Python 3.{} has removed it, write it differently", last + 1)
        };
    }
    let own = provided.modules.iter().map(String::as_str);
    let similar = nearest(module, own.chain(USUAL.iter().copied()));
    match (package_of(module), similar) {
        (Some(package), _) if source.requirements.is_some_and(<[&str]>::is_empty) => {
            format!("add `requirements = [\"{package}\"]`")
        }
        // A module does not know whether its gears have the key.
        (Some(package), _) if source.requirements.is_none() => {
            format!("name `\"{package}\"` in the key `requirements = [..]`")
        }
        (Some(package), _) => format!("add `\"{package}\"` to `requirements`"),
        (None, Some(similar)) => format!("did you mean `{similar}`?"),
        (None, None) => {
            "name its package in `requirements`, or write the functions of your own file in a `python_module!`".to_owned()
        }
    }
}
