//! Creates the virtual environment with Python's own module `venv`, which also puts pip into it.

use std::ffi::OsString;
use std::path::Path;

use super::attempts::Work;
use super::environment::run_error;
use super::error::{InstallError, InstallErrorKind};
use super::obstacle::obstacle;
use super::pip::relevant_lines;

/// Creates the environment.
pub(super) fn create(work: Work<'_>) -> Result<(), InstallError> {
    let venv = work.environment.venv();
    let mut args: Vec<OsString> = ["-I", "-m", "venv", "--clear"].map(OsString::from).into();
    args.push(venv.into());
    run(work, work.environment.base(), &args)
}

/// Adds pip to an environment that has none, because uv has created it.
pub(super) fn add_pip(work: Work<'_>) -> Result<(), InstallError> {
    if work.environment.site_packages().join("pip").is_dir() {
        return Ok(());
    }
    let args: [OsString; 4] = ["-I", "-m", "ensurepip", "--default-pip"].map(OsString::from);
    run(work, &work.environment.interpreter(), &args)
}

fn run(work: Work<'_>, program: &Path, args: &[OsString]) -> Result<(), InstallError> {
    let outcome = work
        .runner
        .run(program, args, &[])
        .map_err(|error| run_error(program, &error))?;
    if outcome.success {
        return Ok(());
    }
    let mut lines =
        vec![obstacle(&outcome, work.environment.directory()).unwrap_or_else(|| missing(work))];
    lines.extend(relevant_lines(&outcome.lines));
    Err(InstallError::new(InstallErrorKind::Environment, lines))
}

/// The sentence for a Python without its modules `venv` and `ensurepip`.
fn missing(work: Work<'_>) -> String {
    let (major, minor) = work.environment.version();
    format!(
        "could not create the virtual environment {}: install the venv module of {} (on Debian and Ubuntu the package \
         python{major}.{minor}-venv), or uv",
        work.environment.venv().display(),
        work.environment.base().display(),
    )
}
