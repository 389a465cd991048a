use redgrease::prelude::*;

#[gear_command]
fn parentheses(url: &str) -> i64 {
    python!(return 1)
}

#[gear_command]
fn brackets(url: &str) -> i64 {
    python![return 1]
}

#[gear_command]
fn nothing(url: &str) -> i64 {
    python!()
}

#[gear_command]
fn other_key(url: &str) -> i64 {
    python!(path = "gears/x.py")
}

fn main() {}
