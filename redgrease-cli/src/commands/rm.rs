//! `redgrease rm`: unregisters.

use super::each::Changes;
use super::names::{Known, short, subject};
use crate::app::App;
use crate::failure::Failure;
use redgrease_core::{GearsCommands as _, RegistrationInfo, Session};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ids of registrations, triggers, or sessions with all of their registrations
    ///
    /// If a trigger and a session have the same name, write `trigger:NAME` or `session:NAME`.
    #[arg(value_name = "ID|TRIGGER|SESSION", required = true)]
    names: Vec<String>,
    /// Drop the executions that wait, too
    #[arg(long)]
    abort_pending: bool,
    /// Agree to remove several registrations
    #[arg(short, long)]
    yes: bool,
}

/// A registration to remove.
struct Removed {
    id: String,
    label: String,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut con = app.connect()?;
    let known = Known::gears(&mut con)?;
    let mut changes = Changes::default();
    let mut found: Vec<Removed> = Vec::new();
    for word in &args.names {
        match removed(&known, word) {
            Ok(more) => found.extend(more),
            Err(failure) => changes.refuse(app, word, &failure),
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.dedup_by(|a, b| a.id == b.id);
    if found.len() > args.names.len() {
        let labels: Vec<&str> = found.iter().map(|it| it.label.as_str()).collect();
        let question = format!("Unregister {}?", labels.join(", "));
        if !app
            .out
            .confirm(crate::output::one_line(&question), args.yes)?
        {
            return Err(Failure::failed(
                "nothing was unregistered: the answer was no",
            ));
        }
    }
    for Removed { id, label } in found {
        changes.change(app, ("unregistered", &label), &id, || {
            if args.abort_pending {
                con.unregister_abort_pending(&id)
            } else {
                con.unregister(&id)
            }
        })?;
    }
    changes.end(app)
}

fn removed(known: &Known, word: &str) -> Result<Vec<Removed>, Failure> {
    let named = known.named(word);
    match (&*named.registrations, &*named.sessions) {
        ([], []) => Err(known.unknown(word, "registration, trigger or session")),
        ([_, ..], [_, ..]) => Err(Failure::usage(format!(
            "`{word}` is a trigger and a session: write `trigger:{word}` or `session:{word}`"
        ))),
        (registrations, []) => Ok(registrations.iter().map(|it| of(it)).collect()),
        ([], [session]) => of_session(known, session),
        ([], _) => Err(Failure::usage(format!(
            "several sessions begin with `{word}`: write more of the id"
        ))),
    }
}

fn of(registration: &RegistrationInfo) -> Removed {
    Removed {
        id: registration.id.clone(),
        label: format!("{} ({})", short(&registration.id), subject(registration)),
    }
}

fn of_session(known: &Known, session: &Session) -> Result<Vec<Removed>, Failure> {
    if session.registrations.is_empty() {
        return Err(Failure::failed(format!(
            "the session `{}` has no registrations: it ends with its executions (`redgrease ps`) and time events",
            session.id
        )));
    }
    let removed = |id: &String| match known.registrations.iter().find(|it| it.id == *id) {
        Some(registration) => of(registration),
        // A session that was not restored.
        None => Removed {
            id: id.clone(),
            label: short(id),
        },
    };
    Ok(session.registrations.iter().map(removed).collect())
}
