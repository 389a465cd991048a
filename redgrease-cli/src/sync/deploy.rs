//! `redgrease deploy`: the plan, a question, and the work.

use super::planned;
use super::planned::{Planned, faults};
use super::run::{compared, load_once};
use super::settings::{Flags, Settings};
use crate::app::App;
use crate::failure::Failure;
use std::path::PathBuf;

/// Makes a server run the scripts of directories: shows the plan, asks, and does it.
///
/// It does what `redgrease sync` does once, with a question first. Nothing is begun if a file cannot be read.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts, files of requirements, and directories of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Show the plan alone
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let settings = Settings::new(app, &args.flags, None)?;
    let (mut con, compared) = compared(app, &settings, &args.paths)?;
    if args.dry_run {
        return planned::show(app, &compared);
    }
    faults(app, &compared)?;
    let changes: Vec<Planned<'_>> = compared
        .plan
        .steps
        .iter()
        .filter(|step| !step.change.is_none())
        .map(|step| Planned::new(step, &compared))
        .collect();
    if !changes.is_empty() && !args.yes {
        for change in &changes {
            app.out.note(change.line());
        }
        let question = match changes.len() {
            1 => "Change this script?".to_owned(),
            count => format!("Change these {count} scripts?"),
        };
        if !app.out.confirm(question, false)? {
            app.out.note("nothing was changed");
            return Ok(());
        }
    }
    load_once(app, &settings, &mut con, &compared)
}
