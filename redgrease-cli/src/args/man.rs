//! `redgrease man`: a page of the manual for each command.

use crate::app::App;
use crate::args::Cli;
use crate::failure::Failure;
use clap::CommandFactory as _;
use clap_mangen::Man;
use std::fs;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "To read a page: `redgrease man sync | man -l -`. To install all: `redgrease man -o ~/.local/share/man/man1`."
)]
pub(crate) struct Args {
    /// Command whose page is printed; none: that of the program
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    command: Vec<String>,
    /// Folder that all pages are written to
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    if let Some(dir) = &args.output {
        let failed = |e| {
            Failure::failed(format!(
                "the pages could not be written to {} ({e}): name another folder with -o",
                dir.display()
            ))
        };
        fs::create_dir_all(dir).map_err(failed)?;
        clap_mangen::generate_to(Cli::command(), dir).map_err(failed)?;
        app.out.note(format!("the pages are in {}", dir.display()));
        return Ok(());
    }
    let mut command = &cli;
    for name in &args.command {
        command = command.find_subcommand(name).ok_or_else(|| {
            Failure::usage(format!(
                "there is no command `{name}`: `redgrease help` lists the commands"
            ))
        })?;
    }
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text)?;
    app.out.raw(&text)
}
