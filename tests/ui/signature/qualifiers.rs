use redgrease::prelude::*;

#[gear_command]
const fn constant() -> i64 {
    python! { return 1 }
}

#[gear_command]
unsafe fn dangerous() -> i64 {
    python! { return 1 }
}

#[gear_command]
extern "C" fn foreign() -> i64 {
    python! { return 1 }
}

#[gear_command]
unsafe extern "C" fn variadic(format: i64, args: ...) -> i64 {
    python! { return 1 }
}

fn main() {}
