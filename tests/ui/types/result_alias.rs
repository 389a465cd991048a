use redgrease::prelude::*;
use redgrease::Result;

mod shop {
    pub type Result<T> = std::result::Result<T, std::num::ParseIntError>;
}

#[gear_command]
fn of_redgrease() -> Result<i64> {
    python! { return 1 }
}

#[gear_command]
fn of_a_module() -> Vec<shop::Result<i64>> {
    python! { return [1] }
}

fn main() {}
