//! A program with gears, for the tests of `redgrease diff PROGRAM` and `redgrease deploy PROGRAM`. `GEARS_VERSION` chooses the gears,
//! as if they were several builds of one program.

use redgrease::Options;
use redgrease::prelude::*;

#[gear_command(trigger = "first")]
fn first(x: i64) -> i64 {
    python! { return x + 1 }
}

#[gear_command(trigger = "second")]
fn second(x: i64) -> i64 {
    python! { return x + 2 }
}

#[gear_command(trigger = "third")]
fn third(x: i64) -> i64 {
    python! { return x + 3 }
}

fn main() -> redgrease::Result<()> {
    let gears = match std::env::var("GEARS_VERSION").as_deref() {
        Ok("1") => [first::GEAR, second::GEAR],
        Ok("2") => [first::GEAR, third::GEAR],
        _ => {
            eprintln!("there is no version");
            std::process::exit(7);
        }
    };
    // Nothing listens there: the program is told another address.
    redgrease::start_with("redis://127.0.0.1:9/", &Options::new().gears(&gears))?;
    unreachable!("a program that was asked ends when it registers");
}
