//! Estimates π: draws random points in a square and counts how many lie in the circle.
//!
//! This gear function needs no data. A Python generator in the server yields the points, which are
//! the records of the chain. The chain reduces them to one number, which is all that is sent to the
//! client. The random numbers have a fixed seed, so the program always prints the same.
//!
//! ```text
//! cargo xtask setup
//! cargo run --example monte_carlo_pi --features embedded
//! ```

use redgrease::Closed;
use redgrease::embedded::Server;
use redgrease::prelude::*;
use std::error::Error;
use std::f64::consts::PI;

const SEED: u32 = 7;

/// A chain that estimates π from this many points. In `python!`, a tick inserts the value of a Rust
/// variable: `'seed`.
fn estimate(points: u32) -> Closed<f64> {
    let seed = SEED;
    PythonReader::new(python!(
        def draw():
            import random

            chance = random.Random('seed)
            for _ in range('points):
                yield chance.random(), chance.random()
    ))
    .map(python!(lambda point: point[0] ** 2 + point[1] ** 2 <= 1))
    .aggregate(0_i64, python!(lambda hits, hit: hits + hit))
    // The square contains a quarter of the circle.
    .map_to::<f64>(python!(lambda hits: 4 * hits / 'points))
    .run()
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    let mut con = redgrease::connect(server.url())?;
    for points in [100, 10_000, 100_000] {
        let pi = estimate(points).on(&mut con)?.into_value()?;
        let off = (pi - PI).abs();
        println!("{points:>6} points: {pi:.5}, which is off by {off:.5}");
    }
    server.stop()?;
    Ok(())
}
