//! The number π by chance: points are drawn in a square, and counted if they lie in the circle.
//!
//! An example of RedisGears that needs no data at all. A generator in the server draws the points,
//! which are the records of the chain; the chain folds them into one number, and that is all that
//! travels. The generator is seeded, so the program prints the same every time.
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

/// The estimate from this many points. Values of the program go into the Python with a tick.
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
    // A quarter of the circle lies in the square.
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
