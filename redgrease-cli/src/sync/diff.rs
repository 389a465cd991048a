//! `redgrease diff`: what `deploy` would change.

use super::load::Compared;
use super::plan::{Change, Step};
use super::planned::{Planned, faults};
use super::program::{self, Gear, Question};
use super::run::compared;
use super::settings::{Flags, Settings};
use super::{difference, index};
use crate::app::App;
use crate::failure::Failure;
use redgrease_core::Con;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Shows what `redgrease deploy` and `redgrease sync` would change, with the texts.
///
/// The texts that scripts had when they were sent are in the index of the server. A program in Rust is started, says which gears it
/// would register when it comes to that point, and ends.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Scripts, files of requirements, and directories of them; or one program with gears
    #[arg(required = true, value_name = "PATH|PROGRAM")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    /// Exit with 1 if there are differences, and with 0 if there are none
    #[arg(long)]
    exit_code: bool,
    /// Leave the texts out
    #[arg(long)]
    summary: bool,
}

/// A script, and how its text differs.
#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    planned: Planned<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<String>,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let settings = Settings::new(app, &args.flags, None)?;
    if let Some(program) = program::among(&args.paths)? {
        return of_program(app, args, program, &settings.url);
    }
    let (mut con, compared) = compared(app, &settings, &args.paths)?;
    let mut rows = Vec::new();
    for step in &compared.plan.steps {
        let difference = if args.summary {
            None
        } else {
            difference(&mut con, &settings, &compared, step)?
        };
        rows.push(Row {
            planned: Planned::new(step, &compared),
            difference,
        });
    }
    if app.out.is_json() {
        app.out.json(&rows)?;
    } else {
        show(app, &compared, &rows)?;
    }
    faults(app, &compared)?;
    let is_same = compared.plan.steps.iter().all(|step| step.change.is_none());
    if is_same {
        app.out.note("the server has all of it");
    } else if args.exit_code {
        return Err(Failure::said());
    }
    Ok(())
}

/// What a program would change. Servers do not have the texts of gears in Rust.
fn of_program(app: &App, args: &Args, path: &Path, url: &str) -> Result<(), Failure> {
    let answer = program::ask(app, path, Question::Plan, url)?;
    let gears = answer.gears();
    if app.out.is_json() {
        app.out.json(&gears)?;
    } else {
        for gear in &gears {
            if gear.is_change() {
                app.out.line(gear.line())?;
            } else {
                app.out.detail(gear.line());
            }
        }
    }
    if !gears.iter().any(Gear::is_change) {
        app.out.note("the server has all of it");
    } else if args.exit_code {
        return Err(Failure::said());
    }
    Ok(())
}

fn show(app: &App, compared: &Compared, rows: &[Row<'_>]) -> Result<(), Failure> {
    for (step, row) in compared.plan.steps.iter().zip(rows) {
        if step.change.is_none() {
            app.out.detail(row.planned.line());
            continue;
        }
        app.out.line(row.planned.line())?;
        if let Some(difference) = row.difference.as_ref().filter(|text| !text.is_empty()) {
            app.out.line(difference::styled(difference))?;
        }
    }
    Ok(())
}

/// The difference of the texts of a script; `None` if the server does not have the text.
fn difference(
    con: &mut Con,
    settings: &Settings,
    compared: &Compared,
    step: &Step,
) -> Result<Option<String>, Failure> {
    let script = compared.found.scripts.get(&step.path);
    let new = script.map(|script| script.text.as_str());
    let old = match step.change {
        Change::Text | Change::Remove => index::text(con, &settings.index_prefix, &step.path)?,
        _ => None,
    };
    let name = step.name.as_str();
    Ok(match (step.change, old, new) {
        (Change::Add | Change::Restore, _, Some(new)) => {
            Some(difference::unified("", new, "/dev/null", name))
        }
        (Change::Text, Some(old), Some(new)) => Some(difference::unified(
            &old,
            new,
            &format!("{name} on the server"),
            name,
        )),
        (Change::Remove, Some(old), _) => {
            let name = format!("{name} on the server");
            Some(difference::unified(&old, "", &name, "/dev/null"))
        }
        (Change::Text | Change::Remove, None, _) => Some(
            "the server does not have the text that was sent: its key in the index is gone\n"
                .to_owned(),
        ),
        _ => None,
    })
}
