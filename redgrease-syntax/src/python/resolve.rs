//! Finds the undefined names and the free names of a text.

use super::asked;
use super::functions;
use super::objects::Objects;
use super::scope::Load;
use super::walk::Walk;
use crate::{Form, Problem, RUNTIME_NAMES, Refusals, Source, is_runtime_name, nearest};
use ruff_python_stdlib::builtins::{python_builtins, version_builtin_was_added};
use ruff_python_stdlib::sys::is_known_standard_library;
use ruff_text_size::TextRange;
use std::collections::BTreeSet;

/// Names that every module has.
const MODULE_NAMES: &[&str] = &[
    "__name__",
    "__doc__",
    "__package__",
    "__spec__",
    "__loader__",
    "__builtins__",
    "__annotations__",
    "__debug__",
    "__file__",
];

/// Names of other languages and of Python 2, with their names in Python 3.
const FOREIGN: &[(&str, &str)] = &[
    ("true", "True"),
    ("false", "False"),
    ("null", "None"),
    ("nil", "None"),
    ("none", "None"),
    ("undefined", "None"),
    (
        "Ok",
        "the value without a word around it, only `Err(..)` has one",
    ),
    ("Some", "the value itself"),
    ("println", "print"),
    ("vec", "list"),
    ("HashMap", "dict"),
    ("String", "str"),
    ("xrange", "range"),
    ("raw_input", "input"),
    ("unicode", "str"),
    ("basestring", "str"),
    ("long", "int"),
    ("unichr", "chr"),
];

pub(super) struct Resolution {
    pub(super) problems: Vec<(Problem, TextRange)>,
    pub(super) free: Vec<String>,
    /// Undefined names that other Python may define: the name, the place, the hint.
    pub(super) unknown_names: Vec<(String, TextRange, String)>,
    /// Every `Err` of which it is not known whether it is received.
    pub(super) refusals: Vec<TextRange>,
}

pub(super) fn resolve(walk: &Walk<'_>, source: &Source<'_>) -> Resolution {
    let python = source.python;
    let any_name = walk.defines_any_name() || source.known.contains(&"*");
    let mut unknown_names = Vec::new();
    let builtins: Vec<&str> = python_builtins(python.minor(), false)
        .chain(MODULE_NAMES.iter().copied())
        .collect();
    let mut problems = Vec::new();
    let mut free: BTreeSet<&str> = walk.from_prelude.iter().copied().collect();
    for (index, scope) in walk.scopes.iter() {
        for (name, range) in &scope.nonlocals {
            if *name != "__class__" && !walk.scopes.binds_nonlocal(index, name) {
                let text = format!("no enclosing function has a variable `{name}`");
                let hint = Some(format!(
                    "assign `{name}` there first, or write `global {name}`"
                ));
                problems.push((Problem::Compile { text, hint }, *range));
            }
        }
        for load in &scope.loads {
            // A `nonlocal` without a variable has its own problem.
            let bound = walk.scopes.binds(index, load.name)
                || scope.nonlocals.contains_key(load.name)
                || source.known.contains(&load.name);
            if bound {
                continue;
            }
            let provided = is_runtime_name(load.name);
            if !builtins.contains(&load.name) || provided {
                free.insert(load.name);
            }
            let known = provided || builtins.contains(&load.name);
            if !known && !load.excused && !any_name {
                let hint = hint(walk, index, *load, source, &builtins);
                if source.has_unknown_names {
                    unknown_names.push((load.name.to_owned(), load.range, hint));
                    continue;
                }
                let problem = Problem::UndefinedName {
                    name: load.name.to_owned(),
                    hint: Some(hint),
                };
                problems.push((problem, load.range));
            }
        }
    }
    let is_of_server = |scope: usize, name: &str| {
        let is_other = walk.scopes.binds(scope, name) || source.known.contains(&name);
        walk.from_prelude.contains(name) || !is_other
    };
    for call in &walk.calls {
        let is_asked =
            asked::of_problem(&call.problem).is_some_and(|name| walk.asked.contains(name));
        let is_object = if Objects::is_own(call.object) {
            is_of_server(call.scope, call.object)
        } else {
            let other = walk.objects.other(&walk.scopes, call.scope, call.object);
            !walk.defines_any_name() && other.is_some_and(|(scope, is)| is_of_server(scope, is))
        };
        let is_imported = walk.from_prelude.contains(call.object);
        let is_other = functions::may_be_other(&call.problem)
            && (any_name || source.has_unknown_names)
            && !is_imported;
        if !is_asked && is_object && !is_other && functions::is_in(&call.problem, source) {
            problems.push((call.problem.clone(), call.range));
        }
    }
    let mut refusals = Vec::new();
    for (scope, range) in &walk.refusals {
        if !is_of_server(*scope, "Err") {
            continue;
        }
        match source.refusals {
            Refusals::Received => {}
            Refusals::NotReceived => problems.push((Problem::ErrWithoutResult, *range)),
            Refusals::NoCaller => problems.push((Problem::ErrWithoutCaller, *range)),
            Refusals::Unknown => refusals.push(*range),
        }
    }
    Resolution {
        problems,
        free: free.into_iter().map(str::to_owned).collect(),
        unknown_names,
        refusals,
    }
}

/// The hint for an undefined name.
fn hint(
    walk: &Walk<'_>,
    scope: usize,
    load: Load<'_>,
    source: &Source<'_>,
    builtins: &[&str],
) -> String {
    let (name, python) = (load.name, source.python);
    let before = walk
        .text
        .get(..load.range.start().into())
        .unwrap_or_default();
    if before.trim_end_matches([' ', '\t']).ends_with("//") {
        return "begin the comment with `#`, in Python `//` divides".to_owned();
    }
    if let Some((_, ours)) = FOREIGN.iter().find(|(theirs, _)| *theirs == name) {
        return if ours.contains(' ') {
            format!("in Python write {ours}")
        } else {
            format!("in Python write `{ours}`")
        };
    }
    if source.hidden.contains(&name) {
        return format!("write `global {name}` in `on_registered`, where it is a local variable");
    }
    if is_known_standard_library(python.minor(), name) {
        return format!("write `import {name}` first");
    }
    if let Some(minor) = version_builtin_was_added(name)
        && minor > python.minor()
    {
        return format!("it needs Python 3.{minor}, but this gear is checked for Python {python}");
    }
    let mut own: Vec<&str> = walk
        .scopes
        .visible(scope)
        .flat_map(|scope| scope.bound.iter().copied())
        .collect();
    own.extend(source.known);
    own.sort_unstable();
    let mut builtins: Vec<&str> = builtins
        .iter()
        .copied()
        .filter(|builtin| !builtin.starts_with("__"))
        .collect();
    builtins.sort_unstable();
    let candidates = own
        .into_iter()
        .chain(RUNTIME_NAMES.iter().copied())
        .chain(builtins);
    match nearest(name, candidates) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => match source.form {
            Form::Body if source.is_on_registered && source.has_unknown_names => {
                "define it there, or import or assign it".to_owned()
            }
            Form::Body | Form::Module if source.has_unknown_names => {
                "define it there, import or assign it, or make it an argument of the gear"
                    .to_owned()
            }
            Form::Shared | Form::Script => "import or assign it".to_owned(),
            Form::Body if source.is_on_registered => "import or assign it".to_owned(),
            Form::Callback => {
                format!("write `'{name}` for a Rust variable, or import it inside a `def`")
            }
            Form::Body | Form::Module => {
                "import or assign it, or make it an argument of the gear".to_owned()
            }
        },
    }
}
