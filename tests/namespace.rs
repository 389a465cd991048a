//! Two stages on one server. The namespace belongs to the process, so this is a separate test program.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::untyped;
use redgrease::prelude::*;
use redgrease::{Options, PyExecuteOptions, SessionsOptions};
use redgrease_embedded::Server;

#[gear_command]
fn stage() -> String {
    python! {
        return "staging"
    }
}

#[test]
fn sessions_and_triggers_are_prefixed() {
    let server = Server::start().unwrap();
    let staging = Options::new().namespace("staging");
    let (mut con, report) = redgrease::start_with(server.url(), &staging).unwrap();
    assert_eq!(report.registered().collect::<Vec<_>>(), ["staging:stage"]);
    assert_eq!(stage(&mut con).unwrap(), "staging");
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "staging:stage"]),
        "staging"
    );
    assert_eq!(
        con.dump_sessions(&SessionsOptions::new()).unwrap()[0].id,
        "staging--redgrease-test-namespace"
    );

    // Another stage has the same trigger and is not affected.
    let script = "GB('CommandReader').map(lambda r: 'production').register(trigger='stage')";
    con.pyexecute_options::<redis::Value>(
        script,
        &PyExecuteOptions::new().id("redgrease-test-namespace"),
    )
    .unwrap();
    assert_eq!(stage(&mut con).unwrap(), "staging");

    // A lost gear is registered again under its prefixed name.
    common::unregister_all(&mut con);
    assert_eq!(stage(&mut con).unwrap(), "staging");

    for (name, says) in [
        ("production", "already uses the namespace `staging`"),
        ("a b", "may contain"),
        ("", "may contain"),
    ] {
        let error =
            redgrease::start_with(server.url(), &Options::new().namespace(name)).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = redgrease::start(server.url()).unwrap_err();
    assert!(error.to_string().contains("cannot use none"), "{error}");
}
