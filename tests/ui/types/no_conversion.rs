use redgrease::prelude::*;
use std::time::Instant;

#[gear_command]
fn argument(ok: &str, when: Instant, list: Vec<std::time::Instant>) -> i64 {
    python! { return 1 }
}

#[gear_command]
fn result(ok: &str) -> Vec<Instant> {
    python! { return [] }
}

fn main() {}
