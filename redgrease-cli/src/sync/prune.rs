//! `redgrease prune`: sessions that nothing needs.

use super::identity::key;
use super::known::{self, Live};
use super::{index, send};
use crate::app::App;
use crate::failure::Failure;
use crate::output::{Table, clean};
use redgrease_core::{Con, GearsCommands as _, SessionsOptions};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Removes the sessions of `redgrease sync` whose scripts are gone.
///
/// Orphans are sessions without a key in the index. With --gone-files, scripts whose file is not on this machine are orphans, too.
/// Sessions that programs or other tools have made are never touched.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only sessions whose keys begin so; all prefixes without this option
    #[arg(long, value_name = "PREFIX")]
    index_prefix: Option<String>,
    /// Also the scripts whose file is not on this machine
    ///
    /// Scripts of a --project have no place on a machine, and are left alone.
    #[arg(long)]
    gone_files: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// List them, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// A session that nothing needs.
#[derive(Debug, Serialize)]
struct Orphan {
    session: String,
    script: String,
    registrations: usize,
    why: &'static str,
    /// Whether it can be removed. A session that was replaced ends by itself with its executions.
    is_removable: bool,
    #[serde(skip)]
    live: Option<Live>,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut con = app.connect()?;
    let orphans = orphans(&mut con, args)?;
    app.out.rows(&orphans, || {
        let mut table = Table::new(&["session", "script", "registrations", "why"]);
        for orphan in &orphans {
            table.row([
                &*orphan.session,
                &*clean(&orphan.script),
                &orphan.registrations.to_string(),
                orphan.why,
            ]);
        }
        table
    })?;
    let removable: Vec<&Live> = orphans
        .iter()
        .filter_map(|orphan| orphan.live.as_ref())
        .collect();
    if removable.is_empty() {
        app.out.note("there is nothing to remove");
        return Ok(());
    }
    if args.dry_run {
        return Ok(());
    }
    let question = match removable.len() {
        1 => "Remove this session and its registrations?".to_owned(),
        count => format!("Remove {count} sessions and their registrations?"),
    };
    if !app.out.confirm(question, args.yes)? {
        app.out.note("nothing was removed");
        return Ok(());
    }
    for live in &removable {
        send::remove(&mut con, live)?;
    }
    let count = removable.len();
    let noun = if count == 1 { "session" } else { "sessions" };
    app.out.note(format_args!("{count} {noun} removed"));
    Ok(())
}

fn orphans(con: &mut Con, args: &Args) -> Result<Vec<Orphan>, Failure> {
    let wanted = args
        .index_prefix
        .as_ref()
        .map(|prefix| prefix.trim_end_matches('/'));
    let mut by_prefix: BTreeMap<String, Vec<Live>> = BTreeMap::new();
    for live in known::sessions(con)? {
        let prefix = &live.description.sync;
        if wanted.is_none_or(|wanted| wanted == prefix) {
            by_prefix.entry(prefix.clone()).or_default().push(live);
        }
    }
    let mut found = Vec::new();
    for (prefix, sessions) in by_prefix {
        let paths = sessions.iter().map(|live| live.description.path.as_str());
        let entries = index::read(con, &prefix, paths)?;
        for (live, entry) in sessions.into_iter().zip(entries) {
            let path = Path::new(&live.description.path);
            // The directory of a project, `/shop`, is on no machine.
            let is_gone =
                || args.gone_files && !path.exists() && path.parent().is_some_and(has_a_place);
            let why = match entry {
                None => "no key in the index",
                Some(_) if is_gone() => "no file on this machine",
                Some(_) => continue,
            };
            found.push(Orphan {
                session: live.id.clone(),
                script: key(&prefix, &live.description.path),
                registrations: live.registrations.len(),
                why,
                is_removable: true,
                live: Some(live),
            });
        }
    }
    let dead = con.dump_sessions(&SessionsOptions::new().dead())?;
    found.extend(
        dead.into_iter()
            .filter(|session| session.dead)
            .map(|session| Orphan {
                script: session.description.unwrap_or_default(),
                session: session.id,
                registrations: session.registrations.len(),
                why: "replaced; it ends with its executions",
                is_removable: false,
                live: None,
            }),
    );
    Ok(found)
}

/// Whether a directory or one above it, other than the root, is on this machine.
fn has_a_place(directory: &Path) -> bool {
    directory
        .ancestors()
        .any(|above| above.parent().is_some() && above.exists())
}
