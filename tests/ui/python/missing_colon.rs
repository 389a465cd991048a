use redgrease::prelude::*;

#[gear_command]
fn cache_get(url: &str) -> i64 {
    python! {
        if url
            return 1
        return 2 +
    }
}

fn main() {}
