use redgrease::prelude::*;

#[gear_command(trigger = "")]
fn nameless() -> i64 {
    python! { return 1 }
}

#[gear_command(trigger = "a\0b")]
fn unprintable() -> i64 {
    python! { return 1 }
}

fn main() {}
