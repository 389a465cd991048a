use redgrease::PerShard;
use redgrease::prelude::*;

#[gear_command(mode = "async")]
fn one_value() -> Vec<i64> {
    python! { return [1] }
}

#[gear_command(mode = "async")]
fn no_value() {
    python! { pass }
}

#[gear_command]
fn everywhere() -> PerShard<i64> {
    python! { return 1 }
}

#[gear_command(mode = "sync")]
fn everywhere_at_once() -> redgrease::PerShard<i64> {
    python! { return 1 }
}

fn main() {}
