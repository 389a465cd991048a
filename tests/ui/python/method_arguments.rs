use redgrease::prelude::*;

#[gear_command]
fn store(key: &str) {
    python! {
        cmd.set(key)
        cmd.hset(key)
        cmd.get(key, 1)
        cmd.set(key, 1, exx=5)
    }
}

fn main() {}
