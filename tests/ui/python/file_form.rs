use redgrease::prelude::*;

#[gear_command]
fn broken(url: &str) -> i64 {
    python!(file = "tests/ui/modules/broken.py")
}

#[gear_command]
fn undefined(url: &str) -> i64 {
    python!(file = "tests/ui/modules/undefined.py")
}

#[gear_command]
fn elsewhere(x: i64) -> i64 {
    python!(file = "tests/ui/modules/file.py")
}

#[gear_command]
fn coroutine(x: i64, y: i64) -> i64 {
    python!(file = "tests/ui/modules/coroutine.py")
}

fn main() {}
