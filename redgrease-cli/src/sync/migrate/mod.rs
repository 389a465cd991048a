//! `redgrease migrate`: what a server with RedisGears has, and what will differ on the engine.
//!
//! `server.rs` reads a server, `findings.rs` knows the differences, and `compared.rs` compares it with a new server.

mod compared;
mod findings;
mod server;

use crate::app::{App, connect_to};
use crate::commands::names::{short, short_session, subject};
use crate::failure::Failure;
use crate::output::{Table, clean, one_line, without_passwords};
use compared::Compared;
use findings::{Finding, Kind, findings};
use serde::Serialize;
use server::Gears;

/// Reads a server with RedisGears, and says what to do and what will differ on a server with this engine.
///
/// Nothing is changed on either server. RedisGears does not tell the texts of scripts: they have to be sent again from their files.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address of the new server, to see what it has of all this
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Exit with 1 if the server of --to lacks something
    #[arg(long, requires = "to")]
    exit_code: bool,
}

/// Everything that is known.
#[derive(Debug, Serialize)]
struct Report<'a> {
    server: &'a Gears,
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a Compared>,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let old = Gears::read(&mut app.connect()?)?;
    let to = match &args.to {
        Some(url) => Some(Compared::new(&old, &mut connect_to(url)?)?),
        None => None,
    };
    let findings = findings(&old);
    if app.out.is_json() {
        app.out.json(&Report {
            server: &old,
            findings: &findings,
            to: to.as_ref(),
        })?;
    } else {
        show(app, &old, &findings)?;
        if let Some(to) = &to {
            show_new(app, to)?;
        }
    }
    match to {
        Some(to) if args.exit_code && !to.has_all() => Err(Failure::said()),
        _ => Ok(()),
    }
}

fn show(app: &App, old: &Gears, findings: &[Finding]) -> Result<(), Failure> {
    let count = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    };
    app.out.line(format_args!(
        "{}: {}, {}, {}",
        old.name(),
        count(old.sessions.len(), "session"),
        count(old.registrations.len(), "registration"),
        count(old.requirements.len(), "package"),
    ))?;
    if !old.registrations.is_empty() {
        let mut table = Table::new(&["session", "id", "reader", "for", "mode", "runs", "failed"]);
        for row in &old.registrations {
            table.row([
                short_session(row.session.as_deref().unwrap_or_default()),
                &short(&row.id),
                &row.reader,
                &subject(row),
                &row.mode,
                &row.triggered.to_string(),
                &row.failed.to_string(),
            ]);
        }
        app.out.line(format_args!("\n{table}"))?;
    }
    if !old.requirements.is_empty() {
        let mut table = Table::new(&["package", "installed", "for", "sessions"]);
        for row in &old.requirements {
            let is_installed = if row.is_installed { "yes" } else { "no" };
            table.row([
                &*without_passwords(&row.name),
                is_installed,
                &row.compiled_os,
                &row.ref_count.to_string(),
            ]);
        }
        app.out.line(format_args!("\n{table}"))?;
    }
    for (kind, heading) in [
        (Kind::Do, "What to do"),
        (Kind::Differs, "What will differ"),
        (Kind::Same, "What is so already"),
    ] {
        let of_kind: Vec<&Finding> = findings.iter().filter(|it| it.kind == kind).collect();
        if !of_kind.is_empty() {
            app.out.line(format_args!("\n{heading}:"))?;
            for finding in of_kind {
                app.out
                    .line(format_args!("  * {}", clean(&finding.text())))?;
            }
        }
    }
    Ok(())
}

fn show_new(app: &App, to: &Compared) -> Result<(), Failure> {
    app.out.line(format_args!("\n{}:", clean(&to.name)))?;
    for text in to.texts() {
        app.out.line(format_args!("  * {}", one_line(&text)))?;
    }
    Ok(())
}
