use redgrease::prelude::*;

#[gear_command(requirments = ["requests"], colour = "red", Trigger = "x", "text")]
fn cache_get(url: &str) -> i64 {
    python! { return 1 }
}

fn main() {}
