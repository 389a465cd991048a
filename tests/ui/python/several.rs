use redgrease::prelude::*;

#[gear_command(python = "3.7", requirements = ["=="])]
fn cache_get(url: &str) -> i64 {
    python! {
        a = one_
        b = two_
        break
        if (n := len(url)) > 3:
            return a, *b
    }
}

fn main() {}
