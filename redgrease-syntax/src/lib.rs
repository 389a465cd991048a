//! What the Python of a gear may be: parsed, checked, explained.
//!
//! One front end for the macros (which point at the Rust token) and for command line tools (which
//! print file and line). It knows nothing of `proc_macro`: a [`Source`] goes in, a [`Report`] with
//! byte ranges of the Python text comes out.
//!
//! | module | what it holds |
//! |---|---|
//! | `source` | what is examined and what is found out about it |
//! | `problem` | everything that can be said about a gear's Python |
//! | `mistake` | everything the macros say about the Rust around it |
//! | `catalogue` | both as one list, for the documentation |
//! | `python` | the real parser and the walk over scopes (feature `validate`, the only user of ruff) |
//! | `scan` | what stands in for it without `validate`: a look at the tokens |
//! | `requirement` | is this a requirement pip would accept |
//! | `glob` | does a glob pattern of Redis match |
//! | `runtime` | the names that exist on the server |
//! | `words`, `nearest`, `version`, `duration` | keywords and identifiers; "did you mean"; Python versions; `"5m"` |
//!
//! ```
//! use redgrease_syntax::{Source, examine};
//!
//! let source = Source::body("greet", &["who"], "\n    return \"Hello \" + who\n");
//! let report = examine(&source);
//! assert!(report.findings.is_empty());
//! assert!(!report.coroutine);
//! ```

mod catalogue;
mod duration;
mod glob;
mod mistake;
mod nearest;
mod problem;
#[cfg(feature = "validate")]
mod python;
mod requirement;
mod runtime;
mod scan;
mod source;
mod version;
mod words;

pub use catalogue::{Diagnostic, diagnostics};
pub use duration::parse_duration;
pub use glob::glob_matches;
pub use mistake::Mistake;
pub use nearest::nearest;
pub use problem::{Finding, Problem};
pub use requirement::{Requirement, RequirementError, check_requirement, parse_requirement};
pub use runtime::{RUNTIME_NAMES, is_runtime_name};
pub use source::{Elsewhere, Form, Generators, Report, Source, examine};
pub use version::{ParsePythonVersionError, PythonVersion};
pub use words::{is_identifier, is_keyword};
