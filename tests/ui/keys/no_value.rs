use redgrease::prelude::*;

#[gear_command(trigger, requirements("requests"), python =, sync)]
fn cache_get(url: &str) -> i64 {
    python! { return 1 }
}

fn main() {}
