use redgrease::prelude::*;

#[gear_command(allow = ["unknown-imports"])]
fn one() {
    python! { pass }
}

#[gear_command(allow = ["everything"])]
fn two() {
    python! { pass }
}

fn main() {}
