//! `redgrease completions`: the words of the command line, for shells.

use crate::app::App;
use crate::args::Cli;
use crate::failure::Failure;
use clap::CommandFactory as _;
use clap_complete::Shell;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "bash:  redgrease completions bash > ~/.local/share/bash-completion/completions/redgrease\n\
                  zsh:   redgrease completions zsh > ~/.zfunc/_redgrease, with `fpath+=~/.zfunc` before `compinit`\n\
                  fish:  redgrease completions fish > ~/.config/fish/completions/redgrease.fish"
)]
pub(crate) struct Args {
    /// Shell that reads the result
    shell: Shell,
}

pub(crate) fn run(app: &App, args: &Args) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "redgrease", &mut text);
    app.out.raw(&text)
}
