//! A crate whose manifest names nothing.

use library::redgrease::gear_command;

/// A gear.
#[gear_command]
pub fn one() -> i64 {
    python!("return 1")
}
