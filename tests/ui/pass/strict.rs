//! A crate with all lints, and without the prelude of Rust.
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

    ::redgrease::python_module! {
        /// Shared.
        pub helpers { def twice(x): return 2 * x }
    }

    /// Takes any number.
    #[::redgrease::gear_command(module = helpers, count_calls = true, trigger = unique)]
    pub fn twice_all(#[rest] numbers: &[i64]) -> ::std::vec::Vec<i64> {
        ::redgrease::python! { yield from (twice(x) for x in numbers) }
    }

    /// Takes the place of a command.
    #[::redgrease::gear_command(hook = "HGET", keyprefix = "user:")]
    pub fn hook(key: &str, field: &str) -> ::std::string::String {
        ::redgrease::python! { return call_next(key, field) }
    }

    /// Reacts.
    #[::redgrease::gear_keys(prefix = "a*", on_registered = ::redgrease::python! { log("here") })]
    pub fn react(record: ::redgrease::KeyRecord) {
        ::redgrease::python! { log(record.key) }
    }

    /// Reads.
    #[::redgrease::gear_stream("a", batch = 2)]
    pub fn read(records: ::std::vec::Vec<::redgrease::StreamRecord<::std::collections::HashMap<::std::string::String, i64>>>) {
        ::redgrease::python! { log(len(records)) }
    }

    /// Runs.
    #[::redgrease::gear_every("1h")]
    pub fn run() {
        ::redgrease::python! { pass }
    }

    /// Builds.
    #[::redgrease::gear]
    #[must_use]
    pub fn build() -> ::redgrease::Registration {
        let limit = 3;
        ::redgrease::KeysReader::new("x")
            .filter(::redgrease::python!(lambda x: len(x["key"]) > 'limit))
            .register(::redgrease::KeysRegister::new())
    }

    ::redgrease::gears! {
        /// In a wrapper.
        #[gear_command]
        pub fn wrapped() -> i64 { python!< return 1 > }
    }

    #[derive(::serde::Serialize, ::serde::Deserialize, ::redgrease::GearValue)]
    pub(crate) struct Hidden;
}

fn main() {
    let _ = gears::add::GEAR;
    let _ = gears::hidden::GEAR;
    let _ = gears::add::call(1, 2);
    let _ = gears::longest::request("a", &["b"], 1);
    let _: &[&::redgrease::Gear] = ::redgrease::gears![gears::react, gears::run, gears::build];
    let _ = (gears::hook::GEAR, gears::read::GEAR, gears::wrapped::GEAR);
    let _ = gears::twice_all::request(&[1]);
    let _ = gears::failing::decode(::redgrease::__rt::redis::Value::Nil);
}
