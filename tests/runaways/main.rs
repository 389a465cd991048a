//! Gears that run away. `book/src/runaways.md` has a table of them: each row is a case here, on a server with the default settings.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod case;
mod main_thread;
mod many;
mod memory;
mod other_threads;
mod places;
mod stopped;
mod table;
mod watched;

use case::Case;

/// All cases, in the order of the table.
fn all() -> impl Iterator<Item = &'static Case> {
    let parts: [&'static [Case]; 5] = [
        &places::CASES,
        &main_thread::CASES,
        &other_threads::CASES,
        &memory::CASES,
        &many::CASES,
    ];
    parts.into_iter().flatten()
}
