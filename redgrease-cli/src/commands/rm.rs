//! `redgrease rm`: unregisters, and drops executions.

use super::cluster;
use super::each::Changes;
use super::names::{Known, short, subject};
use crate::app::App;
use crate::failure::Failure;
use redgrease_core::{Execution, GearsCommands as _, RegistrationInfo, Session, cmd};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ids of registrations, triggers, or sessions with all of their registrations; ids of executions that have ended
    ///
    /// An execution is dropped with its results. If a trigger and a session have the same name, write `trigger:NAME` or `session:NAME`.
    #[arg(value_name = "ID|TRIGGER|SESSION", required = true)]
    names: Vec<String>,
    /// Drop the executions that wait, too
    #[arg(long)]
    abort_pending: bool,
    /// Agree to remove several things
    #[arg(short, long)]
    yes: bool,
}

/// A registration to remove, or an execution.
struct Removed {
    id: String,
    label: String,
    is_execution: bool,
}

/// How many names a question lists.
const NAMED: usize = 5;

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut con = app.connect()?;
    let mut known = Known::gears(&mut con)?;
    if args.names.iter().any(|word| known.named(word).is_empty()) {
        known.executions = super::executions::list(&mut con)?;
    }
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
    if found.len() > 1 && !app.out.confirm(question(&found), args.yes)? {
        return Err(Failure::failed("nothing was removed: the answer was no"));
    }
    for Removed {
        id,
        label,
        is_execution,
    } in found
    {
        let verb = if is_execution {
            "dropped"
        } else {
            "unregistered"
        };
        changes.change(app, (verb, &label), &id, || {
            if is_execution {
                return con.drop_execution(&id).map(|()| None);
            }
            cluster::change(&mut con, &cmd::unregister(&id, args.abort_pending))
        })?;
    }
    changes.end(app)
}

fn removed(known: &Known, word: &str) -> Result<Vec<Removed>, Failure> {
    let named = known.named(word);
    match (&*named.registrations, &*named.sessions) {
        ([], []) if !named.executions.is_empty() => {
            named.executions.iter().map(|it| execution(it)).collect()
        }
        ([], []) => Err(known.unknown(word, "registration, trigger, session or execution")),
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
        is_execution: false,
    }
}

fn execution(execution: &Execution) -> Result<Removed, Failure> {
    let id = execution.id.to_string();
    let label = format!("execution {}", short(&id));
    if !execution.status.is_over() {
        return Err(Failure::failed(format!(
            "the {label} has not ended ({}): end it first with `redgrease abort {}`",
            execution.status,
            short(&id)
        )));
    }
    Ok(Removed {
        id,
        label,
        is_execution: true,
    })
}

/// The question with the number of things, and the first of them.
fn question(found: &[Removed]) -> String {
    let labels: Vec<&str> = found
        .iter()
        .take(NAMED)
        .map(|it| it.label.as_str())
        .collect();
    let more = match found.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    crate::output::one_line(&format!(
        "Remove {}: {}{more}?",
        found.len(),
        labels.join(", ")
    ))
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
            is_execution: false,
        },
    };
    Ok(session.registrations.iter().map(removed).collect())
}
