use redgrease::prelude::*;

#[gear_command]
fn own() -> redgrease::Result<i64> {
    python! { return 1 }
}

#[gear_command]
fn other() -> Result<String, std::io::Error> {
    python! { return "a" }
}

fn main() {}
