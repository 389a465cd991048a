//! `redgrease pause` and `redgrease resume`: stop the reading of streams, and go on with it.

use super::cluster;
use super::each::Changes;
use super::names::{Known, short, subject};
use crate::app::App;
use crate::failure::Failure;
use redgrease_core::{ReaderType, RegistrationInfo, cmd};
use std::collections::BTreeSet;

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["names", "all"]))]
pub(crate) struct Args {
    /// Ids of stream registrations, or sessions with all of theirs
    #[arg(value_name = "ID|SESSION")]
    names: Vec<String>,
    /// All stream registrations
    #[arg(long, conflicts_with = "names")]
    all: bool,
}

pub(crate) fn run(app: &App, args: &Args, pauses: bool) -> Result<(), Failure> {
    let mut con = app.connect()?;
    let known = Known::gears(&mut con)?;
    let mut changes = Changes::default();
    let is_stream = |it: &&RegistrationInfo| it.reader_type() == Some(ReaderType::StreamReader);
    let mut found: Vec<&RegistrationInfo> = Vec::new();
    if args.all {
        found.extend(known.registrations.iter().filter(is_stream));
        if found.is_empty() {
            app.out.note("the server has no stream registration");
        }
    }
    for word in &args.names {
        match streams(&known, word) {
            Ok(more) => found.extend(more),
            Err(failure) => changes.refuse(app, word, &failure),
        }
    }
    let verb = if pauses { "paused" } else { "resumed" };
    let is_cluster = !found.is_empty() && cluster::passes_on(&mut con)?;
    let mut ids = BTreeSet::new();
    found.retain(|it| ids.insert(&it.id));
    for it in found {
        let label = format!("{} ({})", short(&it.id), subject(it));
        changes.change(app, (verb, &label), &it.id, || {
            let cmd = match (pauses, is_cluster) {
                (true, true) => cmd::pause_registrations_cluster(it),
                (true, false) => cmd::pause_registrations(it),
                (false, true) => cmd::unpause_registrations_cluster(it),
                (false, false) => cmd::unpause_registrations(it),
            };
            cluster::change(&mut con, &cmd)
        })?;
    }
    changes.end(app)
}

fn streams<'a>(known: &'a Known, word: &str) -> Result<Vec<&'a RegistrationInfo>, Failure> {
    let named = known.named(word);
    if named.is_empty() {
        return Err(known.unknown(word, "registration or session"));
    }
    let of_sessions = known.registrations.iter().filter(|it| {
        named
            .sessions
            .iter()
            .any(|session| it.session.as_ref() == Some(&session.id))
    });
    let all: Vec<_> = named
        .registrations
        .iter()
        .copied()
        .chain(of_sessions)
        .collect();
    let streams: Vec<_> = all
        .iter()
        .copied()
        .filter(|it| it.reader_type() == Some(ReaderType::StreamReader))
        .collect();
    match (&*streams, &*all) {
        ([], [one]) => Err(Failure::failed(format!(
            "{} ({}) is a {}, and only stream registrations can be paused: unregister it with `redgrease rm`",
            short(&one.id),
            subject(one),
            one.reader
        ))),
        ([], _) => Err(Failure::failed(format!(
            "`{word}` has no stream registration, and only those can be paused: unregister others with `redgrease rm`"
        ))),
        _ => Ok(streams),
    }
}
