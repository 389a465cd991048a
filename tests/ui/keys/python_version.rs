use redgrease::prelude::*;

#[gear_command(python = "2.7")]
fn too_old() -> i64 {
    python! { return 1 }
}

#[gear_command(python = "3.9.1")]
fn too_exact() -> i64 {
    python! { return 1 }
}

fn main() {}
