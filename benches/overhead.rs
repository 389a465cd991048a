//! Overhead of a generated function compared with the bare command: the same call on the same connection, alternately.
//!
//! Run it with `cargo bench --all-features --bench overhead`.
#![allow(missing_docs, reason = "a program")]

use allocation_counter::measure;
use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{Con, Options, start_with};
use std::time::{Duration, Instant};

#[gear_command(mode = "sync")]
fn identity(n: i64) -> i64 {
    python! {
        return n
    }
}

const ROUNDS: usize = 401;
const CALLS: u32 = 50;

fn generated(con: &mut Con) -> redgrease::Result<i64> {
    identity(con, 12)
}

/// The same call without this library.
fn bare(con: &mut Con) -> redgrease::Result<i64> {
    let records: Vec<i64> = redis::cmd("RG.TRIGGER")
        .arg("identity")
        .arg("12")
        .query(con)?;
    Ok(records[0])
}

fn time(
    con: &mut Con,
    call: fn(&mut Con) -> redgrease::Result<i64>,
) -> redgrease::Result<Duration> {
    let begin = Instant::now();
    for _ in 0..CALLS {
        assert_eq!(call(con)?, 12);
    }
    Ok(begin.elapsed() / CALLS)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::start()?;
    let (mut con, _) = start_with(server.url(), &Options::new().gears(gears![identity]))?;
    time(&mut con, generated)?;
    time(&mut con, bare)?;
    let (mut ratios, mut generated_us, mut bare_us) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Each of the two is measured first in every other round.
        let (generated_time, bare_time) = if round % 2 == 0 {
            let generated_time = time(&mut con, generated)?;
            (generated_time, time(&mut con, bare)?)
        } else {
            let bare_time = time(&mut con, bare)?;
            (time(&mut con, generated)?, bare_time)
        };
        ratios.push(generated_time.as_secs_f64() / bare_time.as_secs_f64());
        generated_us.push(generated_time.as_secs_f64() * 1e6);
        bare_us.push(bare_time.as_secs_f64() * 1e6);
    }
    println!(
        "generated function: {:.2} us per call (median of {ROUNDS} rounds of {CALLS})",
        median(&mut generated_us)
    );
    println!(
        "bare command:       {:.2} us per call",
        median(&mut bare_us)
    );
    println!(
        "ratio:              {:.3} (median of the ratios of the rounds)",
        median(&mut ratios)
    );
    for (name, call) in [
        ("generated function", generated as fn(&mut Con) -> _),
        ("bare command", bare),
    ] {
        let allocations = measure(|| drop(call(&mut con)));
        println!(
            "{name}: {} allocations, {} bytes per call",
            allocations.count_total, allocations.bytes_total
        );
    }
    server.stop()?;
    Ok(())
}
