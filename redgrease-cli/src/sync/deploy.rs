//! `redgrease deploy`: the plan, a question, and the work.

use super::planned;
use super::planned::{Planned, faults};
use super::program::{self, Gear, Question};
use super::run::{compared, load_once};
use super::settings::{Flags, Settings};
use crate::app::App;
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// Makes a server run the scripts of directories: shows the plan, asks, and does it.
///
/// It does what `redgrease sync` does once, with a question first. Nothing is begun if a file cannot be read. A program in Rust is
/// started, registers its gears when it comes to that point, and ends.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts, files of requirements, and directories of them; or one program with gears
    #[arg(required = true, value_name = "PATH|PROGRAM")]
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
    if let Some(program) = program::among(&args.paths)? {
        return of_program(app, args, program, &settings.url);
    }
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
    let lines: Vec<String> = changes.iter().map(Planned::line).collect();
    if !agrees(app, args, "script", &lines)? {
        return Ok(());
    }
    load_once(app, &settings, &mut con, &compared)
}

/// Starts a program twice: it says what it would register, and registers.
fn of_program(app: &App, args: &Args, path: &Path, url: &str) -> Result<(), Failure> {
    let plan = program::ask(app, path, Question::Plan, url)?;
    let gears = plan.gears();
    let changes = || gears.iter().filter(|gear| gear.is_change());
    let lines: Vec<String> = changes().map(Gear::line).collect();
    if args.dry_run {
        return show(app, &gears);
    }
    if lines.is_empty() {
        app.out.note("the server has all of it");
        return if app.out.is_json() {
            show(app, &gears)
        } else {
            Ok(())
        };
    }
    if !agrees(app, args, "gear", &lines)? {
        return Ok(());
    }
    let done = program::ask(app, path, Question::Register, url)?;
    show(app, &done.gears())
}

fn show(app: &App, gears: &[Gear<'_>]) -> Result<(), Failure> {
    if app.out.is_json() {
        return app.out.json(&gears);
    }
    gears.iter().try_for_each(|gear| app.out.line(gear.line()))
}

/// Shows the changes and asks. Nothing to change needs no answer.
fn agrees(app: &App, args: &Args, noun: &str, changes: &[String]) -> Result<bool, Failure> {
    if changes.is_empty() || args.yes {
        return Ok(true);
    }
    for change in changes {
        app.out.note(change);
    }
    let question = match changes.len() {
        1 => format!("Change this {noun}?"),
        count => format!("Change these {count} {noun}s?"),
    };
    let is_agreed = app.out.confirm(question, false)?;
    if !is_agreed {
        app.out.note("nothing was changed");
    }
    Ok(is_agreed)
}
