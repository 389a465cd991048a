//! What a server does at the moment: `top` in the terminal, and `ui` in the browser.
//!
//! | folder | purpose |
//! |---|---|
//! | `model/` | what both show: samples of the server, and what follows from two of them |
//! | `top/` | the terminal |
//! | `ui/` | the page |
//!
//! `poller.rs` is the thread that samples; `action.rs` what a person may change; `columns/` the tables of the terminal;
//! `text.rs` figures as people read them.

mod action;
mod columns;
mod model;
mod poller;
mod text;
pub(crate) mod top;
pub(crate) mod ui;

use crate::failure::Failure;
use std::time::Duration;

/// Parses the seconds of `--interval`.
fn interval(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("write seconds from 0.1 to 3600".to_owned()),
    }
}

/// A thread of the program is gone, which is a fault of the program.
fn thread_ended() -> Failure {
    Failure::failed("the thread that asks the server has ended: start the command again")
}
