//! A program whose user may call gears and may not register them.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::{calls_of, unregister_all, untyped};
use redgrease::prelude::*;
use redgrease::{Con, Gear, Options, Policy};
use redgrease_embedded::Server;

#[gear_command]
fn doubled(number: i64) -> i64 {
    python! {
        return number * 2
    }
}

#[gear_command]
fn not_deployed() -> i64 {
    python! {
        return 1
    }
}

const GEARS: [&Gear; 1] = [doubled::GEAR];

/// A server on which a deployment program has registered the gears, and the address with the name of the application's user.
/// `None` on a server that cannot run a command as a user.
fn deployed() -> Option<(Server, Con, String)> {
    let server = Server::start().unwrap();
    if lacks(&server, Capability::CommandsAsUser) {
        return None;
    }
    let (con, _) = redgrease::start_with(server.url(), &Options::new().gears(&GEARS)).unwrap();
    let rules = "ACL SETUSER app on >pw ~* &* +@all -@admin -@dangerous -rg.pyexecute";
    let words: Vec<&str> = rules.split(' ').collect();
    assert_eq!(untyped(&server, &words), "OK");
    let url = format!("{}?user=app&pass=pw", server.url());
    Some((server, con, url))
}

#[test]
fn the_program_starts_and_calls_gears_with_every_policy() {
    let Some((server, _deployer, url)) = deployed() else {
        return;
    };
    let registered = calls_of(&server, "rg.pyexecute");
    for policy in [
        Policy::Never,
        Policy::Error,
        Policy::IfNewer,
        Policy::IfChanged,
    ] {
        let options = Options::new().gears(&GEARS).policy(policy);
        let (mut con, _) = redgrease::start_with(url.as_str(), &options).unwrap();
        assert_eq!(doubled(&mut con, 21).unwrap(), 42, "{policy:?}");
    }
    assert_eq!(calls_of(&server, "rg.pyexecute"), registered);
}

#[test]
fn the_program_is_told_what_it_may_not_do() {
    let Some((_server, mut deployer, url)) = deployed() else {
        return;
    };
    // Another gear would have to be registered.
    let both: &[&'static Gear] = &[doubled::GEAR, not_deployed::GEAR];
    let error = redgrease::start_with(url.as_str(), &Options::new().gears(both)).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("rg.pyexecute"), "{text}");

    let options = Options::new().gears(&GEARS).policy(Policy::Never);
    let (mut con, _) = redgrease::start_with(url.as_str(), &options).unwrap();
    unregister_all(&mut deployer);
    let error = doubled(&mut con, 21).unwrap_err().to_string();
    assert!(
        error.contains("the policy `Never` is to register nothing"),
        "{error}"
    );
}
