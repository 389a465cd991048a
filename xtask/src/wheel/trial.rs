//! Installs a wheel into a new venv of each Python on this machine, and runs a gear with a requirement there.

use crate::say::{note, say};
use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// A minor version of Python 3, with its program or the reason why it cannot be used.
pub(super) type Candidate = (u32, Result<PathBuf, String>);

/// Tries the wheel with each Python, prints a table, and runs the package's own tests with the last one.
pub(super) fn run(wheel: &Path, candidates: Vec<Candidate>) -> Outcome {
    let mut rows = Vec::new();
    let mut failed = false;
    let mut tried = None;
    for (minor, python) in candidates {
        note!("\n==> the wheel in a venv of Python 3.{minor}");
        let begin = Instant::now();
        let said = match python {
            Err(reason) => format!("skipped: {reason}"),
            Ok(python) => match in_venv(wheel, minor, &python) {
                Ok((venv, said)) => {
                    tried = Some(venv);
                    said
                }
                Err(reason) => {
                    failed = true;
                    format!("FAILED: {reason}")
                }
            },
        };
        let seconds = begin.elapsed().as_secs_f64();
        rows.push(format!("  3.{minor:<3}{seconds:>6.1} s  {said}"));
    }
    let own_tests = match &tried {
        Some(venv) => own_tests(venv, wheel),
        None => Err(Failed::new(
            "the wheel was tried with no Python: the table tells why each of them was skipped",
        )),
    };
    say!("\n{}", wheel.display());
    for row in &rows {
        say!("{row}");
    }
    if failed {
        return Err(Failed::new(
            "the wheel failed with a version of Python: see the table above",
        ));
    }
    own_tests
}

/// Returns the venv, and what the trial says about a gear that ran.
fn in_venv(wheel: &Path, minor: u32, python: &Path) -> Outcome<(PathBuf, String)> {
    let venv = super::folder()?.join(format!("venv-3.{minor}"));
    let mut make = Command::new(python);
    make.args(["-m", "venv", "--clear"]).arg(&venv);
    steps::step("creating the venv", &mut make)?;
    let mut install = pip_install(&venv);
    install.args(["--no-index", "--no-deps"]).arg(wheel);
    steps::step("installing the wheel", &mut install)?;
    let packages = workspace::target()?.join("redgrease").join("python");
    let mut trial = Command::new(venv.join("bin/python"));
    trial
        .arg(super::sources().join("tests").join("trial.py"))
        .arg(packages)
        .stderr(Stdio::inherit());
    let said = steps::output(&mut trial)
        .ok_or_else(|| Failed::new("no gear ran: the lines above tell the reason"))?;
    Ok((venv, said))
}

/// Runs the tests of the Python package, which use its fixtures, with pytest.
fn own_tests(venv: &Path, wheel: &Path) -> Outcome {
    let mut install = pip_install(venv);
    install.args(["pytest", "redis"]);
    steps::step("installing pytest", &mut install)?;
    let mut pytest = Command::new(venv.join("bin/python"));
    pytest
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(super::sources().join("tests"))
        .env("REDGREASE_WHEEL", wheel)
        .current_dir(super::folder()?);
    steps::step("tests of the Python package", &mut pytest)
}

fn pip_install(venv: &Path) -> Command {
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    pip
}
