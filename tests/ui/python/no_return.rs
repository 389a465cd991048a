use redgrease::prelude::*;

#[gear_command]
fn count(key: &str) -> i64 {
    python! { cmd.incr(key) }
}

#[gear_command]
fn names(key: &str) -> Vec<String> {
    python! {
        if not key:
            raise ValueError("key")
        found = cmd.smembers(key)
    }
}

#[gear_command]
fn later(key: &str) -> i64 {
    python! { raise NotImplementedError(key) }
}

#[gear_command]
fn perhaps(key: &str) -> Option<i64> {
    python! { cmd.incr(key) }
}

#[gear_command(allow = ["no-return"])]
fn allowed(key: &str) -> i64 {
    python! { cmd.incr(key) }
}

fn main() {}
