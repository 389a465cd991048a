//! The installer pip, in the virtual environment that it installs into.

pub(super) mod configuration;
pub(super) mod options;
mod output;

pub(super) use output::relevant_lines;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::requirements::attempts::{Command, Output, Work};
use crate::requirements::error::InstallError;
use crate::requirements::installer::{Installer, Sources};
use crate::requirements::python_venv;
use crate::requirements::redis_limit::redis_limit;

const OUTPUT: Output = Output {
    of: "pip",
    cause: output::cause,
    relevant_lines: output::relevant_lines,
};

/// The pip of one environment.
pub(super) struct Pip<'a> {
    pub(super) work: Work<'a>,
    /// Arguments for every command, from the setting `PipArguments`.
    pub(super) extra: &'a [String],
}

impl Installer for Pip<'_> {
    fn create_environment(&self) -> Result<(), InstallError> {
        python_venv::create(self.work)
    }

    fn adopt_environment(&self) -> Result<(), InstallError> {
        python_venv::add_pip(self.work)
    }

    fn wheel(&self, requirement: &str, folder: &Path, fresh: bool) -> Result<(), InstallError> {
        let mut args = vec![OsString::from("-w"), folder.into()];
        // Builds without PEP 517 need a package that a new environment does not contain.
        args.push("--use-pep517".into());
        if fresh {
            args.push("--no-cache-dir".into());
        }
        self.run("wheel", args, &[requirement.to_owned()])
    }

    fn install(
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
}

impl Pip<'_> {
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
        if let Some(file) = redis_limit(self.work.environment, requirements)? {
            args.extend(["-c".into(), file.into()]);
        }
        args.extend(self.extra.iter().map(OsString::from));
        args.push("--".into());
        args.extend(requirements.iter().map(OsString::from));
        let command = Command {
            program: self.work.environment.interpreter(),
            args,
            variables: Vec::new(),
        };
        self.work.run(&command, &OUTPUT)
    }
}
