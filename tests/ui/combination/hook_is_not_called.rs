use redgrease::prelude::*;

#[gear_command(hook = "HGET")]
async fn later(key: &str) -> String {
    python! { return key }
}

fn main() {
    let _ = later::GEAR;
}
