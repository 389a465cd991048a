//! Random and damaged input: whatever comes, the server must answer with well-formed replies and go
//! on.
//!
//! | file | what |
//! |---|---|
//! | `commands.rs` | commands made from a grammar, and damaged |
//! | `stored.rs` | damaged registrations: told by a master, and in an RDB file |
//! | `values.rs` | odd Python values, in every place a gear can have them |
//! | `damage.rs` | how bytes are damaged |
//! | `target.rs` | the server, and what must hold after every input |
//! | `wire.rs` | the protocol, read strictly |
//!
//! Options: `--minutes 30`, `--seed N`. The same seed gives the same inputs. The input after which
//! something was wrong is printed.

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

/// Inputs with one server: what they leave behind in it must not grow for ever.
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
        let mut target = Target::start()?;
        told.add(stored::told(
            &mut target,
            &mut random,
            &payload,
            PER_SERVER,
        )?);
        target.end()?;
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
