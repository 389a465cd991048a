use redgrease::prelude::*;

#[gear_command]
fn read(key: &str) -> Vec<u8> {
    python! { return cmd.hgett(key, "field") }
}

#[gear_command]
fn other(key: &str) -> Vec<u8> {
    python! { return cmd.frobnicate(key) }
}

fn main() {}
