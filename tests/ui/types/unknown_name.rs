use redgrease::prelude::*;

#[gear_command]
fn result() -> Missing {
    python! { return 1 }
}

#[gear_command]
fn error(item: Absent) -> Result<i64, Refusal> {
    python! { return 1 }
}

fn main() {}
