use redgrease::prelude::*;

#[gear_command]
fn remove(key: &str) {
    python! { cmd.del(key) }
}

fn main() {}
