use redgrease::prelude::*;

#[gear_command]
fn read(key: &str) -> i64 {
    python! {
        # redgrease: allow unknown-command
        execute("INCR", key)
        return 1  # redgrease: allow(unknown-imports)
    }
}

fn main() {}
