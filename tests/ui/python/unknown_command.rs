use redgrease::prelude::*;

#[gear_command]
fn read(key: &str) -> Vec<u8> {
    python! { return execute("HGETT", key, "field") }
}

#[gear_command]
fn of_a_module(key: &str) -> Vec<u8> {
    python! { return execute("FROBNICATE", key) }
}

fn main() {}
