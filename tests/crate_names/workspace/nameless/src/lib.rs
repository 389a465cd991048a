//! A crate that imports an attribute alone.

use library::redgrease::gear_command;

/// A gear.
#[gear_command]
pub fn one() -> i64 {
    python!("return 1")
}
