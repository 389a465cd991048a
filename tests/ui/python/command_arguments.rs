use redgrease::prelude::*;

#[gear_command]
fn read(key: &str) -> Vec<u8> {
    python! {
        execute("SET", key)
        return execute("GET", key, "field")
    }
}

fn main() {}
