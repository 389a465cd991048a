use redgrease::prelude::*;

#[gear_command(mode = "sync", trigger = "a", mode = "async_local")]
fn cache_get(url: &str) -> i64 {
    python! { return 1 }
}

fn main() {}
