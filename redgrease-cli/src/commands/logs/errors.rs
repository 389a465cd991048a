//! The last errors of registrations, in place of a log that cannot be read.

use super::super::names::{short, short_session, subject};
use super::super::sources::Sources;
use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{BOLD, Traceback, one_line, without_passwords};
use crate::patience::Patient;
use redgrease_core::{Con, GearsCommands as _, RegistrationInfo};
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(1);

/// Prints the last error of each registration, and with `follow` each new one.
pub(crate) fn print(app: &App, con: Con, follow: bool) -> Result<(), Failure> {
    let interrupt = Interrupt::catch()?;
    let mut con = Patient::new(app, con, &interrupt);
    let is_cluster = con.ask(|con| Ok(con.info_cluster().ok().flatten().is_some()))?;
    let mut seen: HashMap<String, (u64, Option<String>)> = HashMap::new();
    let mut has_errors = false;
    loop {
        let rows = con.ask(|con| match is_cluster {
            Some(true) => con.dump_registrations_cluster(),
            _ => con.dump_registrations(),
        })?;
        let Some(rows) = rows else { return Ok(()) };
        // A session may have another script than a moment ago.
        let mut sources = Sources::default();
        for row in rows {
            let state = (row.failed, row.last_error.clone());
            let before = seen.insert(row.id.clone(), state.clone());
            if let (Some(error), true) = (&row.last_error, before.as_ref() != Some(&state)) {
                has_errors = true;
                let parsed = Traceback::parse(error);
                // A server that went away in the meantime leaves the lines out.
                let traceback = con
                    .ask(|con| Ok(sources.complete(con, row.session.as_deref(), parsed.clone())))?;
                let Some(traceback) = traceback else {
                    return Ok(());
                };
                report(app, &row, &traceback)?;
            }
        }
        if !follow {
            if !has_errors && !app.out.is_json() {
                app.out.note("no registration has an error");
            }
            return Ok(());
        }
        if !interrupt.sleep(PAUSE) {
            return Ok(());
        }
    }
}

fn report(app: &App, row: &RegistrationInfo, traceback: &Traceback) -> Result<(), Failure> {
    if app.out.is_json() {
        return app.out.json(&json!({
            "registration": row.id,
            "subject": without_passwords(&subject(row)),
            "session": row.session,
            "failed": row.failed,
            "traceback": traceback,
        }));
    }
    let session = row
        .session
        .as_deref()
        .map(short_session)
        .unwrap_or_default();
    let head = format!(
        "{} ({}) of the session {session}: {} of {} runs failed, the last one with",
        short(&row.id),
        without_passwords(&subject(row)),
        row.failed,
        row.triggered
    );
    app.out
        .line(format_args!("{BOLD}{}{BOLD:#}", one_line(&head)))?;
    app.out.line(traceback.styled())
}
