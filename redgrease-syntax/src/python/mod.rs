//! The real parser, and everything that depends on its types.
//!
//! ruff's crates have no stable interface. They are named in this folder only:
//!
//! | module | what it does |
//! |---|---|
//! | `wording` | says in our words what the parser and its checkers report |
//! | `scope` | scopes and the names they bind |
//! | `walk` | visits the syntax tree once: fills the scopes, notes what else is worth knowing |
//! | `bind` | its part about definitions, comprehensions and imports |
//! | `waiting` | calls of commands that wait, which nothing inside of a gear can do |
//! | `placement` | answers ruff's questions about the place (`return` outside of a function, ..) |
//! | `callback` | functions for steps: what they are, how many arguments they take |
//! | `resolve` | matches names with what binds them: undefined names, free names |

mod bind;
mod callback;
mod placement;
mod resolve;
mod scope;
mod waiting;
mod walk;
mod wording;

use crate::{
    Elsewhere, Finding, Form, Generators, Problem, PythonVersion, Report, Source, nearest, scan,
};
use ruff_python_ast::{self as ast, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;
use std::ops::Range;
use std::thread;
use walk::Walk;

/// Longer texts are refused: far beyond any gear, and it bounds the memory of a check.
const LONGEST: usize = 512 * 1024;

/// A chain such as `a.b.c.d` makes a tree as deep as the chain is long, and a walk over it needs
/// stack in proportion. Only what is used of it is ever backed by memory.
const STACK_AT_LEAST: usize = 8 * 1024 * 1024;
const STACK_PER_BYTE: usize = 4 * 1024;

pub(crate) fn examine(source: &Source<'_>) -> Report {
    if source.text.len() > LONGEST {
        let problem = Problem::TooLong {
            bytes: source.text.len(),
            limit: LONGEST,
        };
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
    // A body says by its `await` that it wants to be `async def`, which changes what is allowed.
    if source.form == Form::Body && first.coroutine {
        check_as(source, true)
    } else {
        first
    }
}

/// The text as the parser sees it, and the way back.
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

    /// A range of the glued text as one of the gear's own text.
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
    // Only the first: the parser recovers, and what it reports after that is mostly noise.
    if let Some(error) = parsed.errors().first() {
        let problem = body_problem(source)
            .or_else(|| callback::problem(source))
            .unwrap_or_else(|| wording::syntax(error, &glued.text, glued.header));
        let range = match problem {
            Problem::Empty | Problem::NotACallback | Problem::Decorated => whole(source),
            Problem::NotIndented => first_line(source.text),
            _ => glued.own(error.location),
        };
        return Report {
            findings: vec![Finding::new(problem, range)],
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

    let mut walk = Walk::new(&glued.text, target, gear);
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
    findings.sort_by_key(|finding| (finding.range.start, finding.range.end));
    findings.dedup();
    let coroutine = if source.form == Form::Body {
        walk.gear_awaits
    } else {
        gear.is_some_and(|gear| gear.is_async)
    };
    let elsewhere = names
        .elsewhere
        .into_iter()
        .map(|(name, at, hint)| Elsewhere::new(name, glued.own(at), hint))
        .collect();
    Report {
        findings,
        names: names.free,
        coroutine,
        defines: definitions(&walk, gear, source.form),
        elsewhere,
        arity: callback::arity(source, suite),
    }
}

/// The names other Python of the gear can use.
fn definitions(walk: &Walk<'_>, gear: Option<&ast::StmtFunctionDef>, form: Form) -> Vec<String> {
    let own = |name: &str| form == Form::Body && gear.is_some_and(|gear| gear.name == *name);
    let mut names: Vec<String> = walk
        .scopes
        .of_module()
        .filter(|name| !own(name))
        .map(str::to_owned)
        .collect();
    if walk.star_import {
        names.push("*".to_owned());
    }
    names.sort_unstable();
    names
}

/// What is wrong about a gear with `yield`.
fn generator(glued: &Glued<'_>, walk: &Walk<'_>) -> Option<Finding> {
    let range = walk.gear_yields?;
    let problem = match (glued.source.form, glued.source.generators) {
        (Form::Shared | Form::Callback, _) => return None,
        _ if walk.gear_awaits => Problem::AsyncGenerator,
        (_, Generators::Listed) => return None,
        (_, Generators::OneValue) => Problem::Yields,
        (_, Generators::Nobody) => Problem::YieldsToNobody,
    };
    Some(glued.finding(problem, range))
}

fn ruff_version(version: PythonVersion) -> ast::PythonVersion {
    ast::PythonVersion {
        major: version.major(),
        minor: version.minor(),
    }
}

/// What the parser calls a missing block may be a whole body that is missing or not indented.
fn body_problem(source: &Source<'_>) -> Option<Problem> {
    match source.form {
        Form::Body => {}
        Form::Shared | Form::Callback if has_code(source.text) => return None,
        Form::Shared | Form::Callback => return Some(Problem::Empty),
        Form::Module => return None,
    }
    let mut lines = source.text.lines();
    // Code behind the opening brace is on the line of the header, and may begin anywhere.
    let opening = lines.next().unwrap_or("").trim_start();
    if !opening.is_empty() && !opening.starts_with('#') {
        return None;
    }
    let first = lines.find(|line| {
        let code = line.trim_start();
        !code.is_empty() && !code.starts_with('#')
    });
    match first {
        None => Some(Problem::Empty),
        Some(line) if !line.starts_with([' ', '\t']) => Some(Problem::NotIndented),
        Some(_) => None,
    }
}

fn has_code(text: &str) -> bool {
    text.lines().any(|line| {
        let code = line.trim_start();
        !code.is_empty() && !code.starts_with('#')
    })
}

/// For what is wrong about the text as a whole.
fn whole(source: &Source<'_>) -> Range<usize> {
    0..source.text.len()
}

/// Where the first line of code is.
fn first_line(text: &str) -> Range<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim();
        if !code.is_empty() && !code.starts_with('#') {
            let start = at + (line.len() - line.trim_start().len());
            return start..start + code.len();
        }
        at += line.len();
    }
    0..0
}

/// Finds the gear's own function, if it has one.
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
        Form::Shared => Ok(None),
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

/// A module's function must take what the Rust function sends.
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
