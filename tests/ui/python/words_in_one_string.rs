use redgrease::prelude::*;

#[gear_command]
fn clients() -> String {
    python! { return execute("CLIENT LIST") }
}

fn main() {}
