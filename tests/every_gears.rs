//! `#[gear_every]`: functions that run at an interval.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::eventually;
use redgrease::prelude::*;
use redgrease::{Options, start_with};
use redgrease_embedded::Home;
use redis::Commands;

#[gear_every("1s", description = "the first")]
fn tick() {
    python! { cmd.incr("ticks:{" + hashtag() + "}") }
}

#[gear_every("1s")]
fn tock() {
    python! {
        import asyncio
        await asyncio.sleep(0)
        cmd.incr("tocks:{" + hashtag() + "}")
    }
}

#[test]
fn a_timer_runs_until_its_session_is_replaced() {
    let server = Home::start().unwrap();
    let register = |gears: &[&'static redgrease::Gear]| {
        start_with(server.url(), &Options::new().gears(gears)).unwrap()
    };
    let (mut con, report) = register(gears![tick]);
    assert_eq!(report.registered().collect::<Vec<_>>(), ["tick"]);
    // The timer runs on one shard, and its trigger on the one that is asked.
    let count = |name: &str| -> u64 {
        let mut con = redgrease::connect(server.url()).unwrap();
        let keys: Vec<String> = con.keys(format!("{name}:*")).unwrap();
        keys.iter().map(|key| con.get::<_, u64>(key).unwrap()).sum()
    };
    eventually("two runs", || count("ticks") >= 2);
    assert!(!register(gears![tick]).1.is_changed());

    let rows = con.dump_registrations().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].description.as_deref(), Some("the first"));
    // The trigger of the registration runs the function immediately.
    let before = count("ticks");
    let trigger = rows[0].trigger().unwrap();
    con.trigger::<redis::Value>(&trigger, &[""; 0]).unwrap();
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
