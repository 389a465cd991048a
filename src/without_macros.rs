//! The macros without the feature `macros`: an error that names the feature. Only a crate of macros can define attributes,
//! but nearly every gear has a `python!`. A macro that another macro exports has no path, so the three are written out.

/// Needs the feature `macros`.
#[macro_export]
macro_rules! python {
    ($($tokens:tt)*) => {
        ::core::compile_error! {
            "the macros of redgrease need its feature `macros`: add it to the features of redgrease in Cargo.toml"
        }
    };
}

/// Needs the feature `macros`.
#[macro_export]
macro_rules! python_module {
    ($($tokens:tt)*) => {
        ::core::compile_error! {
            "the macros of redgrease need its feature `macros`: add it to the features of redgrease in Cargo.toml"
        }
    };
}

/// Needs the feature `macros`.
#[macro_export]
macro_rules! gears {
    ($($tokens:tt)*) => {
        ::core::compile_error! {
            "the macros of redgrease need its feature `macros`: add it to the features of redgrease in Cargo.toml"
        }
    };
}
