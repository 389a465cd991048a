//! Counting the instructions of the server with callgrind, which differ little from run to run.

use crate::Setting;
use crate::commands::{ALL, Command};
use crate::load::Load;
use crate::servers::{Floor, Target};
use redgrease_tools::Outcome;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The clients that send the commands.
const SETTING: Setting = Setting {
    clients: 10,
    pipeline: 16,
};
const WARMING: usize = 5;
const COUNTED: usize = 25;

pub(crate) fn count(engine: Option<&str>, floor: &Floor) -> Outcome {
    let program = floor.beside("redis-server");
    let out = floor.beside("callgrind.out");
    write_program(&program, &out)?;
    let target = Target::start(engine, floor, Some(&program))?;
    println!(
        "\n{}: instructions of the server for one call",
        target.name()
    );
    println!(
        "{:<22} {:>12} {:>9} {:>9}",
        "command", "instructions", "of floor", "of Lua"
    );
    let mut counts: Vec<(&str, f64)> = Vec::new();
    for command in ALL {
        let count = counted(&target, command, &out)?;
        counts.push((command.name, count));
        let ratio = |to: Option<&str>| {
            let other = counts.iter().find(|(name, _)| Some(*name) == to);
            other.map_or(String::new(), |(_, other)| format!("{:.2}", other / count))
        };
        println!(
            "{:<22} {count:>12.0} {:>9} {:>9}",
            command.name,
            ratio(command.floor),
            ratio(command.lua)
        );
    }
    Ok(())
}

fn counted(target: &Target, command: &'static Command, out: &Path) -> Outcome<f64> {
    let pid = target.server.pid().to_string();
    let control = |args: &[&str]| {
        let mut control = std::process::Command::new("callgrind_control");
        let output = control.args(args).arg(&pid).output();
        let output = output
            .map_err(|error| format!("callgrind_control, which comes with valgrind: {error}"))?;
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    };
    let mut load = Load::connect(target, SETTING, command)?;
    control(&["-i", "on"])?;
    load.repeat(WARMING)?;
    control(&["-z"])?;
    let calls = load.repeat(COUNTED)?;
    control(&["-d"])?;
    control(&["-i", "off"])?;
    let newest = newest(out)?;
    let text =
        fs::read_to_string(&newest).map_err(|error| format!("{}: {error}", newest.display()))?;
    let total = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("totals: ")
                .or(line.strip_prefix("summary: "))
        })
        .and_then(|number| number.trim().parse::<f64>().ok())
        .ok_or_else(|| format!("{}: no sum of instructions", newest.display()))?;
    #[allow(clippy::cast_precision_loss, reason = "a figure of a table")]
    Ok(total / calls as f64)
}

/// The newest dump: `callgrind.out.N`.
fn newest(out: &Path) -> Outcome<PathBuf> {
    let numbered = |number: u32| PathBuf::from(format!("{}.{number}", out.display()));
    (1..=10_000)
        .map(numbered)
        .take_while(|path| path.exists())
        .last()
        .ok_or_else(|| format!("{}: callgrind has written no file", out.display()))
}

/// Writes a program that starts redis-server under callgrind.
fn write_program(program: &Path, out: &Path) -> Outcome {
    let script = format!(
        "#!/bin/sh\nexec valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file='{}' redis-server \"$@\"\n",
        out.display()
    );
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    fs::write(program, script).map_err(failed)?;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).map_err(failed)
}
