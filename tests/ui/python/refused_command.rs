use redgrease::prelude::*;

#[gear_command]
fn both(key: &str) {
    python! {
        execute("MULTI")
        execute("INCR", key)
        execute("EXEC")
    }
}

fn main() {}
