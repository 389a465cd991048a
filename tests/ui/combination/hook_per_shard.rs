use redgrease::prelude::*;

#[gear_command(hook = "HGET", mode = "async")]
fn by_mode(key: &str) -> String {
    python! { return key }
}

#[gear_command(hook = "HGET")]
fn by_result(key: &str) -> redgrease::PerShard<String> {
    python! { return key }
}

fn main() {
    let _ = (by_mode::GEAR, by_result::GEAR);
}
