use redgrease::prelude::*;

#[gear_command]
fn annotated(#[allow(unused)] a: i64) -> i64 {
    python! { return a }
}

fn main() {}
