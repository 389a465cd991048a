//! Parses and checks the Python of a gear, and explains its mistakes.
//!
//! The macros and command line tools use this crate. It does not depend on `proc_macro`: the input is a [`Source`], the
//! result is a [`Report`] with byte ranges of the Python text. The macros convert a range to a Rust token, other tools
//! convert it to a file and a line.
//!
//! | module | contents |
//! |---|---|
//! | `source` | the input and the result of the check |
//! | `problem` | all messages about the Python of a gear |
//! | `mistake` | all messages about the Rust code around it |
//! | `catalogue` | all messages as one list, for the documentation |
//! | `python` | the parser and the check of scopes (feature `validate`; the only user of ruff) |
//! | `scan` | the replacement of `python` without `validate`: examines tokens |
//! | `requirement` | the check of requirements, as pip accepts them |
//! | `repository` | addresses of repositories in one spelling |
//! | `glob` | matching a glob pattern of Redis |
//! | `runtime` | the names that a server provides |
//! | `commands`, `methods`, `events` | the commands of Redis and Valkey; the methods of `cmd`; the events of keys |
//! | `allow` | the diagnostics that a gear can allow |
//! | `packages` | the modules that requirements provide |
//! | `words`, `nearest`, `version`, `duration` | keywords and identifiers; "did you mean"; Python versions; `"5m"` |
//!
//! ```
//! use redgrease_syntax::{Source, examine};
//!
//! let source = Source::body("greet", &["name"], "\n    return \"Hello \" + name\n");
//! let report = examine(&source);
//! assert!(report.findings.is_empty());
//! assert!(!report.coroutine);
//! ```

mod allow;
mod catalogue;
mod commands;
mod duration;
mod events;
mod glob;
mod methods;
mod mistake;
mod nearest;
mod packages;
mod problem;
#[cfg(feature = "validate")]
mod python;
mod repository;
mod requirement;
mod runtime;
mod scan;
mod source;
mod version;
mod words;

pub use allow::{ALLOWABLE, allowable_names};
pub use catalogue::{Diagnostic, diagnostics};
pub use commands::{
    KnownCommand, is_module_command, is_subcommand, known_command, nearest_command,
};
pub use duration::parse_duration;
pub use events::event_instead_of;
pub use glob::glob_matches;
pub use methods::{Client, Method, cmd_method, cmd_methods};
pub use mistake::{Mistake, quoted};
pub use nearest::nearest;
pub use packages::{Importable, importable};
pub use problem::{Finding, Problem};
pub use repository::repository;
pub use requirement::{Requirement, RequirementError, check_requirement, parse_requirement};
pub use runtime::{RUNTIME_NAMES, is_runtime_name, names_of_module};
pub use source::{
    Form, Generators, Intercepts, Refusals, Report, Source, UnknownImport, UnknownName, examine,
};
pub use version::{ParsePythonVersionError, PythonVersion};
pub use words::{is_identifier, is_keyword};
