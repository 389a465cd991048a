//! The installer uv, a program outside of the virtual environment that it installs into.
//!
//! uv makes no wheels. The engine needs them: it installs them again without network, and gives them to other servers. So uv
//! installs a requirement into an environment of its own, which also finds conflicts before anything is changed, and
//! `repack.py` packs that environment into wheels. pip would make the same wheels from what uv has resolved, but it needs an
//! environment with pip for that, and that takes most of the time that uv saves.

mod cache;
mod options;
mod output;
mod program;

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::requirements::attempts::{Command, Output, Work};
use crate::requirements::environment::file_error;
use crate::requirements::error::{InstallError, InstallErrorKind};
use crate::requirements::installer::{Installer, Sources};
use crate::requirements::pip::options::PipOptions;
use crate::requirements::redis_limit::redis_limit;
use options::{Translated, translate};

const OUTPUT: Output = Output {
    of: "uv",
    cause: output::cause,
    relevant_lines: output::relevant_lines,
};

/// Python program that packs an environment into wheels.
const REPACK: &str = include_str!("repack.py");

/// What every command of uv gets: no configuration but that of pip, no other Python, plain output.
const FIXED: [(&str, &str); 4] = [
    ("UV_NO_CONFIG", "1"),
    ("UV_NO_PROGRESS", "1"),
    ("UV_PYTHON_DOWNLOADS", "never"),
    ("NO_COLOR", "1"),
];

/// Time in which uv tells its version.
const ANSWER: Duration = Duration::from_secs(10);

/// Folder for an environment that is packed into wheels. The folders have an extension: the wheelhouse sweeps such folders.
const UNPACKED: &str = "unpacked.new";
/// Folder for the cache of one installation.
const CACHE: &str = "cache.new";

/// The uv that works on one environment.
pub(super) struct Uv<'a> {
    work: Work<'a>,
    program: PathBuf,
    /// The options of pip for `pip wheel`.
    wheel: Translated,
    /// The options of pip for `pip install`.
    install: Translated,
}

/// Why uv cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
    Missing,
    /// uv does not run, or is older than the versions that the engine knows.
    Unknown {
        program: PathBuf,
        answer: String,
    },
    /// uv does not end.
    Hangs(PathBuf),
    /// pip's configuration asks for something that uv does not have.
    Lacks(String),
}

impl Unusable {
    /// Whether the log should tell of it. A machine without uv is an ordinary one.
    pub(super) fn is_worth_a_line(&self) -> bool {
        !matches!(self, Self::Missing)
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str(
                "uv is not there: install it (`pip install uv`) beside the server's Python, on PATH or in ~/.local/bin, or set \
                 Installer to pip",
            ),
            Self::Unknown { program, answer } => {
                let (program, answer) = (program.display(), answer.as_str());
                write!(
                    f,
                    "{program} answers `{answer}`: install uv 0.5 or newer, or set Installer to pip"
                )
            }
            Self::Hangs(program) => write!(
                f,
                "{} has not told its version within {} s: install uv again, or set Installer to pip",
                program.display(),
                ANSWER.as_secs()
            ),
            Self::Lacks(option) => write!(
                f,
                "uv has nothing for pip's option {option}: remove it from PipArguments (which are split at blanks, and know no \
                 quotes) and from pip's configuration, or set Installer to pip"
            ),
        }
    }
}

impl<'a> Uv<'a> {
    /// Looks for uv, and for everything that pip's configuration asks for.
    pub(super) fn find(work: Work<'a>, pip_arguments: &[String]) -> Result<Self, Unusable> {
        let program = program::find(work.environment.base()).ok_or(Unusable::Missing)?;
        let venv = work.environment.venv();
        let options_of = |command: &str| {
            translate(&PipOptions::read(command, &venv, pip_arguments)).map_err(Unusable::Lacks)
        };
        let (wheel, install) = (options_of("wheel")?, options_of("install")?);
        let version = ["--version".into()];
        let asked = work
            .runner
            .run_within(Some(ANSWER), &program, &version, &[]);
        let answer = match asked {
            Ok(outcome) if outcome.is_too_slow => return Err(Unusable::Hangs(program)),
            Ok(outcome) => outcome.lines.last().cloned().unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        if !program::is_known(&answer) {
            return Err(Unusable::Unknown { program, answer });
        }
        Ok(Self {
            work,
            program,
            wheel,
            install,
        })
    }

    /// A command of uv with the variables that each one gets.
    fn command(&self, args: &[&str]) -> Command {
        let plain = ["--color", "never"];
        Command {
            program: self.program.clone(),
            args: plain.iter().chain(args).map(OsString::from).collect(),
            variables: FIXED.map(|(name, value)| (name, value.into())).into(),
        }
    }

    fn create(&self, directory: &Path) -> Result<(), InstallError> {
        // Its hints about activation are of no use here.
        let mut command = self.command(&["venv", "--quiet", "--no-project", "--python"]);
        command.args.push(self.work.environment.base().into());
        command.args.push(directory.into());
        command.variables.extend(self.cache());
        self.work.run(&command, &OUTPUT)?;
        let python = directory.join("bin/python");
        if python.exists() {
            return Ok(());
        }
        let line = format!(
            "{} ended without an error and has not made {}: install uv again, or set Installer to pip",
            self.program.display(),
            python.display()
        );
        Err(InstallError::line(InstallErrorKind::Installer, line))
    }

    fn cache(&self) -> Vec<(&'static str, OsString)> {
        cache::variables(self.work.environment.directory())
    }

    /// `uv pip install` into an environment, without the requirements.
    fn pip_install(&self, interpreter: PathBuf, options: &Translated) -> Command {
        let mut command = self.command(&["pip", "install", "--python"]);
        command.args.push(interpreter.into());
        command.args.extend(options.args.iter().cloned());
        command.variables.extend(options.variables.iter().cloned());
        command
    }

    /// Runs a command for requirements.
    fn run(&self, mut command: Command, requirements: &[String]) -> Result<(), InstallError> {
        if let Some(file) = redis_limit(self.work.environment, requirements)? {
            command.args.extend(["-c".into(), file.into()]);
        }
        command.args.push("--".into());
        command.args.extend(requirements.iter().map(OsString::from));
        self.work.run(&command, &OUTPUT)
    }

    /// A folder for the time of one command. What an interrupted installation has left is removed.
    fn temporary(&self, name: &str) -> Result<PathBuf, InstallError> {
        let folder = self.work.environment.wheels().join(name);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(file_error("remove", &folder, &error))
            }
            _ => Ok(folder),
        }
    }

    /// Packs an environment into wheels.
    fn repack(&self, environment: &Path, folder: &Path) -> Result<(), InstallError> {
        let mut args: Vec<OsString> = ["-I", "-S", "-X", "utf8", "-c", REPACK]
            .map(OsString::from)
            .into();
        args.extend([environment.into(), folder.into()]);
        let command = Command {
            program: self.work.environment.base().to_owned(),
            args,
            variables: Vec::new(),
        };
        self.work.run(&command, &OUTPUT)
    }
}

/// Adds a flag that uv accepts only once.
fn add_flag(command: &mut Command, flag: &str) {
    if command.args.iter().all(|it| it != flag) {
        command.args.push(flag.into());
    }
}

impl Installer for Uv<'_> {
    fn create_environment(&self) -> Result<(), InstallError> {
        self.create(&self.work.environment.venv())
    }

    fn adopt_environment(&self) -> Result<(), InstallError> {
        Ok(())
    }

    fn wheel(&self, requirement: &str, folder: &Path, fresh: bool) -> Result<(), InstallError> {
        let unpacked = self.temporary(UNPACKED)?;
        self.create(&unpacked)?;
        let mut command = self.pip_install(unpacked.join("bin/python"), &self.wheel);
        if fresh {
            add_flag(&mut command, "--no-cache");
        }
        if !self.wheel.find_links.is_empty() {
            let links = self.wheel.find_links.join(",");
            command.variables.push(("UV_FIND_LINKS", links.into()));
        }
        command.variables.extend(self.cache());
        // Wheels contain no bytecode.
        command.variables.push(("UV_COMPILE_BYTECODE", "0".into()));
        let made = self
            .run(command, &[requirement.to_owned()])
            .and_then(|()| self.repack(&unpacked, folder));
        // What cannot be removed is swept later.
        let _ = fs::remove_dir_all(&unpacked);
        made
    }

    /// uv removes the packages that it replaces, and writes the new ones only then. So it unpacks the wheels into a folder on
    /// the same file system first, which fails early when the disk is full, and links the files from there.
    fn install(
        &self,
        requirements: &[String],
        folders: &[PathBuf],
        sources: Sources,
        force: bool,
    ) -> Result<(), InstallError> {
        let cache = self.temporary(CACHE)?;
        let mut command = self.pip_install(self.work.environment.interpreter(), &self.install);
        if sources == Sources::Folders {
            add_flag(&mut command, "--no-index");
        }
        if sources == Sources::FoldersAndIndex && !self.install.find_links.is_empty() {
            let folders = folders.iter().map(|it| it.to_string_lossy());
            let links = self.install.find_links.iter().map(|it| it.as_str().into());
            let all: Vec<Cow<'_, str>> = folders.chain(links).collect();
            command
                .variables
                .push(("UV_FIND_LINKS", all.join(",").into()));
        } else {
            for folder in folders {
                command.args.extend(["--find-links".into(), folder.into()]);
            }
        }
        if force {
            command.args.push("--reinstall".into());
        }
        command
            .variables
            .push(("UV_CACHE_DIR", cache.clone().into()));
        command.variables.push(("UV_LINK_MODE", "hardlink".into()));
        let installed = self.run(command, requirements);
        let _ = fs::remove_dir_all(&cache);
        installed
    }
}
