//! The two pip commands, and when they are tried again.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::child::Runner;
use super::environment::{Environment, trouble};
use super::error::{InstallError, InstallErrorKind};
use super::level::Level;
use super::name::{normalize, project};
use super::output::{Cause, cause, telling};
use super::site::Site;

/// How often an interrupted transfer is tried, and the pause that grows with each try.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// The published `redgrease` package calls parts of redis-py that version 4 removed, yet it does
/// not say so to pip, which would take the newest.
const REDGREASE_CONSTRAINT: &str = "redis<4\n";

/// Ends with an error if a file is no zip archive, or one with a wrong checksum.
const CHECK: &str = "\
import sys, zipfile
for file in sys.argv[1:]:
    if zipfile.ZipFile(file).testzip():
        sys.exit('%s is damaged' % file)
";

/// Where an installation may take packages from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sources {
    /// The given folders alone.
    Folders,
    /// The folders and whatever pip is configured for.
    FoldersAndIndex,
}

/// pip of one environment.
pub(super) struct Pip<'a> {
    pub(super) environment: &'a Environment,
    pub(super) runner: &'a Runner<'a>,
    /// The arguments that the server's operator adds to every command.
    pub(super) extra: &'a [String],
}

impl Pip<'_> {
    /// Puts the wheels of a requirement, and of what it needs, into `folder`.
    pub(super) fn wheel(
        &self,
        requirement: &str,
        folder: &Path,
        fresh: bool,
    ) -> Result<(), InstallError> {
        let mut args = vec![OsString::from("-w"), folder.into()];
        // The older way to build needs a package that a new environment does not have.
        args.push("--use-pep517".into());
        if fresh {
            args.push("--no-cache-dir".into());
        }
        self.run("wheel", args, &[requirement.to_owned()])
    }

    /// Installs requirements together, so that pip sees their conflicts.
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

    /// Refuses archives whose checksums are wrong.
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
            .map_err(|error| trouble("run", &interpreter, &error))?;
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

    /// Runs pip, again where a transfer was interrupted. A connection that cannot be made is not
    /// tried again, because pip itself has tried it several times by then.
    fn repeat(&self, args: &[OsString]) -> Result<(), InstallError> {
        let interpreter = self.environment.interpreter();
        let mut tried = 0;
        loop {
            tried += 1;
            let outcome = self
                .runner
                .run(&interpreter, args)
                .map_err(|error| trouble("run", &interpreter, &error))?;
            if outcome.success {
                return Ok(());
            }
            let cause = cause(&outcome.lines);
            if cause == Cause::Interrupted && tried < TRIES {
                let again = format!(
                    "requirements: a transfer broke, try {} of {TRIES}",
                    tried + 1
                );
                (self.runner.log)(Level::Warning, &again);
                thread::sleep(PAUSE * tried);
                continue;
            }
            let kind = match cause {
                Cause::Final => InstallErrorKind::Pip,
                Cause::Interrupted | Cause::Unreachable => InstallErrorKind::Network,
            };
            let mut lines = telling(&outcome.lines);
            if lines.is_empty() {
                lines.push("pip ended without a word: look at the server's log".to_owned());
            }
            return Err(InstallError::new(kind, lines));
        }
    }

    fn constraint(&self, requirements: &[String]) -> Result<Vec<OsString>, InstallError> {
        if !self.has_to_suit_redgrease(requirements) {
            return Ok(Vec::new());
        }
        let path = self.environment.constraints();
        fs::write(&path, REDGREASE_CONSTRAINT).map_err(|error| trouble("write", &path, &error))?;
        Ok(vec!["-c".into(), path.into()])
    }

    /// Whoever asks for `redis` in any version must not break a `redgrease` that is there already.
    /// Whoever names a version decides.
    fn has_to_suit_redgrease(&self, requirements: &[String]) -> bool {
        let is_redgrease = |text: &String| project(text).as_deref() == Some("redgrease");
        let is_any_redis = |text: &String| normalize(text.trim()) == "redis";
        requirements.iter().any(is_redgrease)
            || requirements.iter().any(is_any_redis)
                && Site::read(&self.environment.site_packages())
                    .version("redgrease")
                    .is_some()
    }
}
