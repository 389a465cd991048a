use redgrease::prelude::*;

#[gear_command(mode = "asinc_local")]
fn similar() -> i64 {
    python! { return 1 }
}

#[gear_command(mode = "fast")]
fn unlike() -> i64 {
    python! { return 1 }
}

fn main() {}
