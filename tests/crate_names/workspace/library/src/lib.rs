//! A library that re-exports `redgrease`.
#![deny(warnings)]

pub use redgrease;

/// The names for crates that use this library.
pub mod prelude {
    pub use redgrease::prelude::*;
}

use prelude::*;

/// A gear of the library.
#[gear_command]
pub fn length(text: &str) -> i64 {
    python! { return len(text) }
}

/// Makes a gear in the crate of the caller.
#[macro_export]
macro_rules! constant {
    ($name:ident) => {
        /// Always the same.
        #[$crate::redgrease::gear_command(crate = $crate::redgrease)]
        pub fn $name() -> i64 {
            python!("return 1")
        }
    };
}
