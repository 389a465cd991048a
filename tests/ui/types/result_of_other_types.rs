use redgrease::prelude::*;

type Nested = Option<Result<i64, String>>;

enum Refusal {
    SoldOut,
}

#[gear_command]
fn without_a_conversion(item: &str) -> Result<i64, Refusal> {
    python! { raise Err("SoldOut") }
}

#[gear_command]
fn hidden(item: &str) -> Result<Nested, String> {
    python! { return 1 }
}

#[gear_command]
fn argument(item: Result<i64, String>) -> i64 {
    python! { return 1 }
}

fn main() {
    let _ = Refusal::SoldOut;
}
