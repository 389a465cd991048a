//! Parses and checks Python with the parser of ruff.
//!
//! The crates of ruff have no stable interface. Only this folder uses them:
//!
//! | module | purpose |
//! |---|---|
//! | `syntax` | the problem and the place of a syntax error |
//! | `wording` | the messages for errors of the parser and its checkers |
//! | `scope` | scopes and the names they bind |
//! | `walk` | visits the syntax tree once, and fills the scopes |
//! | `bind` | the part of `walk` about definitions, comprehensions and imports |
//! | `calls` | finds mistakes in calls of the names that the server provides |
//! | `objects` | finds `cmd`, `execute`, .. in expressions, also under another name |
//! | `waiting` | the part of `calls` about commands that block, which is not possible inside a gear |
//! | `commands` | the part of `calls` about the words of `execute` |
//! | `functions` | the part of `calls` about other functions of the server |
//! | `methods` | the part of `calls` about the methods of `cmd` |
//! | `attributes` | the part of `methods` about attributes of `cmd` that are no methods |
//! | `values` | the part of `methods` about values that no command takes |
//! | `returns` | finds a function that never returns a value |
//! | `any_name` | finds code that may define any name |
//! | `asked` | finds code that asks whether `cmd` has a method |
//! | `imports` | finds imports that no requirement provides |
//! | `from_server` | finds names that the module `redgrease` does not have |
//! | `refusals` | finds an `Err` that nothing receives |
//! | `allowed` | tells whether a comment or the gear allows a finding |
//! | `comments` | reads these comments, and finds those with a typing error |
//! | `placement` | tells ruff's checker about the current place (`return` outside of a function, ..) |
//! | `callback` | checks functions for steps and counts their arguments |
//! | `resolve` | finds undefined names and free names |

mod allowed;
mod any_name;
mod asked;
mod attributes;
mod bind;
mod callback;
mod calls;
mod commands;
mod comments;
mod from_server;
mod functions;
mod imports;
mod methods;
mod objects;
mod placement;
mod refusals;
mod resolve;
mod returns;
mod scope;
mod syntax;
mod values;
mod waiting;
mod walk;
mod wording;

use crate::{
    Client, Finding, Form, Generators, Problem, PythonVersion, Report, Source, UnknownImport,
    UnknownName, importable, nearest, scan,
};
use allowed::{Statements, is_allowed};
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{self as ast, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;
use std::ops::Range;
use std::thread;
use walk::Walk;

/// The length of the longest text that is checked, in bytes. It is far longer than any gear, and it limits the memory
/// of a check.
const LONGEST: usize = 512 * 1024;

/// The stack of a check. A chain such as `a.b.c.d` makes a tree as deep as the chain is long, so the stack grows with
/// the text. The operating system provides memory only for the used part.
const STACK_AT_LEAST: usize = 8 * 1024 * 1024;
const STACK_PER_BYTE: usize = 4 * 1024;

pub(crate) fn examine(source: &Source<'_>) -> Report {
    if source.text.len() > LONGEST {
        let problem = Problem::TooLong { limit: LONGEST };
        return Report {
            findings: vec![Finding::new(problem, whole(source))],
            ..scan::examine(source)
        };
    }
    let stack = STACK_AT_LEAST + STACK_PER_BYTE * source.text.len();
    let report = thread::scope(|scope| {
        let checker = thread::Builder::new().stack_size(stack);
        checker
            .spawn_scoped(scope, || check(source))
            .ok()?
            .join()
            .ok()
    });
    report.unwrap_or_else(|| Report {
        findings: vec![Finding::new(Problem::NotChecked, whole(source))],
        ..scan::examine(source)
    })
}

fn check(source: &Source<'_>) -> Report {
    let first = check_as(source, false);
    // A body with `await` becomes an `async def`, where other statements are allowed.
    if source.form == Form::Body && first.coroutine {
        check_as(source, true)
    } else {
        first
    }
}

/// The text with its header and footer, as the parser reads it.
struct Glued<'a> {
    source: &'a Source<'a>,
    text: String,
    header: usize,
}

impl<'a> Glued<'a> {
    fn new(source: &'a Source<'a>, coroutine: bool) -> Self {
        let header = source.header(coroutine);
        Glued {
            source,
            text: format!("{header}{}{}", source.text, source.footer()),
            header: header.len(),
        }
    }

    /// Converts a range of the glued text to a range of the gear's text.
    fn own(&self, range: impl Into<Range<usize>>) -> Range<usize> {
        let range = range.into();
        let text = self.source.text;
        let place = |at: usize| {
            let mut at = at.saturating_sub(self.header).min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        place(range.start)..place(range.end)
    }

    fn finding(&self, problem: Problem, range: impl Into<Range<usize>>) -> Finding {
        Finding::new(problem, self.own(range))
    }
}

fn check_as(source: &Source<'_>, coroutine: bool) -> Report {
    let glued = Glued::new(source, coroutine);
    let target = ruff_version(source.python);
    let options = ParseOptions::from(Mode::Module).with_target_version(target);
    let parsed = parse_unchecked(&glued.text, options);
    // Only the first error: the parser continues after it, and most of the later errors are consequences.
    if let Some(error) = parsed.errors().first() {
        return Report {
            findings: vec![syntax::finding(&glued, error, parsed.tokens())],
            ..scan::examine(source)
        };
    }
    let newer: Vec<Finding> = parsed
        .unsupported_syntax_errors()
        .iter()
        .map(|error| glued.finding(wording::version(error, source.python), error.range))
        .collect();
    let Some(module) = parsed.try_into_module() else {
        return Report::default();
    };
    let suite = module.suite();
    let gear = match gear_function(&glued, suite) {
        Ok(gear) => gear,
        Err(finding) => {
            return Report {
                findings: vec![finding],
                ..scan::examine(source)
            };
        }
    };

    let client = match source.requirements {
        Some(all) if importable(all.iter().copied()).has("redis") => Client::RedisPy,
        Some(_) => Client::Own,
        None => Client::Both,
    };
    let mut walk = Walk::new(&glued.text, target, gear, client);
    walk.module(suite);
    let names = resolve::resolve(&walk, source);

    let mut findings = newer;
    findings.extend(
        walk.findings(source.python)
            .map(|(problem, at)| glued.finding(problem, at)),
    );
    findings.extend(
        names
            .problems
            .into_iter()
            .map(|(problem, at)| glued.finding(problem, at)),
    );
    findings.extend(gear.and_then(|gear| other_parameters(&glued, gear)));
    findings.extend(generator(&glued, &walk));
    if let (Some(gear), Some(result)) = (gear, source.result)
        && let Some(range) = returns::without_value(gear)
    {
        let result = result.to_owned();
        findings.push(glued.finding(Problem::NoReturn { result }, range));
    }
    findings.extend(misspelt_comments(&glued, module.tokens()));
    findings
        .extend(imports::relative(&walk, source).map(|(problem, at)| glued.finding(problem, at)));
    let not_in_module = from_server::unknown(&walk, source).into_iter();
    findings.extend(not_in_module.map(|(problem, at)| glued.finding(problem, at)));
    let mut unknown_imports: Vec<UnknownImport> = Vec::new();
    for import in imports::unknown(&walk, source) {
        let unknown = UnknownImport::new(&import.module, glued.own(import.range), import.hint);
        if source.requirements.is_some() {
            findings.push(unknown.finding());
        } else {
            unknown_imports.push(unknown);
        }
    }
    let statements = Statements::new(&glued, module.tokens());
    findings.retain(|one| !is_allowed(source, &statements, &one.range, one.problem.code()));
    unknown_imports.dedup();
    unknown_imports.retain(|one| !is_allowed(source, &statements, &one.range, "unknown-import"));
    findings.sort_by_key(|finding| (finding.range.start, finding.range.end));
    findings.dedup();
    let coroutine = if source.form == Form::Body {
        walk.gear_awaits
    } else {
        gear.is_some_and(|gear| gear.is_async)
    };
    let unknown_names = names
        .unknown_names
        .into_iter()
        .map(|(name, at, hint)| UnknownName::new(name, glued.own(at), hint))
        .collect();
    Report {
        findings,
        names: names.free,
        coroutine,
        defines: definitions(&walk, gear, source.form),
        locals: locals(&walk, source.form),
        unknown_names,
        unknown_imports,
        refusals: names.refusals.into_iter().map(|at| glued.own(at)).collect(),
        arity: callback::arity(source, suite),
    }
}

/// The comments that allow nothing because of a typing error.
fn misspelt_comments(glued: &Glued<'_>, tokens: &Tokens) -> Vec<Finding> {
    let comments = tokens
        .iter()
        .filter(|token| token.kind() == TokenKind::Comment);
    let mistakes = comments.flat_map(|token| {
        let at: Range<usize> = token.range().into();
        let found = comments::mistakes(&glued.text[at.clone()]);
        found
            .into_iter()
            .map(move |(problem, place)| (problem, at.start + place.start..at.start + place.end))
    });
    mistakes
        .map(|(problem, at)| glued.finding(problem, at))
        .collect()
}

/// The names that other Python of the gear can use.
fn definitions(walk: &Walk<'_>, gear: Option<&ast::StmtFunctionDef>, form: Form) -> Vec<String> {
    let own = |name: &str| form == Form::Body && gear.is_some_and(|gear| gear.name == *name);
    let mut names: Vec<String> = walk
        .scopes
        .of_module()
        .filter(|name| !own(name))
        .map(str::to_owned)
        .collect();
    if walk.defines_any_name() {
        names.push("*".to_owned());
    }
    names.sort_unstable();
    names
}

/// The local variables of a body.
fn locals(walk: &Walk<'_>, form: Form) -> Vec<String> {
    let scope = match walk.gear_scope {
        Some(scope) if form == Form::Body => scope,
        _ => return Vec::new(),
    };
    let mut names: Vec<String> = walk.scopes.locals(scope).map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// The problem of a gear with `yield`.
fn generator(glued: &Glued<'_>, walk: &Walk<'_>) -> Option<Finding> {
    let range = walk.gear_yields?;
    let problem = match (glued.source.form, glued.source.generators) {
        (Form::Shared | Form::Callback | Form::Script, _) => return None,
        _ if walk.gear_awaits => Problem::AsyncGenerator,
        (_, Generators::Listed) => return None,
        (_, Generators::OneValue) => Problem::Yields,
        (_, Generators::NoResult) => Problem::YieldsWithoutResult,
    };
    Some(glued.finding(problem, range))
}

fn ruff_version(version: PythonVersion) -> ast::PythonVersion {
    ast::PythonVersion {
        major: version.major(),
        minor: version.minor(),
    }
}

fn has_code(text: &str) -> bool {
    text.lines().any(|line| {
        let code = line.trim_start();
        !code.is_empty() && !code.starts_with('#')
    })
}

/// The range of the whole text.
fn whole(source: &Source<'_>) -> Range<usize> {
    0..source.text.len()
}

/// Finds the function of the gear. Shared modules and most callbacks have none.
fn gear_function<'a>(
    glued: &Glued<'_>,
    suite: &'a [Stmt],
) -> Result<Option<&'a ast::StmtFunctionDef>, Finding> {
    let source = glued.source;
    match source.form {
        Form::Body => match suite {
            [Stmt::FunctionDef(function)] => Ok(Some(function)),
            [_, outside, ..] => Err(glued.finding(Problem::OutsideFunction, outside.range())),
            _ => Err(Finding::new(Problem::NotChecked, whole(source))),
        },
        Form::Shared | Form::Script => Ok(None),
        Form::Callback => callback::function(glued, suite),
        Form::Module => {
            let functions = || {
                suite.iter().filter_map(|statement| match statement {
                    Stmt::FunctionDef(function) => Some(function),
                    _ => None,
                })
            };
            functions()
                .rfind(|function| function.name.as_str() == source.name)
                .map(Some)
                .ok_or_else(|| {
                    let defined: Vec<&str> = functions().map(|f| f.name.as_str()).collect();
                    let similar = match defined[..] {
                        [only] => Some(only),
                        _ => nearest(source.name, defined),
                    };
                    let problem = Problem::NoSuchFunction {
                        name: source.name.to_owned(),
                        similar: similar.map(str::to_owned),
                    };
                    let similar = functions().find(|f| Some(f.name.as_str()) == similar);
                    let range =
                        similar.map_or(whole(source), |function| glued.own(function.name.range));
                    Finding::new(problem, range)
                })
        }
    }
}

/// The problem of a module whose function does not have the parameters of the Rust function.
fn other_parameters(glued: &Glued<'_>, gear: &ast::StmtFunctionDef) -> Option<Finding> {
    let source = glued.source;
    if source.form != Form::Module {
        return None;
    }
    let found: Vec<&str> = gear.parameters.iter().map(|p| p.name().as_str()).collect();
    if found == source.parameters {
        return None;
    }
    let problem = Problem::OtherParameters {
        name: source.name.to_owned(),
        expected: source.parameters.join(", "),
    };
    Some(glued.finding(problem, gear.parameters.range))
}

#[cfg(test)]
mod tests;
