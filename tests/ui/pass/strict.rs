//! A crate that switches everything on that can complain, and the prelude off.
#![no_implicit_prelude]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    unreachable_pub,
    unused_qualifications,
    rust_2018_idioms,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::pedantic
)]
#![forbid(unsafe_code)]

/// Public gears.
pub mod gears {
    /// Adds, with an argument that is called like the connection.
    #[::redgrease::gear_command]
    #[must_use]
    pub fn add(con: i64, arguments: i64) -> i64 {
        ::redgrease::python! { return con + arguments }
    }

    /// The longest.
    #[::redgrease::gear_command]
    #[allow(clippy::needless_lifetimes)]
    pub fn longest<'a>(a: &'a str, b: &[&'a str], _hint: i64) -> ::std::string::String {
        ::redgrease::python! { return max([a] + b, key=len) }
    }

    /// Fails by itself.
    ///
    /// # Errors
    ///
    /// Always.
    #[::redgrease::gear_command]
    pub fn failing() {
        ::redgrease::python! { raise ValueError("no") }
    }

    #[::redgrease::gear_command]
    #[cfg(not(any()))]
    pub(crate) fn hidden(a: Hidden, list: ::std::vec::Vec<Hidden>) -> Hidden {
        ::redgrease::python! { return list[0] or a }
    }

    #[derive(::serde::Serialize, ::serde::Deserialize, ::redgrease::GearValue)]
    pub(crate) struct Hidden;
}

fn main() {
    let _ = gears::add::GEAR;
    let _ = gears::hidden::GEAR;
    let _ = gears::add::call(1, 2);
    let _ = gears::longest::request("a", &["b"], 1);
    let _ = gears::failing::decode(::redgrease::__rt::redis::Value::Nil);
}
