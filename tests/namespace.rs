//! Two stages on one server. Connections of redis-rs have one namespace per process, so this is a test program of its own.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::untyped;
use redgrease::prelude::*;
use redgrease::{Options, Policy, PyExecuteOptions, SessionsOptions, register_all_with};
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

    // Another stage has the same trigger, and is not touched.
    let script = "GB('CommandReader').map(lambda r: 'production').register(trigger='stage')";
    con.pyexecute_options::<redis::Value>(
        script,
        &PyExecuteOptions::new().id("redgrease-test-namespace"),
    )
    .unwrap();
    assert_eq!(stage(&mut con).unwrap(), "staging");

    // A lost gear is registered again under its own name.
    common::unregister_all(&mut con);
    assert_eq!(stage(&mut con).unwrap(), "staging");

    for name in ["a b", ""] {
        let error =
            redgrease::start_with(server.url(), &Options::new().namespace(name)).unwrap_err();
        assert!(error.to_string().contains("may contain"), "{error}");
    }
    connections_of_redis_rs_have_the_namespace_of_the_first_registration();
}

fn connections_of_redis_rs_have_the_namespace_of_the_first_registration() {
    let server = Server::start().unwrap();
    let staging = Options::new().namespace("staging");
    redgrease::start_with(server.url(), &staging).unwrap();
    redgrease::start_with(server.url(), &Options::new().namespace("later")).unwrap();
    let mut foreign = redis::Client::open(server.url())
        .unwrap()
        .get_connection()
        .unwrap();
    common::unregister_all(&mut foreign);
    assert_eq!(stage(&mut foreign).unwrap(), "staging");
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "staging:stage"]),
        "staging"
    );

    // They can be given other options, but not another namespace.
    register_all_with(&mut foreign, &staging.policy(Policy::Never)).unwrap();
    common::unregister_all(&mut foreign);
    let error = stage(&mut foreign).unwrap_err();
    assert!(error.to_string().contains("`Never`"), "{error}");
    let production = Options::new().namespace("production");
    let error = register_all_with(&mut foreign, &production).unwrap_err();
    for part in ["already uses the namespace `staging`", "`production`"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    let error = redgrease::register_all(&mut foreign).unwrap_err();
    assert!(error.to_string().contains("cannot use none"), "{error}");
}
