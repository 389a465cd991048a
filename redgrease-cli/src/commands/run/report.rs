//! What came of a script, for people and programs.

use super::Args;
use super::execution::Outcome;
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Format, SCRIPT, Source, Traceback, clean, decoded};
use redgrease_core::{Error, ErrorKind, ExecId, GearsCommands as _, SessionsOptions};
use redis::Value;
use serde_json::{Value as Json, json};

pub(super) fn print(
    app: &App,
    args: &Args,
    source: &Source,
    session: &str,
    before: &[String],
    outcome: Outcome,
) -> Result<(), Failure> {
    let is_json = app.out.format(args.format) == Format::Json;
    match outcome {
        Outcome::Ok => {
            let mut registrations = registrations(app, session);
            registrations.retain(|id| !before.contains(id));
            if is_json {
                return app
                    .out
                    .data_json(&result(None, session, &[], &[], &registrations));
            }
            app.out.note(match registrations.len() {
                0 if !before.is_empty() => format!("the script ran, and registered nothing: the session {session} is as it was before"),
                0 => "the script ran; it began no execution and registered nothing".to_owned(),
                1 => format!("the script ran: 1 registration in the session {session}"),
                n => format!("the script ran: {n} registrations in the session {session}"),
            });
            Ok(())
        }
        Outcome::Started(id) => {
            if is_json {
                return app
                    .out
                    .data_json(&result(Some(&id), session, &[], &[], &[]));
            }
            app.out.line(&id)?;
            app.out.note(format_args!(
                "`redgrease show {id}` shows how far it is, and its records, `redgrease abort {id}` ends it, and `redgrease rm {id}` drops it when it has ended"
            ));
            Ok(())
        }
        Outcome::Results(id, results) => {
            let errors: Vec<Traceback> = results
                .errors
                .iter()
                .map(|text| read(source, text))
                .collect();
            if is_json {
                app.out
                    .data_json(&result(id.as_ref(), session, &results.values, &errors, &[]))?;
                return if errors.is_empty() {
                    Ok(())
                } else {
                    Err(Failure::said())
                };
            }
            app.out.records(&results.values, args.format)?;
            if results.values.is_empty() && errors.is_empty() {
                app.out.note("the execution gave no records");
            }
            if errors.is_empty() {
                return Ok(());
            }
            let count = errors.len();
            for error in errors {
                app.out
                    .failure(&Failure::python("the execution failed:", error));
            }
            app.out.detail(format_args!(
                "{count} errors, {} records",
                results.values.len()
            ));
            Err(Failure::said())
        }
    }
}

fn result(
    id: Option<&ExecId>,
    session: &str,
    values: &[Value],
    errors: &[Traceback],
    registrations: &[String],
) -> Json {
    json!({
        "execution": id,
        "session": session,
        "results": values.iter().map(decoded).collect::<Vec<_>>(),
        "errors": errors,
        "registrations": registrations,
    })
}

/// The registrations of the session. A user may have no right to list them.
pub(super) fn registrations(app: &App, session: &str) -> Vec<String> {
    let listed = app.connect().ok().and_then(|mut con| {
        con.dump_sessions(&SessionsOptions::new().session(session))
            .ok()
    });
    listed
        .unwrap_or_default()
        .into_iter()
        .flat_map(|it| it.registrations)
        .collect()
}

/// The error of a script that failed before it had an execution.
pub(super) fn failed(app: &App, source: &Source, error: Error) -> Failure {
    let text = match error.kind() {
        ErrorKind::Script { traceback, .. } => traceback.clone(),
        _ => error.to_string(),
    };
    if text.starts_with("Session ") && text.contains("already exists") {
        return Failure::failed(format!(
            "{}: replace it with --upgrade, or give another --id",
            clean(text.trim_end())
        ));
    }
    if text.contains("Could not satisfy requirements") {
        let failure = Failure::from(error);
        return Failure::failed(format!(
            "{failure}: check the names and versions, or carry the packages over from another server with `redgrease req`"
        ));
    }
    let traceback = read(source, &text);
    if traceback.frames.is_empty() {
        return error.into();
    }
    if traceback.error.contains("trigger already registered") {
        let traceback = traceback.without_engine();
        return Failure::python(trigger_exists(app, &traceback), traceback);
    }
    Failure::python("the script failed on the server:", traceback)
}

/// The text about a trigger of another session. The server does not name them: they are looked for in the line that registers.
fn trigger_exists(app: &App, traceback: &Traceback) -> String {
    let line = traceback
        .frames
        .last()
        .and_then(|frame| frame.source.clone())
        .unwrap_or_default();
    let is_named = |trigger: &str| {
        ['\'', '"']
            .iter()
            .any(|quote| line.contains(&format!("{quote}{trigger}{quote}")))
    };
    let listed = app.connect().ok().map(|mut con| con.dump_registrations());
    let found = listed
        .and_then(Result::ok)
        .unwrap_or_default()
        .into_iter()
        .find_map(|it| Some((it.trigger().filter(|it| is_named(it))?, it.session?)));
    match found {
        Some((trigger, session)) => clean(&format!(
            "the session {session} has the trigger `{trigger}` already: replace the session with `--id {session} --upgrade`, give the trigger another name, or unregister it with `redgrease rm {trigger}`:"
        ))
        .into_owned(),
        None => "another session has the trigger already: `redgrease ls --reader command` shows which one, and `--id ID --upgrade` replaces it:".to_owned(),
    }
}

fn read(source: &Source, text: &str) -> Traceback {
    Traceback::parse(text).with_source(SCRIPT, source)
}
