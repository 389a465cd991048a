//! Runs pip, and repeats a command whose download was interrupted.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::child::Runner;
use super::environment::{Environment, file_error, run_error};
use super::error::{InstallError, InstallErrorKind};
use super::level::Level;
use super::name::{normalize, project};
use super::obstacle::obstacle;
use super::output::{Cause, cause, relevant_lines};
use super::site::Site;

/// Number of attempts when a download is interrupted.
const TRIES: u32 = 3;
/// Pause after the first attempt. It grows by this time with each attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// The published `redgrease` package uses parts of redis-py that version 4 removed, but does not
/// declare that, so pip would install the newest redis-py.
const REDGREASE_CONSTRAINT: &str = "redis<4\n";

/// Python program that fails if a file is not a zip archive or has a wrong checksum.
const CHECK: &str = "\
import sys, zipfile
for file in sys.argv[1:]:
    if zipfile.ZipFile(file).testzip():
        sys.exit('%s is damaged' % file)
";

/// The sources that an installation may take packages from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sources {
    /// Only the given folders.
    Folders,
    /// The given folders and the indexes that pip is configured for.
    FoldersAndIndex,
}

/// The pip of one environment.
pub(super) struct Pip<'a> {
    pub(super) environment: &'a Environment,
    pub(super) runner: &'a Runner<'a>,
    /// Arguments for every command, from the setting `PipArguments`.
    pub(super) extra: &'a [String],
}

impl Pip<'_> {
    /// Puts the wheels of a requirement and of its dependencies into `folder`. With `fresh`, pip's
    /// cache is not used.
    pub(super) fn wheel(
        &self,
        requirement: &str,
        folder: &Path,
        fresh: bool,
    ) -> Result<(), InstallError> {
        let mut args = vec![OsString::from("-w"), folder.into()];
        // Builds without PEP 517 need a package that a new environment does not contain.
        args.push("--use-pep517".into());
        if fresh {
            args.push("--no-cache-dir".into());
        }
        self.run("wheel", args, &[requirement.to_owned()])
    }

    /// Installs requirements with one command, so that pip detects conflicts between them.
    pub(super) fn install(
        &self,
        requirements: &[String],
        folders: &[PathBuf],
        sources: Sources,
        force: bool,
    ) -> Result<(), InstallError> {
        let mut args = Vec::new();
        if sources == Sources::Folders {
            args.push(OsString::from("--no-index"));
        }
        for folder in folders {
            args.extend([OsString::from("--find-links"), folder.into()]);
        }
        if force {
            args.push("--force-reinstall".into());
        }
        self.run("install", args, requirements)
    }

    /// Fails if a wheel is not a zip archive or has a wrong checksum.
    pub(super) fn check_wheels(
        &self,
        wheels: impl Iterator<Item = PathBuf>,
    ) -> Result<(), InstallError> {
        let interpreter = self.environment.interpreter();
        let mut args: Vec<OsString> = ["-I", "-c", CHECK].map(OsString::from).into();
        args.extend(wheels.map(OsString::from));
        let outcome = self
            .runner
            .run(&interpreter, &args)
            .map_err(|error| run_error(&interpreter, &error))?;
        if outcome.success {
            Ok(())
        } else {
            let line = "a wheel is damaged: export the requirement again";
            Err(InstallError::line(InstallErrorKind::Pip, line))
        }
    }

    fn run(
        &self,
        command: &str,
        options: Vec<OsString>,
        requirements: &[String],
    ) -> Result<(), InstallError> {
        let fixed = [
            "-I",
            "-u",
            "-X",
            "utf8",
            "-m",
            "pip",
            command,
            "--no-input",
            "--no-color",
            "--disable-pip-version-check",
            "--progress-bar=off",
        ];
        let mut args: Vec<OsString> = fixed.map(OsString::from).into();
        args.extend(options);
        args.extend(self.constraint(requirements)?);
        args.extend(self.extra.iter().map(OsString::from));
        args.push("--".into());
        args.extend(requirements.iter().map(OsString::from));
        self.repeat(&args)
    }

    /// Runs pip, again if a download was interrupted. A failed connection is not repeated, because
    /// pip itself has tried it several times.
    fn repeat(&self, args: &[OsString]) -> Result<(), InstallError> {
        let interpreter = self.environment.interpreter();
        let mut tried = 0;
        loop {
            tried += 1;
            let outcome = self
                .runner
                .run(&interpreter, args)
                .map_err(|error| run_error(&interpreter, &error))?;
            if outcome.success {
                return Ok(());
            }
            let obstacle = obstacle(&outcome, self.environment.directory());
            let cause = cause(&outcome.lines);
            if obstacle.is_none() && cause == Cause::Interrupted && tried < TRIES {
                let again = format!(
                    "requirements: a download was interrupted, attempt {} of {TRIES}",
                    tried + 1
                );
                (self.runner.log)(Level::Warning, &again);
                thread::sleep(PAUSE * tried);
                continue;
            }
            let kind = match cause {
                _ if obstacle.is_some() => InstallErrorKind::Environment,
                Cause::Final => InstallErrorKind::Pip,
                Cause::Interrupted | Cause::Unreachable => InstallErrorKind::Network,
            };
            let mut lines = Vec::from_iter(obstacle);
            lines.extend(relevant_lines(&outcome.lines));
            if lines.is_empty() {
                lines.push("pip failed without an error message: see the server's log".to_owned());
            }
            return Err(InstallError::new(kind, lines));
        }
    }

    /// The arguments that limit the version of redis-py, if `redgrease` needs them.
    fn constraint(&self, requirements: &[String]) -> Result<Vec<OsString>, InstallError> {
        if !self.needs_redgrease_constraint(requirements) {
            return Ok(Vec::new());
        }
        let path = self.environment.constraints();
        fs::write(&path, REDGREASE_CONSTRAINT)
            .map_err(|error| file_error("write", &path, &error))?;
        Ok(vec!["-c".into(), path.into()])
    }

    /// Whether redis-py must fit the published `redgrease` package: if `redgrease` is required, or
    /// if it is installed and `redis` is required in any version. A requirement that names a
    /// version of `redis` takes precedence over an installed `redgrease`.
    fn needs_redgrease_constraint(&self, requirements: &[String]) -> bool {
        let is_redgrease = |text: &String| project(text).as_deref() == Some("redgrease");
        let is_any_redis = |text: &String| normalize(text.trim()) == "redis";
        requirements.iter().any(is_redgrease)
            || requirements.iter().any(is_any_redis)
                && Site::read(&self.environment.site_packages())
                    .version("redgrease")
                    .is_some()
    }
}
