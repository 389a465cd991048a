use redgrease::prelude::*;

#[gear_command]
fn cache_get(url: &str) -> i64 {
    python!(file = "gears/cache_get.py")
}

#[gear_command]
fn directory(url: &str) -> i64 {
    python!(file = "tests")
}

fn main() {}
