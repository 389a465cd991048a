//! Counted calls; the name and documentation of the generated function.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{started, untyped};
use redgrease::prelude::*;

mod inner {
    use redgrease::prelude::*;

    /// Half of a number.
    #[gear_command(count_calls = true)]
    pub(crate) fn half(n: i64) -> f64 {
        python! { return n / (2 if n else 0) }
    }
}

#[gear_command(count_calls = true)]
fn later(n: i64) -> i64 {
    python! {
        import asyncio
        await asyncio.sleep(0)
        return n
    }
}

#[gear_command]
fn uncounted() {
    python! { pass }
}

/// Says what it is.
///
/// In two paragraphs.
#[gear_command]
fn about_itself() -> (String, String, String) {
    python! {
        import sys
        function = sys._getframe().f_globals.get("about_itself")
        return function.__name__, function.__qualname__, function.__doc__
    }
}

#[test]
fn calls_of_every_client_are_counted() {
    let (server, mut con) = started();
    assert_eq!(inner::half::GEAR.calls(&mut con).unwrap(), 0);
    inner::half(&mut con, 3).unwrap();
    inner::half(&mut con, 0).unwrap_err();
    untyped(&server, &["RG.TRIGGER", "half", "1"]);
    assert_eq!(inner::half::GEAR.calls(&mut con).unwrap(), 3);
    uncounted(&mut con).unwrap();
    assert_eq!(uncounted::GEAR.calls(&mut con).unwrap(), 0);
    assert_eq!(
        untyped(&server, &["HGETALL", "redgrease:calls"]),
        "counted::inner::half\n3"
    );
    // The count is kept when the registration is removed.
    common::unregister_all(&mut con);
    assert_eq!(inner::half::GEAR.calls(&mut con).unwrap(), 3);
}

#[cfg(all(feature = "aio", feature = "embedded"))]
#[test]
fn the_count_can_be_read_asynchronously() {
    let (server, mut con) = started();
    inner::half(&mut con, 3).unwrap();
    let calls = redgrease::test::block_on(async {
        let mut con = redgrease::connect_async(server.url()).await.unwrap();
        inner::half::GEAR.calls_async(&mut con).await.unwrap()
    });
    assert_eq!(calls, 1);
}

#[test]
fn coroutines_are_counted_too() {
    let (_server, mut con) = started();
    assert_eq!(later(&mut con, 5).unwrap(), 5);
    assert_eq!(later::GEAR.calls(&mut con).unwrap(), 1);
}

#[test]
fn a_function_keeps_its_name_and_documentation() {
    let (_server, mut con) = started();
    let (name, path, doc) = about_itself(&mut con).unwrap();
    assert_eq!(name, "about_itself");
    assert_eq!(path, "counted::about_itself");
    assert_eq!(doc, "Says what it is.\n\nIn two paragraphs.");
}
