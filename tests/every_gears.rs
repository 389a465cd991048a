//! `#[gear_every]`: functions that run at an interval.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease::prelude::*;
use redgrease::{Options, start_with};
use redgrease_embedded::Server;

#[gear_every("1s", description = "the first")]
fn tick() {
    python! { cmd.incr("ticks") }
}

#[gear_every("1s")]
fn tock() {
    python! {
        import asyncio
        await asyncio.sleep(0)
        cmd.incr("tocks")
    }
}

#[test]
fn a_timer_runs_until_its_session_is_replaced() {
    let server = Server::start().unwrap();
    let register = |gears: &[&'static redgrease::Gear]| {
        start_with(server.url(), &Options::new().gears(gears)).unwrap()
    };
    let (mut con, report) = register(gears![tick]);
    assert_eq!(report.registered().collect::<Vec<_>>(), ["tick"]);
    let count = |key: &str| -> u64 { untyped(&server, &["GET", key]).parse().unwrap_or(0) };
    eventually("two runs", || count("ticks") >= 2);
    assert!(!register(gears![tick]).1.is_changed());

    let rows = con.dump_registrations().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].description.as_deref(), Some("the first"));
    // The trigger of the registration runs the function immediately.
    let before = count("ticks");
    untyped(&server, &["RG.TRIGGER", &rows[0].trigger().unwrap()]);
    assert!(count("ticks") > before);

    let (_, report) = register(gears![tock]);
    assert_eq!(report.registered().collect::<Vec<_>>(), ["tock"]);
    let ended = count("ticks");
    eventually("two runs of the new timer", || count("tocks") >= 2);
    assert!(
        count("ticks") <= ended + 1,
        "the timer of the replaced session still runs"
    );
}
