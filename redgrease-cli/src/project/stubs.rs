//! `redgrease stubs`: what editors and type checkers have to know about the names that a server provides.

use crate::app::App;
use crate::failure::Failure;
use std::fs;
use std::path::PathBuf;

/// The declarations. The tests of `redgrease-core` compare them with the server.
const STUBS: &str = include_str!("redgrease.pyi");

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Put the file beside your scripts, or into a folder that the editor searches (`typings/` for pyright). \
                  Scripts then begin with `from redgrease import GB, cmd, execute, log`, which a server accepts, too."
)]
pub(crate) struct Args {
    /// File to write, such as `redgrease.pyi`; none: the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let Some(file) = &args.output else {
        return app.out.raw(STUBS.as_bytes());
    };
    fs::write(file, STUBS).map_err(|e| {
        Failure::failed(format!(
            "{} could not be written ({e}): name another file with -o",
            file.display()
        ))
    })?;
    app.out
        .note(format!("the declarations are in {}", file.display()));
    Ok(())
}
