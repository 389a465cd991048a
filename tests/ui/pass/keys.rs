//! Every key of the attribute, alone and together.
use redgrease::prelude::*;
use redgrease::{GearKind, Mode, PerShard};

#[gear_command]
fn plain() {
    python! { pass }
}

#[gear_command()]
fn empty_list() -> i64 {
    python! { return 1 }
}

#[gear_command(trigger = "other name")]
fn trigger() -> i64 {
    python! { return 1 }
}

#[gear_command(requirements = ["requests[socks]>=2.31", "numpy ; python_version > '3.8'",])]
fn requirements() -> i64 {
    python! {
        import requests
        return requests.get("http://example.org/").status_code
    }
}

#[gear_command(mode = "sync")]
fn on_the_main_thread() -> i64 {
    python! { return 1 }
}

#[gear_command(mode = "async_local")]
fn on_a_worker() -> i64 {
    python! { return 1 }
}

#[gear_command(mode = "async")]
fn everywhere() -> PerShard<String> {
    python! { return hashtag() }
}

#[gear_command(description = "what it does")]
fn described() -> i64 {
    python! { return 1 }
}

#[gear_command(python = "3.12")]
fn newer(word: &str) -> i64 {
    python! {
        match word:
            case "a":
                return 1
            case _:
                return 2
    }
}

#[gear_command(handle = Handle)]
fn renamed() -> i64 {
    python! { return 1 }
}

#[gear_command(
    trigger = "all",
    requirements = [],
    mode = "sync",
    description = "everything",
    python = "3.7",
    handle = All,
)]
pub fn all(a: &str) -> Option<String> {
    python! { return a or None }
}

fn main() {
    assert_eq!(trigger::GEAR.trigger(), Some("other name"));
    assert_eq!(plain::GEAR.trigger(), Some("plain"));
    assert_eq!(requirements::GEAR.spec().requirements.len(), 2);
    let mode = |gear: &redgrease::Gear| match gear.spec().kind {
        GearKind::Command { mode, .. } => mode,
        _ => unreachable!(),
    };
    assert_eq!(mode(plain::GEAR), Mode::AsyncLocal);
    assert_eq!(mode(on_the_main_thread::GEAR), Mode::Sync);
    assert_eq!(mode(on_a_worker::GEAR), Mode::AsyncLocal);
    assert_eq!(mode(everywhere::GEAR), Mode::Async);
    assert_eq!(described::GEAR.spec().description, Some("what it does"));
    assert_eq!(newer::GEAR.spec().python, (3, 12));
    assert_eq!(plain::GEAR.spec().python, (3, 9));
    assert_eq!(Handle::GEAR.name(), "renamed");
    assert_eq!(All::GEAR.trigger(), Some("all"));
    assert_eq!(everywhere::GEAR.spec().names, ["hashtag"]);
}
