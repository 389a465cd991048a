use redgrease::prelude::*;

#[gear_command]
fn arguments(a: impl ToString, b: Vec<_>, c: &mut i64) -> i64 {
    python! { return 1 }
}

#[gear_command]
fn some_type() -> impl ToString {
    python! { return 1 }
}

#[gear_command]
fn any_type() -> _ {
    python! { return 1 }
}

#[gear_command]
fn never() -> ! {
    python! { raise ValueError("no") }
}

fn main() {}
