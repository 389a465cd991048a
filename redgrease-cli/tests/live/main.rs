//! `redgrease top` and `redgrease ui`, as people use them: in a terminal, and in a browser.
//!
//! | module | purpose |
//! |---|---|
//! | `terminal` | a program in a terminal, and what it shows |
//! | `browser` | a Chromium without windows |
//! | `gears` | scripts for the tests, and what calls them |
//! | `page` | `redgrease ui`, and requests to it |
//! | `top_shows`, `top_keys`, `top_terminal`, `plain` | tests of `top` |
//! | `ui_guard`, `ui_page` | tests of `ui` |
//! | `pictures`, `drawing` | the pictures of the book; `shop/` has their scripts |
#![allow(clippy::unwrap_used, reason = "a test fails")]

#[path = "../common/mod.rs"]
mod common;

mod browser;
mod drawing;
mod gears;
mod page;
mod pictures;
mod plain;
mod terminal;
mod top_keys;
mod top_shows;
mod top_terminal;
mod ui_guard;
mod ui_page;
