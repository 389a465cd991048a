use redgrease::prelude::*;

#[gear_command]
fn both(key: &str) {
    python! {
        atomic()
        cmd.incr(key)
    }
}

fn main() {}
