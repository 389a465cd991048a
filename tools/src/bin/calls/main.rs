//! Compares calls of gears with PING, with Lua functions that do the same, and with a module in C that does nothing: calls a second, and
//! the CPU time or the instructions of the server for each.
//!
//! | option | meaning |
//! |---|---|
//! | `--settings 1:1,50:16` | clients and pipeline, several with commas |
//! | `--rounds 5`, `--millis 400` | rounds, and the time of each measurement |
//! | `--engines PATH,PATH` | engines that take turns, in place of that of `REDGREASE_ENGINE` |
//! | `--instructions yes` | count instructions with callgrind, in place of times |
//!
//! Everything is measured in turns in one run, because ratios differ less between machines and moments than numbers. The program does not
//! judge them. It prints no ratio of figures whose rounds differ by more than a third.

mod commands;
mod instructions;
mod load;
mod report;
mod servers;

use commands::{ALL, Command};
use load::{Load, Measured};
use redgrease_tools::{Args, Outcome};
use report::Table;
use servers::{Floor, Target};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    redgrease_tools::main(run)
}

/// The number of clients, and of commands that each of them sends at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Setting {
    clients: usize,
    pipeline: usize,
}

fn run(args: &Args) -> Outcome {
    let settings: String = args
        .get("settings")?
        .unwrap_or_else(|| "1:1,50:1,50:16".to_owned());
    let settings = settings
        .split(',')
        .map(setting)
        .collect::<Outcome<Vec<_>>>()?;
    let rounds = args.get("rounds")?.unwrap_or(5);
    let millis = Duration::from_millis(args.get("millis")?.unwrap_or(400));
    let engines: Option<String> = args.get("engines")?;
    let engines: Vec<Option<String>> = match &engines {
        None => vec![None],
        Some(paths) => paths.split(',').map(|path| Some(path.to_owned())).collect(),
    };
    let floor = Floor::compile()?;
    if args.get::<String>("instructions")?.is_some() {
        for engine in &engines {
            instructions::count(engine.as_deref(), &floor)?;
        }
        return Ok(());
    }
    let targets = engines
        .iter()
        .map(|engine| Target::start(engine.as_deref(), &floor, None))
        .collect::<Outcome<Vec<_>>>()?;
    for setting in settings {
        let mut tables: Vec<Table> = targets
            .iter()
            .map(|target| Table::new(target.name()))
            .collect();
        for round in 0..rounds {
            for command in ALL {
                for (target, table) in targets.iter().zip(&mut tables) {
                    table.add(command, measured(target, setting, command, millis)?);
                }
            }
            eprintln!(
                "{} clients, pipeline {}: round {} of {rounds}",
                setting.clients,
                setting.pipeline,
                round + 1
            );
        }
        for table in &tables {
            table.print(setting);
        }
    }
    Ok(())
}

fn setting(text: &str) -> Outcome<Setting> {
    let numbers = text
        .split_once(':')
        .and_then(|(clients, pipeline)| Some((clients.parse().ok()?, pipeline.parse().ok()?)));
    match numbers {
        Some((clients, pipeline)) if clients > 0 && pipeline > 0 => {
            Ok(Setting { clients, pipeline })
        }
        _ => Err(format!(
            "`--settings` takes pairs such as 50:16, not `{text}`"
        )),
    }
}

fn measured(
    target: &Target,
    setting: Setting,
    command: &'static Command,
    time: Duration,
) -> Outcome<Measured> {
    let mut load = Load::connect(target, setting, command)?;
    load.run(time / 4)?;
    load.run(time)
}
