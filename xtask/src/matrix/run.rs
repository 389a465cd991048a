//! Runs one row of the matrix.

use super::Result;
use super::cells::{Cell, Subject};
use super::counts::Counts;
use crate::say::{note, say};
use crate::setup::Ready;
use crate::setup::python::Python;
use crate::steps::{self, Failed, Outcome};
use crate::{test, workspace};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Tests that use no server.
const WITHOUT_SERVER: [&str; 1] = ["ui"];

/// Tests that fetch large packages, and are ignored otherwise.
const FETCHING: [&str; 2] = ["extension_packages", "published"];

/// Tests that depend strongly on the version of Python.
const WITH_PYTHON: [&str; 9] = [
    "bodies",
    "child_processes",
    "conformance",
    "examples",
    "one_interpreter",
    "rights_of_threads",
    "runaways",
    "stress",
    "values",
];

/// Builds the examples, which tests run. Cargo builds them by itself only without `--test`.
pub(super) fn build_examples() -> Outcome {
    let mut build = steps::cargo();
    build.arg("build").args(test::SELECTION).arg("--examples");
    steps::step("building the examples", &mut build)
}

pub(super) fn cell(cell: &Cell, ready: &Ready) -> Outcome<Result> {
    match &cell.subject {
        Subject::Missing(reason) => Ok(Result::Skipped(reason.clone())),
        Subject::Server(program) => {
            let on_server = |tests: &mut Command| {
                tests.env("REDGREASE_SERVER", program);
                ready.tell(tests);
                count(&cell.name, tests)
            };
            let mut counts = on_server(&mut on_servers()?)?;
            counts.add(on_server(test::on_shards(&mut workspace_tests(
                &test::ON_SHARDS,
            )))?);
            let mut fetching = workspace_tests(&FETCHING);
            counts.add(on_server(fetching.args(["--", "--include-ignored"]))?);
            Ok(Result::Ran(counts))
        }
        Subject::Python(python) => with_python(&cell.name, python).map(Result::Ran),
    }
}

/// The integration tests that run servers: of the facade, `redgrease-embedded` and the tools.
fn on_servers() -> Outcome<Command> {
    let mut names = Vec::new();
    for folder in ["tests", "redgrease-embedded/tests", "tools/tests"] {
        let folder = workspace::root().join(folder);
        let entries = fs::read_dir(&folder).map_err(|e| Failed::file(&folder, "read", &e))?;
        names.extend(entries.flatten().filter_map(|entry| name_of(&entry.path())));
    }
    names.retain(|name| {
        !WITHOUT_SERVER.contains(&name.as_str()) && !FETCHING.contains(&name.as_str())
    });
    names.sort_unstable();
    Ok(workspace_tests(&names))
}

/// The test name of a file, or of a folder with a `main.rs`.
fn name_of(path: &Path) -> Option<String> {
    let is_test = path.extension().is_some_and(|end| end == "rs") || path.join("main.rs").is_file();
    is_test
        .then(|| path.file_stem()?.to_str().map(str::to_owned))
        .flatten()
}

fn workspace_tests(names: &[impl AsRef<str>]) -> Command {
    let mut cargo = steps::cargo();
    cargo
        .args(["test", "--no-fail-fast"])
        .args(test::SELECTION)
        .args(names.iter().flat_map(|name| ["--test", name.as_ref()]));
    cargo
}

/// Builds an engine for a Python, runs its unit tests, and runs the tests that depend on Python through the loader.
fn with_python(name: &str, python: &Python) -> Outcome<Counts> {
    let (major, minor) = python.version;
    let target = workspace::target()?
        .join("matrix")
        .join(format!("py{major}.{minor}"));
    let cargo = |verb: &str| {
        let mut cargo = steps::cargo();
        cargo
            .args([verb, "--release", "-p", "redgrease-engine", "--target-dir"])
            .arg(&target)
            .env("PYO3_PYTHON", &python.program);
        cargo
    };
    steps::step(
        &format!("{name}: building the engine and the loader"),
        cargo("build").args(["-p", "redgrease-loader"]),
    )?;
    let mut counts = count(
        &format!("{name}: unit tests of the engine"),
        cargo("test").arg("--no-fail-fast"),
    )?;
    let mut tests = workspace_tests(&WITH_PYTHON);
    tests
        .env("REDGREASE_ENGINE", workspace::loader_in(&target))
        .env("REDGREASE_PYTHON", &python.program)
        .env("REDGREASE_PYTHON_DIR", target.join("packages"));
    counts.add(count(name, &mut tests)?);
    Ok(counts)
}

/// Runs tests, prints their output and counts the results.
fn count(headline: &str, tests: &mut Command) -> Outcome<Counts> {
    note!("\n==> {headline}");
    let failed = |e: std::io::Error| {
        Failed::new(format!(
            "{headline}: cargo could not be run: {e}; run this command again"
        ))
    };
    // Tests that do not apply to the server add a line to this file: see tests/common/capability.rs.
    let not_applicable = workspace::target()?.join("not-applicable");
    let _ = fs::remove_file(&not_applicable);
    tests.env("REDGREASE_NOT_APPLICABLE", &not_applicable);
    let mut running = tests.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut counts = Counts::default();
    if let Some(output) = running.stdout.take() {
        for line in BufReader::new(output)
            .lines()
            .map_while(std::io::Result::ok)
        {
            say!("{line}");
            counts.read(&line);
        }
    }
    let status = running.wait().map_err(failed)?;
    counts.read_not_applicable(&fs::read_to_string(&not_applicable).unwrap_or_default());
    if !status.success() && counts.failures.is_empty() {
        counts
            .failures
            .push(format!("cargo ended with {status}: see its output above"));
    }
    Ok(counts)
}
