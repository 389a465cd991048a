//! `redgrease run`: runs a script on the server.
//!
//! * `execution`: sends the script, waits, and aborts it after Ctrl-C. `unnamed`: for servers that keep few results. `report`: prints
//!   what came of it.

mod execution;
mod report;
mod unnamed;

use super::script;
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Format, Source};
use redgrease_core::{PyExecuteOptions, Requirements};
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("script").required(true).args(["file", "code"]))]
pub(crate) struct Args {
    /// The script; `-` stands for the standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The code of the script
    #[arg(short, long, value_name = "CODE")]
    code: Option<String>,
    /// A Python package to install first: `requests==2.32.0`; can be given several times
    #[arg(long, value_name = "REQUIREMENT")]
    requirement: Vec<String>,
    /// A file of Python packages to install first; can be given several times
    #[arg(long, value_name = "FILE")]
    requirements_file: Vec<PathBuf>,
    /// Install the packages again if the server has them
    #[arg(long)]
    reinstall_requirements: bool,
    /// Print the id of the execution, and do not wait for its results
    #[arg(long)]
    unblocking: bool,
    /// Id of the session: ASCII letters, digits, `-` and `_`
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Description of the session
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Replace the session with the same id
    #[arg(long, requires = "id")]
    upgrade: bool,
    /// Replace this session
    #[arg(long, value_name = "ID", conflicts_with = "upgrade")]
    replace_with: Option<String>,
    /// How the records are printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let source = args.source(app)?;
    let requirements = args.requirements()?;
    // With an id the script can be aborted before it has an execution.
    let session = args.id.clone().unwrap_or_else(new_id);
    let waiting = execution::Waiting {
        waits: !args.unblocking,
        installs: !requirements.is_empty(),
    };
    let options = args.options(&session, requirements);
    let con = app.connect()?;
    // A script that registers nothing replaces no session.
    let before = if args.upgrade {
        report::registrations(app, &session)
    } else {
        Vec::new()
    };
    let outcome = execution::run(app, con, &source, &session, options, waiting)?;
    report::print(app, args, &source, &session, &before, outcome)
}

impl Args {
    fn source(&self, app: &App) -> Result<Source, Failure> {
        match (&self.code, &self.file) {
            (Some(code), _) => Ok(Source {
                name: "-c".to_owned(),
                text: code.clone(),
            }),
            (None, Some(file)) if file == Path::new("-") => {
                let bytes = script::read_stdin(app, "a script")?;
                let text = String::from_utf8(bytes).map_err(|_| {
                    Failure::failed("the standard input is not text in UTF-8: send UTF-8")
                })?;
                Ok(Source {
                    name: "<stdin>".to_owned(),
                    text,
                })
            }
            (None, Some(file)) => script::read_file(file),
            // The command line has one of them.
            (None, None) => Err(Failure::usage(
                "there is no script: name a file, or give its code with -c",
            )),
        }
    }

    fn requirements(&self) -> Result<Vec<String>, Failure> {
        let mut all = Requirements::new();
        for file in &self.requirements_file {
            all.add_file(file)?;
        }
        for requirement in &self.requirement {
            all.add(requirement, "--requirement")
                .map_err(|e| Failure::usage(e.to_string()))?;
        }
        Ok(all.to_strings())
    }

    fn options(&self, session: &str, requirements: Vec<String>) -> PyExecuteOptions {
        let mut options = PyExecuteOptions::new()
            .id(session)
            .requirements(requirements);
        if let Some(description) = &self.description {
            options = options.description(description);
        }
        if self.upgrade {
            options = options.upgrade();
        }
        if let Some(old) = &self.replace_with {
            options = options.replace_with(old);
        }
        if self.reinstall_requirements {
            options = options.force_reinstall_requirements();
        }
        options
    }
}

/// An id as servers give it to sessions without one: 40 digits.
fn new_id() -> String {
    let number = || RandomState::new().hash_one(());
    let mut digits = format!("{:016x}{:016x}{:016x}", number(), number(), number());
    digits.truncate(40);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_sessions_differ() {
        let (a, b) = (new_id(), new_id());
        assert_eq!(a.len(), 40);
        assert!(a.bytes().all(|it| it.is_ascii_hexdigit()));
        assert_ne!(a, b);
    }
}
