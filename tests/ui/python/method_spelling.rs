use redgrease::prelude::*;

#[gear_command]
fn read(key: &str) -> Vec<u8> {
    python! {
        cmd.Get(key)
        cmd.HGETALL(key)
        cmd.setEx(key, 60, "value")
        cmd.getAll(key)
        return b""
    }
}

fn main() {}
