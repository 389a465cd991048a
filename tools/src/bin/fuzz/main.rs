//! Sends random and damaged input. The server must answer every input with a well-formed reply and
//! keep running.
//!
//! | file | purpose |
//! |---|---|
//! | `commands.rs` | commands generated from a grammar, some of them damaged |
//! | `stored.rs` | damaged registrations, as commands of an AOF and in an RDB file |
//! | `values.rs` | unusual Python values in every place of a gear |
//! | `damage.rs` | damages bytes |
//! | `target.rs` | the server, and the checks after every input |
//! | `wire.rs` | a strict reader of the protocol |
//!
//! Options: `--minutes 30`, `--seed N`. The same seed generates the same inputs. When a check fails,
//! the last inputs are printed.

mod commands;
mod damage;
mod stored;
mod target;
mod values;
mod wire;

use redgrease_tools::{Args, Outcome, Random};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use target::{Counts, Target};

/// Inputs per server. A new server discards the data and registrations of earlier inputs.
const PER_SERVER: usize = 500;

fn main() -> ExitCode {
    redgrease_tools::main(run)
}

fn run(args: &Args) -> Outcome {
    let minutes: u64 = args.get("minutes")?.unwrap_or(30);
    let seed = match args.get("seed")? {
        Some(seed) => seed,
        None => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |now| now.as_secs()),
    };
    println!("{minutes} minutes, seed {seed}");
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    let mut random = Random::new(seed);
    let mut counts = [Counts::default(); 4];
    let mut shown = Instant::now();
    let payload = stored::payload()?;
    while Instant::now() < end {
        let [commands, told, loaded, values] = &mut counts;
        let mut target = Target::start()?;
        commands.add(commands::run(&mut target, &mut random, PER_SERVER)?);
        target.end()?;
        let mut target = Target::start()?;
        values.add(values::run(&mut target, &mut random, PER_SERVER)?);
        target.end()?;
        told.add(stored::told(&mut random, &payload, PER_SERVER)?);
        loaded.add(stored::loaded(&mut random, 4)?);
        if shown.elapsed() > Duration::from_mins(1) {
            shown = Instant::now();
            show(&counts);
        }
    }
    show(&counts);
    println!("the server answered everything, and went on");
    Ok(())
}

fn show(counts: &[Counts; 4]) {
    let names = ["commands", "told registrations", "RDB files", "values"];
    for (name, counts) in names.iter().zip(counts) {
        println!(
            "{name:<20} {:>9} inputs, {:>9} of them answered with an error",
            counts.inputs, counts.errors
        );
    }
    println!();
}
