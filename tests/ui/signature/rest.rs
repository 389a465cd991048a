use redgrease::prelude::*;

#[gear_command]
fn first(#[rest] all: Vec<i64>, last: i64) -> i64 {
    python! { return last }
}

#[gear_command]
fn one(#[rest] value: i64) -> i64 {
    python! { return value }
}

#[gear_command]
fn with_value(#[rest(3)] all: Vec<i64>, ) -> i64 {
    python! { return 1 }
}

#[gear_command]
fn element(#[rest] all: Vec<std::time::Instant>) -> i64 {
    python! { return 1 }
}

fn main() {
    let _ = (first::GEAR, one::GEAR, with_value::GEAR);
}
