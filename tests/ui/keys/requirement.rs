use redgrease::prelude::*;

#[gear_command(requirements = ["requests>=2.31", ">=2", "requests=2.0", "numpy pandas", "-r all.txt"])]
fn cache_get(url: &str) -> i64 {
    python! { return 1 }
}

fn main() {}
