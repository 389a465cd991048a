use redgrease::prelude::*;

#[gear_command]
fn read(key: &str) -> i64 {
    python! {
        execute()
        execute("")
        execute(None, key)
        cmd.execute_command(["GET", key])
        return 1
    }
}

fn main() {}
