//! Python functions that run inside Redis, written inside Rust functions.
//!
//! [`start`] connects and registers every gear of the program. A gear is then called like any function:
//!
#![cfg_attr(feature = "macros", doc = "```no_run")]
#![cfg_attr(not(feature = "macros"), doc = "```ignore")]
//! use redgrease::prelude::*;
//!
//! #[gear_command(requirements = ["requests"])]
//! pub fn cache_get(url: &str) -> Vec<u8> {
//!     python! {
//!         import requests
//!
//!         if cmd.exists(url):
//!             return bytes(cmd.get(url))
//!         response = requests.get(url)
//!         if response.status_code != 200:
//!             return bytes()
//!         cmd.set(url, response.content)
//!         return response.content
//!     }
//! }
//!
//! fn main() -> redgrease::Result<()> {
//!     let mut con = redgrease::start("redis://127.0.0.1/")?;
//!     let page = cache_get(&mut con, "http://example.org/")?;
//!     println!("{} bytes", page.len());
//!     Ok(())
//! }
//! ```
//!
//! Every other client of that server calls the same gear with `RG.TRIGGER cache_get http://example.org/`. The Python is checked
//! while the Rust compiles, arguments and results are typed, and an exception is a Rust error with the line of the Rust file.
//!
//! # When a gear runs
//!
//! | attribute | the function runs |
//! |---|---|
#![cfg_attr(
    feature = "macros",
    doc = "| [`#[gear_command]`](macro@gear_command) | when it is called; with a `hook`, in place of a command of Redis |"
)]
#![cfg_attr(
    feature = "macros",
    doc = "| [`#[gear_keys]`](macro@gear_keys) | when a key changes |"
)]
#![cfg_attr(
    feature = "macros",
    doc = "| [`#[gear_stream]`](macro@gear_stream) | when messages arrive in a stream |"
)]
#![cfg_attr(
    feature = "macros",
    doc = "| [`#[gear_every]`](macro@gear_every) | at an interval |"
)]
#![cfg_attr(
    feature = "macros",
    doc = "| [`#[gear]`](macro@gear) | as a chain, at each event of its reader |"
)]
//!
//! `#[gear_test]` gives a test a private server, where the gears of the crate are registered (feature `embedded`).
//!
//! # What to look for where
//!
//! **Calling.** The generated function sends at once. [`Call`] has options for time limits and routing; [`pipe`] sends several calls
//! in one round trip. [`GearArg`] and [`GearResult`] list the types of arguments and results, and their counterparts in Python.
//!
//! **Connecting.** [`start`] registers, [`connect`] does not. `Pool` (feature `aio`) and [`BlockingPool`] are for many calls at the same
//! time: a connection serves one call after the other. [`Options`] and [`Policy`] decide about registrations, [`Report`] is the result.
//!
//! **Reacting.** Functions for key changes and streams take a [`KeyRecord`] or a [`StreamRecord`].
//!
//! **Asking about all keys.** [`KeysReader`], [`StreamReader`], [`CommandReader`] and other readers begin a chain. [`Open`] has its steps.
//! [`Closed`] runs once, a [`Registration`] reacts to events. [`Closed::start`] starts a [`Run`] that continues without the client.
//! [`py_literal`] shows captured values in Python, and [`GearsBuilder`] is a mutable chain.
//!
//! **Commands of the server.** [`GearsCommands`], `AsyncGearsCommands` (feature `aio`) and [`GearsPipeline`] have methods for them, [`cmd`] builds them
//! for any other use. [`Config`] has the settings, [`ScriptFile`] is a script from a file, [`Requirements`] are packages.
//!
//! **When something fails.** [`Error`] and its [`ErrorKind`]. A Python exception is a [`GearError`] with the line of the Rust file.
//! [`Gear::stats`] has the counts of a gear, and the feature `tracing` gives a span for each call.
//!
//! # The book
//!
//! The project has a book with a five-minute start, recipes, clusters, operating and performance: `cargo xtask book` builds it in a clone,
//! its pages are in `book/src`.
#![allow(clippy::doc_markdown, reason = "the names of products are not code")]

pub use redgrease_core::*;
// Named beside the glob, so that the compiler says which feature a program lacks that uses them.
#[cfg(feature = "aio")]
pub use redgrease_core::{
    AsyncCon, AsyncConfig, AsyncConnection, AsyncGearsCommands, Pool, connect_async, orphans_async,
    register_all_async, register_all_async_with, start_async, start_async_with,
    unregister_orphans_async,
};
#[cfg(feature = "embedded")]
pub use redgrease_embedded as embedded;
#[cfg(feature = "macros")]
pub use redgrease_macros::{
    GearValue, gear, gear_command, gear_every, gear_keys, gear_stream, gear_test, gears, python,
    python_module,
};

#[cfg(not(feature = "macros"))]
mod without_macros;

#[cfg(feature = "embedded")]
pub mod test;

/// The features of RedGrease in Python, and their counterparts in this crate.
#[cfg(all(doc, feature = "full"))]
#[deny(rustdoc::broken_intra_doc_links)]
#[doc = include_str!("../book/src/parity.md")]
pub mod parity {
    #[allow(unused_imports, reason = "the page links to these names")]
    use super::*;
}

// This crate, for macro expansions with a path that the user has written. Another crate does not have the names, and the
// compiler shows them in its error, so they say what to do.
#[doc(hidden)]
pub use crate as __not_redgrease__write_its_path_behind_the_key_crate;
#[doc(hidden)]
pub use crate as __not_redgrease__write_its_path_behind_package_metadata_redgrease_crate_in_Cargo_toml;

/// Private API used by macro expansions; not covered by semver.
#[doc(hidden)]
pub mod __rt {
    #[cfg(feature = "embedded")]
    pub use crate::test;
    pub use redgrease_core::__rt::*;
}

/// The names that a module with gears needs: `use redgrease::prelude::*;`.
///
/// A module that imports names one by one does not need `python`: the attribute of a gear reads the `python!` in its body, and
/// the compiler would call the import unused. Only a `python!` outside of a gear, such as a step of a chain, needs it.
pub mod prelude {
    /// This crate, for macro expansions in a crate that has the prelude from another library. Without the prelude, the
    /// compiler shows the name in its error, so the name says what to do.
    #[doc(hidden)]
    pub use crate as __redgrease_not_found__use_its_prelude_or_the_key_crate;
    #[doc(hidden)]
    pub use crate as __redgrease_not_found__use_its_prelude_or_package_metadata_redgrease_crate_in_Cargo_toml;

    #[cfg(feature = "aio")]
    pub use crate::AsyncGearsCommands as _;
    pub use crate::{
        Bytes, CommandReader, Json, KeyRecord, KeysOnlyReader, KeysReader, PerShard, PythonReader,
        Registration, ShardsIDReader, StreamReader, StreamRecord,
    };
    #[cfg(feature = "macros")]
    pub use crate::{
        GearValue, gear, gear_command, gear_every, gear_keys, gear_stream, gear_test, gears,
        python, python_module,
    };
    pub use crate::{GearsCommands as _, GearsPipeline as _};
    #[cfg(not(feature = "macros"))]
    pub use crate::{gears, python, python_module};
}

#[cfg(all(doctest, feature = "full"))]
mod book;
