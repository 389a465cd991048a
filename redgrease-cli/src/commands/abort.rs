//! `redgrease abort`: ends executions.

use super::each::Changes;
use super::executions;
use super::names::{Known, short};
use crate::app::App;
use crate::failure::Failure;
use crate::output::clean;
use redgrease_core::GearsCommands as _;

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["ids", "all"]))]
pub(crate) struct Args {
    /// Ids of executions, or sessions whose script runs
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// All executions that are not over
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Agree to `--all`
    #[arg(short, long)]
    yes: bool,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut con = app.connect()?;
    let known = Known::all(&mut con)?;
    let mut changes = Changes::default();
    let mut ids = Vec::new();
    if args.all {
        let running = known.executions.iter().filter(|it| !it.status.is_over());
        ids.extend(running.map(|it| it.id.to_string()));
        let body = executions::body(&mut con)?;
        ids.extend(body.map(|body| body.session));
        if ids.is_empty() {
            app.out.note("no execution runs or waits");
        } else if !app
            .out
            .confirm(format_args!("Abort {} executions?", ids.len()), args.yes)?
        {
            return Err(Failure::failed("nothing was aborted: the answer was no"));
        }
    }
    for word in &args.ids {
        let named = known.named(word);
        if named.executions.is_empty() && named.sessions.is_empty() {
            // The body of a script has no execution, and its session is not listed yet.
            let is_body = word.len() > 1 && con.abort_execution(word).is_ok();
            if is_body {
                changes.change(app, ("aborted the script of", word), word, || Ok(None))?;
            } else {
                changes.refuse(app, word, &unknown(word));
            }
            continue;
        }
        for it in named.executions {
            if it.status.is_over() {
                let failure = Failure::failed(format!(
                    "the execution {} has ended already ({}): `redgrease show {0}` shows what came of it",
                    short(&it.id.to_string()),
                    it.status
                ));
                changes.refuse(app, word, &failure);
            } else {
                ids.push(it.id.to_string());
            }
        }
        ids.extend(named.sessions.iter().map(|it| it.id.clone()));
    }
    for id in ids {
        changes.change(app, ("aborted", &short(&id)), &id, || {
            con.abort_execution(&id).map(|()| None)
        })?;
    }
    changes.end(app)
}

fn unknown(word: &str) -> Failure {
    Failure::failed(clean(&format!(
        "the server has no execution `{word}`, and no such session runs: `redgrease ps` lists what runs and what has ended"
    )))
}
