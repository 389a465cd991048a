use redgrease::prelude::*;

#[gear_command]
fn cache_get(url: &str) -> i64 {
    python! {
        if url
            return 1
        return 2 +
    }
}

#[gear_command]
fn comment(url: &str) -> i64 {
    python! {
        if url  # a comment
            return 1
    }
}

#[gear_command]
fn operand(url: &str) -> i64 {
    python! {
        return 2 +
    }
}

fn main() {}
