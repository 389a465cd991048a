//! Finds imports that fail on the server: of packages that no requirement provides, and relative ones.

use super::walk::Walk;
use crate::packages::{OF_ENGINE, distinct, is_namespace, known_modules, package_of, standard};
use crate::{Form, Importable, Problem, PythonVersion, Source, importable, nearest};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, Stmt};
use ruff_python_stdlib::sys::is_known_standard_library;
use ruff_text_size::TextRange;
use std::borrow::Cow;

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
    /// The name with its dots; empty for a relative import.
    name: &'a str,
    /// A name that is imported from the module.
    member: Option<&'a str>,
    range: TextRange,
    /// For an import in a handler of failed imports: the modules whose import fails before, for each handler around it.
    after: Vec<Vec<&'a str>>,
}

impl Import<'_> {
    fn module(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }
}

impl<'a> Walk<'a> {
    pub(super) fn imported(&mut self, name: &'a str, member: Option<&'a str>, range: TextRange) {
        if self.import_excuses == 0 {
            self.imports.push(Import {
                name,
                member,
                range,
                after: self.failed_imports.clone(),
            });
        }
    }

    pub(super) fn imported_relatively(&mut self, range: TextRange) {
        self.imported("", None, range);
    }

    /// Visits code in which an import may fail, or which does not run on every server.
    pub(super) fn imports_excused(&mut self, is_excuse: bool, visit: impl FnOnce(&mut Self)) {
        self.import_excuses += usize::from(is_excuse);
        visit(self);
        self.import_excuses -= usize::from(is_excuse);
    }
}

/// The modules that statements import, each with its dots; empty for a relative import.
pub(super) fn of_body(body: &[Stmt]) -> Vec<&str> {
    let mut found = Names(Vec::new());
    found.visit_body(body);
    found.0
}

struct Names<'a>(Vec<&'a str>);

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                let names = import.names.iter().map(|alias| alias.name.as_str());
                self.0.extend(names);
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().filter(|_| import.level == 0);
                self.0.push(module.map_or("", ast::Identifier::as_str));
            }
            _ => visitor::walk_stmt(self, statement),
        }
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
pub(super) struct Unknown {
    pub(super) module: String,
    pub(super) range: TextRange,
    /// The code to write instead.
    pub(super) hint: String,
}

/// The imports of modules that neither Python, the engine nor a requirement provides.
pub(super) fn unknown(walk: &Walk<'_>, source: &Source<'_>) -> Vec<Unknown> {
    let provided = importable(source.requirements.unwrap_or_default().iter().copied());
    walk.imports
        .iter()
        .filter(|import| !import.name.is_empty() && may_run(import, source, &provided))
        .filter_map(|import| {
            let (module, hint) =
                if is_known_standard_library(source.python.minor(), import.module()) {
                    let (package, module) = standard::missing(import.name)?;
                    (
                        format!("{package}.{module}"),
                        hint_of_standard(package, module),
                    )
                } else if is_provided(import.module(), source.python) {
                    return None;
                } else {
                    let name = needed(import, source, &provided)?;
                    let hint = hint(&name, source, &provided);
                    (name, hint)
                };
            let range = import.range;
            Some(Unknown {
                module,
                range,
                hint,
            })
        })
        .collect()
}

/// The module of an import that no requirement provides.
fn needed(import: &Import<'_>, source: &Source<'_>, provided: &Importable) -> Option<String> {
    let name = match import.member {
        // `from google.cloud import storage`
        Some(member) if is_namespace(import.name) && !member.starts_with(['_', '*']) => {
            Cow::Owned(format!("{}.{member}", import.name))
        }
        _ => Cow::Borrowed(import.name),
    };
    // A module does not know the requirements and the version of the gear that uses it.
    let is_unclear = || is_namespace(&name) || since(import.module()).is_some();
    if provided.has(&name) || (source.requirements.is_none() && is_unclear()) {
        return None;
    }
    Some(distinct(&name).to_owned())
}

/// Whether an import may run: one in a handler runs only after a failed import.
fn may_run(import: &Import<'_>, source: &Source<'_>, provided: &Importable) -> bool {
    let succeeds = |name: &&str| {
        let module = name.split('.').next().unwrap_or_default();
        let is_there = is_provided(module, source.python) || since(module).is_some();
        // A module of gears does not know their requirements.
        !name.is_empty() && (is_there || source.requirements.is_none() || provided.has(name))
    };
    let all_succeed = |names: &Vec<&str>| !names.is_empty() && names.iter().all(succeeds);
    !import.after.iter().any(all_succeed)
}

/// The relative imports.
pub(super) fn relative<'a>(
    walk: &'a Walk<'_>,
    source: &'a Source<'_>,
) -> impl Iterator<Item = (Problem, TextRange)> + 'a {
    let provided = importable(source.requirements.unwrap_or_default().iter().copied());
    walk.imports
        .iter()
        .filter(move |import| import.name.is_empty() && may_run(import, source, &provided))
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

/// The hint for a module that a package of the standard library does not have.
fn hint_of_standard(package: &str, module: &str) -> String {
    match standard::similar(package, module) {
        Some(similar) => format!("did you mean `{package}.{similar}`?"),
        None => format!(
            "Python's `{package}` has no such module, write `from {package} import {module}` for a name in it"
        ),
    }
}

fn hint(module: &str, source: &Source<'_>, provided: &Importable) -> String {
    if let Some((first, last)) = since(module) {
        return if first > source.python.minor() {
            match source.form {
                Form::Script => format!(
                    "it comes with Python 3.{first}, check the script for that version if every server has it"
                ),
                _ => format!(
                    "it comes with Python 3.{first}, set `python = \"3.{first}\"` if every server has that version"
                ),
            }
        } else {
            format!("Python 3.{} has removed it, write it differently", last + 1)
        };
    }
    let own = provided.modules.iter().map(String::as_str);
    let similar = nearest(
        module,
        own.chain(USUAL.iter().copied()).chain(known_modules()),
    );
    if source.form == Form::Script {
        return match (package_of(module), similar) {
            (Some(package), _) => format!(
                "name the package `{package}` behind REQUIREMENTS, or in a file of requirements beside the script"
            ),
            (None, Some(similar)) => format!("did you mean `{similar}`?"),
            (None, None) => {
                "name its package behind REQUIREMENTS, or in a file of requirements beside the script; a server has no \
                 other files"
                    .to_owned()
            }
        };
    }
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
