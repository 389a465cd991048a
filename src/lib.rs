//! Python functions that run inside Redis, written inside Rust functions.
//!
//! [`start`] connects and registers every gear of the program; a gear is then called like any function:
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
//! * Values: [`GearArg`] and [`GearResult`] say what arguments and results can be, and what they are in Python.
//! * Calls: the generated function sends at once; [`Call`] has the timeout, the routing and the pipeline ([`pipe`]).
//! * Events: [`KeyRecord`] and [`StreamRecord`] are what functions of key changes and streams take.
//! * Chains: [`KeysReader`], [`StreamReader`], [`CommandReader`] and others begin one; [`Open`] has its steps, [`Closed`]
//!   runs once, a [`Registration`] reacts. [`py_literal`] says what captured values are in Python.
//!   [`Closed::start`] gives a [`Run`] that goes on by itself; [`GearsBuilder`] is a chain that changes in place.
//! * Registration: [`Options`] and [`Policy`] say when, [`Report`] what was done.
//! * The server's own commands: [`GearsCommands`], [`AsyncGearsCommands`], [`GearsPipeline`], and [`cmd`] for everything
//!   else; [`Config`] for its settings; [`ScriptFile`] for scripts that are files.
//! * Packages: [`Requirements`], merged from several places or read from a file.
//! * What happens: [`Gear::stats`], and spans for each call with the feature `tracing`.
//! * Tests: `#[gear_test]` gives each a private server (feature `embedded`).
//! * Errors: [`Error`] and its [`ErrorKind`]; an exception of Python is a [`GearError`] with the line of the Rust file.
#![allow(clippy::doc_markdown, reason = "the names of products are not code")]

pub use redgrease_core::*;
#[cfg(feature = "embedded")]
pub use redgrease_embedded as embedded;
#[cfg(feature = "macros")]
pub use redgrease_macros::{
    GearValue, gear, gear_command, gear_every, gear_keys, gear_stream, gear_test, gears, python,
    python_module,
};

#[cfg(feature = "embedded")]
pub mod test;

/// RedGrease in Python, and here: each thing that it has, and its place.
#[cfg(all(doc, feature = "full"))]
#[deny(rustdoc::broken_intra_doc_links)]
#[doc = include_str!("../docs/parity.md")]
pub mod parity {
    #[allow(unused_imports, reason = "what the links of the page name")]
    use super::*;
}

/// What the code of the macros names. Not for anybody else.
#[doc(hidden)]
pub mod __rt {
    #[cfg(feature = "embedded")]
    pub use crate::test;
    pub use redgrease_core::__rt::*;
}

/// What a module with gears needs: `use redgrease::prelude::*;`.
pub mod prelude {
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
}

#[cfg(all(doctest, feature = "embedded"))]
#[doc = include_str!("../README.md")]
mod readme {}
