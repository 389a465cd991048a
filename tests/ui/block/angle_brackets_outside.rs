//! Rust refuses this spelling outside of `gears!`, before it calls the macro.
use redgrease::prelude::*;

#[gear_command]
fn outside() -> i64 {
    python!< return 1 >
}

fn main() {}
