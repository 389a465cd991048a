use redgrease::prelude::*;

type Age = Option<i64>;
type Done = Result<(), String>;

#[gear_command]
fn argument(age: Option<Age>) -> i64 {
    python! { return 1 }
}

#[gear_command]
fn rest(#[rest] ages: Vec<Option<Age>>) -> i64 {
    python! { return 1 }
}

#[gear_command]
fn result() -> Vec<Option<Age>> {
    python! { return [] }
}

#[gear_command]
fn result_in_option() -> Option<Done> {
    python! { return None }
}

fn main() {}
