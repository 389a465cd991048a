use redgrease::prelude::*;

#[gear_command]
fn length(url: &str) -> i64 {
    python! { return len(url) }
}

fn main() {}
