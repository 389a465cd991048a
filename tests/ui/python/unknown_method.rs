use redgrease::prelude::*;

#[gear_command]
fn read(key: &str) -> Vec<u8> {
    python! { return cmd.hgett(key, "field") }
}

#[gear_command]
fn other(key: &str) -> Vec<u8> {
    python! { return cmd.frobnicate(key) }
}

#[gear_command]
fn group(key: &str) {
    python! { cmd.xgroup("CREATE", key, "workers", "$") }
}

#[gear_command]
fn document(key: &str) -> String {
    python! { return str(cmd.json().get(key)) }
}

#[gear_command(requirements = ["redis"])]
fn with_requirement(key: &str) -> String {
    python! { return str(cmd.json().get(key)) }
}

fn main() {}
