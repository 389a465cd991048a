//! The program `redgrease`: operates Redis and Valkey servers with gears.
//!
//! | folder | purpose |
//! |---|---|
//! | `args/` | the command line: options of all commands, and the list of commands |
//! | `commands/` | one file for each command of every day |
//! | `sync/` | keeps a server equal to directories of scripts: `sync`, `deploy`, `diff` |
//! | `server/` | the engine and servers on this machine: `engine`, `doctor`, `serve` |
//! | `check/` | the checks of the compiler for scripts |
//! | `project/` | new crates, and what editors need |
//! | `live/` | what a server does at the moment: `top` and `ui` |
//! | `output/` | texts, tables and JSON |
//!
//! `app.rs` is the context of a command, `tls.rs` has its certificates, and `failure.rs` the ways in which it can fail. `nodes.rs` leads to the single servers of a
//! cluster, `interrupt.rs` is Ctrl-C, and `patience.rs` waits for a server that goes away and comes back.

mod app;
mod args;
mod check;
mod commands;
mod failure;
mod interrupt;
mod live;
mod nodes;
mod output;
mod patience;
mod project;
mod server;
mod sync;
mod tls;

use app::App;
use args::{Cli, Command};
use clap::Parser as _;
use failure::Failure;
use std::io::{self, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(args::with_default_command(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(refused(&error)),
    };
    let app = App::new(cli.options);
    match run(&app, cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            app.out.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Prints what is wrong with the command line, or the help. Returns the exit code.
fn refused(error: &clap::Error) -> u8 {
    if error.use_stderr() && std::env::args_os().any(|word| word == "--json") {
        let text = error.to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
        // If it cannot be written, nothing can be said about it.
        let _ = writeln!(io::stderr(), "{}", Failure::usage(text).to_json());
        return Failure::USAGE;
    }
    match error.print() {
        _ if error.use_stderr() => Failure::USAGE,
        Ok(()) => 0,
        Err(error) => {
            let failure = Failure::from(error);
            if failure.exit_code() != 0 {
                let _ = writeln!(io::stderr(), "error: {failure}");
            }
            failure.exit_code()
        }
    }
}

fn run(app: &App, command: Command) -> Result<(), Failure> {
    match command {
        Command::Run(args) => commands::run::run(app, &args),
        Command::Ls(args) => commands::ls::run(app, &args),
        Command::Show(args) => commands::show::run(app, &args),
        Command::Ps(args) => commands::ps::run(app, &args),
        Command::Logs(args) => commands::logs::run(app, &args),
        Command::Abort(args) => commands::abort::run(app, &args),
        Command::Rm(args) => commands::rm::run(app, &args),
        Command::Pause(args) => commands::pause::run(app, &args, true),
        Command::Resume(args) => commands::pause::run(app, &args, false),
        Command::Call(args) => commands::call::run(app, &args),
        Command::Stats(args) => commands::stats::run(app, &args),
        Command::Config(args) => commands::config::run(app, &args),
        Command::Req(args) => commands::req::run(app, &args),
        Command::Sync(args) => sync::run::run(app, &args),
        Command::Deploy(args) => sync::deploy::run(app, &args),
        Command::Diff(args) => sync::diff::run(app, &args),
        Command::Prune(args) => sync::prune::run(app, &args),
        Command::Migrate(args) => sync::migrate::run(app, &args),
        Command::Top(args) => live::top::run(app, &args),
        Command::Ui(args) => live::ui::run(app, &args),
        Command::Doctor(args) => server::doctor::run(app, &args),
        Command::Engine(args) => server::engine::run(app, &args),
        Command::Serve(args) => server::serve::run(app, &args),
        Command::Check(args) => check::run(app, &args),
        Command::New(args) => project::new::run(app, &args),
        Command::Stubs(args) => project::stubs::run(app, &args),
        Command::Completions(args) => args::completions::run(app, &args),
        Command::Man(args) => args::man::run(app, &args),
    }
}
