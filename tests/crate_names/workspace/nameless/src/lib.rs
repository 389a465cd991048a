//! A crate that imports the macros alone.

use library::redgrease::{gear_command, gears, python_module};

/// A gear.
#[gear_command]
pub fn one() -> i64 {
    python!("return 1")
}

/// Names another crate.
#[gear_command(crate = library)]
pub fn two() -> Result<i64, String> {
    python!("return 1")
}

/// Names nothing.
#[gear_command(crate = library::redgreese)]
pub fn three() -> i64 {
    python!("return 1")
}

/// Names itself.
#[gear_command(crate = crate)]
pub fn four(text: &str) -> i64 {
    python!("return 1")
}

python_module! {
    pub shared { def twice(x): return 2 * x }
}

/// A list.
pub fn all() {
    let _ = gears![one];
}
