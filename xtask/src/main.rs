//! Developer commands of the workspace; `cargo xtask help` lists them.
//!
//! Every command first installs what it needs and is missing ([`setup`]). When nothing is missing,
//! nothing is changed and no network is used.

mod args;
mod bench;
mod book;
mod check;
mod deb;
mod demo;
mod install;
mod matrix;
mod package;
mod program;
mod project;
mod say;
mod serve;
mod servers;
mod setup;
mod shell;
mod steps;
mod test;
mod tools;
mod valgrind;
mod wheel;
mod workspace;

use crate::say::{note, say};
use args::{Args, Task};
use project::Kind;
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = Args::parse(std::env::args().skip(1)).and_then(|args| match args.task {
        Task::Help => {
            say!("{}", args::HELP);
            Ok(())
        }
        Task::New => {
            let kind = if args.web { Kind::Web } else { Kind::Gear };
            let path = args.path.unwrap_or_default();
            project::make(&path, args.name.as_deref(), kind)
        }
        Task::Setup => setup::command(args.yes),
        Task::Demo => demo::command(args.yes),
        Task::Test if args.matrix => matrix::command(args.yes, args.only.as_deref()),
        Task::Test => test::command(args.yes),
        Task::Check => check::command(args.yes),
        Task::Book => book::command(args.out),
        Task::Serve => serve::command(&args),
        Task::Bench => bench::command(&args),
        Task::Soak => tools::for_minutes("soak", &args),
        Task::Fuzz => tools::for_minutes("fuzz", &args),
        Task::Valgrind => valgrind::command(args.yes),
        Task::Deb => deb::command(args.wheel, args.out),
        Task::Install => install::command(args.yes),
        Task::Package => package::package(args.yes),
        Task::Outside => package::outside(args.yes, args.wheel.as_deref()),
        Task::Wheel => wheel::command(args),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            note!("\nerror: {failed}");
            ExitCode::FAILURE
        }
    }
}
