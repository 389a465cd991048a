//! What a generated function costs beside the bare command: the same call on the same connection, in turns.
//!
//! `cargo bench --all-features --bench overhead`; the engine is found as the tests find it.
#![allow(missing_docs, reason = "a program")]

use allocation_counter::measure;
use redgrease::embedded::Server;
use redgrease::prelude::*;
use redgrease::{Con, Options, start_with};
use std::time::{Duration, Instant};

#[gear_command(mode = "sync")]
fn same(n: i64) -> i64 {
    python! {
        return n
    }
}

const ROUNDS: usize = 401;
const CALLS: u32 = 50;

fn generated(con: &mut Con) -> redgrease::Result<i64> {
    same(con, 12)
}

/// What somebody without this library writes.
fn bare(con: &mut Con) -> redgrease::Result<i64> {
    let answer: Vec<i64> = redis::cmd("RG.TRIGGER").arg("same").arg("12").query(con)?;
    Ok(answer[0])
}

fn time(
    con: &mut Con,
    call: fn(&mut Con) -> redgrease::Result<i64>,
) -> redgrease::Result<Duration> {
    let begun = Instant::now();
    for _ in 0..CALLS {
        assert_eq!(call(con)?, 12);
    }
    Ok(begun.elapsed() / CALLS)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::start()?;
    let (mut con, _) = start_with(server.url(), &Options::new().gears(gears![same]))?;
    time(&mut con, generated)?;
    time(&mut con, bare)?;
    let (mut ratios, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // In turns, and each of them first every other time.
        let (a, b) = if round % 2 == 0 {
            let a = time(&mut con, generated)?;
            (a, time(&mut con, bare)?)
        } else {
            let b = time(&mut con, bare)?;
            (time(&mut con, generated)?, b)
        };
        ratios.push(a.as_secs_f64() / b.as_secs_f64());
        ours.push(a.as_secs_f64() * 1e6);
        theirs.push(b.as_secs_f64() * 1e6);
    }
    println!(
        "generated function: {:.2} us per call (median of {ROUNDS} rounds of {CALLS})",
        median(&mut ours)
    );
    println!("bare command:       {:.2} us per call", median(&mut theirs));
    println!(
        "ratio:              {:.3} (median of the ratios of the rounds)",
        median(&mut ratios)
    );
    for (name, call) in [
        ("generated function", generated as fn(&mut Con) -> _),
        ("bare command", bare),
    ] {
        let counted = measure(|| drop(call(&mut con)));
        println!(
            "{name}: {} allocations, {} bytes per call",
            counted.count_total, counted.bytes_total
        );
    }
    server.stop()?;
    Ok(())
}
