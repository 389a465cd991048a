//! Registering gears: only changed sessions are sent, and errors leave the old gears running.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{calls_of, empty, free_port, unregister_all, untyped};
use redgrease::prelude::*;
use redgrease::{
    Action, Con, ErrorKind, Gear, Options, Policy, Report, SessionsOptions, register_all_with,
};
use redgrease_embedded::Server;

#[gear_command]
fn first() -> i64 {
    python! {
        return 1
    }
}

#[gear_command(description = "The second")]
fn second() -> i64 {
    python! {
        return 2
    }
}

/// The second gear of a later version of the program.
mod later {
    use super::*;

    #[gear_command(trigger = "second")]
    fn second_changed() -> i64 {
        python! {
            return 22
        }
    }

    pub(super) const GEAR: &Gear = second_changed::GEAR;
}

#[gear_command(requirements = ["no-such-package-of-redgrease==99.99"])]
fn requires_too_much() -> i64 {
    python! {
        return 1
    }
}

#[gear_command]
fn fails_to_register() -> i64 {
    python!(file = "tests/gears/fails.py")
}

/// The session of this test program.
const SESSION: &str = "redgrease-test-register";

fn options(gears: &[&'static Gear]) -> Options {
    Options::new().gears(gears)
}

fn registered(con: &mut Con, gears: &[&'static Gear]) -> Report {
    register_all_with(con, &options(gears)).unwrap()
}

fn names<'a>(triggers: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    triggers.collect()
}

#[test]
fn a_second_start_sends_nothing() {
    let server = Server::start().unwrap();
    let both = options(&[first::GEAR, second::GEAR]);
    let (mut con, report) = redgrease::start_with(server.url(), &both).unwrap();
    assert_eq!(names(report.registered()), ["first", "second"]);
    assert_eq!(
        (report.sessions.len(), report.sessions[0].session.as_str()),
        (1, SESSION)
    );
    assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
    assert_eq!(
        (first(&mut con).unwrap(), second(&mut con).unwrap()),
        (1, 2)
    );

    let (_con, report) = redgrease::start_with(server.url(), &both).unwrap();
    assert_eq!(names(report.unchanged()), ["first", "second"]);
    assert_eq!(report.sessions[0].action, Action::UpToDate);
    assert!(!report.is_changed());
    assert_eq!(calls_of(&server, "rg.pyexecute"), 1);
}

#[test]
fn the_session_has_a_description() {
    let (_server, mut con) = empty();
    registered(&mut con, &[first::GEAR, second::GEAR]);
    let sessions = con.dump_sessions(&SessionsOptions::new()).unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].id, SESSION);
    let description: serde_json::Value =
        serde_json::from_str(sessions[0].description.as_ref().unwrap()).unwrap();
    assert_eq!(description["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(description["hash"].as_str().unwrap().len(), 32);
    assert_eq!(description["gears"].as_object().unwrap().len(), 2);
    let registrations = con.dump_registrations().unwrap();
    assert!(
        registrations
            .iter()
            .any(|r| r.description.as_deref() == Some("The second"))
    );
    assert!(registrations.iter().all(|r| r.mode == "async_local"));
}

#[test]
fn a_changed_set_replaces_the_old_one_in_one_step() {
    let (server, mut con) = empty();
    registered(&mut con, &[first::GEAR, second::GEAR]);
    let report = registered(&mut con, &[later::GEAR]);
    assert_eq!(names(report.replaced()), ["second"]);
    assert_eq!(names(report.removed()), ["first"]);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "second"]), "22");
    let refused = untyped(&server, &["RG.TRIGGER", "first"]);
    assert!(refused.starts_with("ERR subcommand not found"), "{refused}");
    assert_eq!(con.dump_registrations().unwrap().len(), 1);
}

#[test]
fn a_failing_script_leaves_the_old_set_running() {
    let (server, mut con) = empty();
    registered(&mut con, &[first::GEAR]);
    let error = register_all_with(&mut con, &options(&[second::GEAR, fails_to_register::GEAR]))
        .unwrap_err();
    let raised = error.as_gear().unwrap();
    assert_eq!(
        (raised.exception.as_str(), raised.message.as_str()),
        ("RuntimeError", "not on this server")
    );
    assert!(
        raised
            .frame()
            .unwrap()
            .file
            .ends_with("tests/gears/fails.py"),
        "{error}"
    );
    assert_eq!(raised.frame().unwrap().line, 1);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "first"]), "1");
    let refused = untyped(&server, &["RG.TRIGGER", "second"]);
    assert!(refused.starts_with("ERR subcommand not found"), "{refused}");
}

#[test]
fn a_gear_unregistered_by_hand_is_registered_again() {
    let (_server, mut con) = empty();
    registered(&mut con, &[first::GEAR]);
    unregister_all(&mut con);
    let report = registered(&mut con, &[first::GEAR]);
    assert_eq!(names(report.registered()), ["first"]);
}

#[test]
fn a_policy_decides_when_to_register() {
    let (server, mut con) = empty();
    let with = |policy| options(&[first::GEAR]).policy(policy);
    let report = register_all_with(&mut con, &with(Policy::Never)).unwrap();
    assert_eq!(report.sessions[0].action, Action::Skipped);
    let error = register_all_with(&mut con, &with(Policy::Error)).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Outdated { .. }),
        "{error}"
    );
    assert_eq!(calls_of(&server, "rg.pyexecute"), 0);
    register_all_with(&mut con, &with(Policy::Always)).unwrap();
    register_all_with(&mut con, &with(Policy::Always)).unwrap();
    assert_eq!(calls_of(&server, "rg.pyexecute"), 2);
    register_all_with(&mut con, &with(Policy::Error)).unwrap();
}

#[test]
fn a_trigger_of_another_session_names_its_owner() {
    let (_server, mut con) = empty();
    let script = "GB('CommandReader').map(lambda r: 0).register(trigger='second')";
    let other_options = redgrease::PyExecuteOptions::new().id("another-program");
    con.pyexecute_options::<redis::Value>(script, &other_options)
        .unwrap();
    let error = register_all_with(&mut con, &options(&[first::GEAR, second::GEAR])).unwrap_err();
    match error.kind() {
        ErrorKind::TriggerOwned {
            trigger,
            owner,
            session,
            ..
        } => {
            assert_eq!(
                (trigger.as_str(), owner.as_deref()),
                ("second", Some("another-program"))
            );
            assert_eq!(session, SESSION);
        }
        other => panic!("{other:?}"),
    }
    assert!(error.to_string().contains("`another-program`"), "{error}");
    assert_eq!(con.dump_registrations().unwrap().len(), 1);
}

#[test]
fn two_gears_with_one_trigger_are_refused_before_anything_is_sent() {
    let (server, mut con) = empty();
    let error = register_all_with(&mut con, &options(&[second::GEAR, later::GEAR])).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::DuplicateTrigger { trigger, .. } if trigger == "second"),
        "{error}"
    );
    for gear in [second::GEAR, later::GEAR] {
        assert!(
            error.to_string().contains(&gear.location().to_string()),
            "{error}"
        );
    }
    assert_eq!(calls_of(&server, "rg.pydumpsessions"), 0);
    // The same gear may be listed twice.
    registered(&mut con, &[second::GEAR, second::GEAR]);
}

#[test]
fn a_server_without_the_engine_is_an_error_with_a_remedy() {
    let plain = Server::builder().without_engine().start().unwrap();
    let error = redgrease::start_with(plain.url(), &options(&[first::GEAR])).unwrap_err();
    assert!(error.is_no_gears(), "{error}");
    assert!(error.to_string().contains("--loadmodule"), "{error}");
    let mut con = redgrease::connect(plain.url()).unwrap();
    assert!(first(&mut con).unwrap_err().is_no_gears());
}

#[test]
fn a_failed_installation_shows_the_output_of_pip() {
    let (_server, mut con) = empty();
    let error = register_all_with(&mut con, &options(&[requires_too_much::GEAR])).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Requirements { .. }),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("could not install no-such-package-of-redgrease==99.99"),
        "{text}"
    );
    assert!(text.contains("Could not satisfy requirements"), "{text}");
    assert!(
        text.contains("No matching distribution") || text.to_lowercase().contains("error"),
        "{text}"
    );
}

#[test]
fn invalid_addresses_are_refused() {
    let error = redgrease::start("redis://127.0.0.1/2").unwrap_err();
    assert!(error.to_string().contains("database 2"), "{error}");
    let error = redgrease::start("not an address").unwrap_err();
    assert!(error.to_string().contains("redis://"), "{error}");
    let error = redgrease::start("redis+unix:///no/such/socket").unwrap_err();
    assert!(error.is_connection(), "{error}");
}

#[test]
fn a_program_without_gears_is_an_error() {
    let (_server, mut con) = empty();
    let error = register_all_with(&mut con, &options(&[])).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoneFound), "{error}");
}

#[test]
fn every_gear_of_the_program_is_found() {
    let names: Vec<_> = redgrease::gears().iter().map(|gear| gear.name()).collect();
    for name in [
        "fails_to_register",
        "first",
        "requires_too_much",
        "second",
        "second_changed",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert!(names.is_sorted(), "{names:?}");
}

#[cfg(feature = "aio")]
#[tokio::test]
async fn gears_can_be_registered_asynchronously() {
    let server = Server::start().unwrap();
    let gears = options(&[first::GEAR]);
    let (mut con, report) = redgrease::start_async_with(server.url(), &gears)
        .await
        .unwrap();
    assert_eq!(names(report.registered()), ["first"]);
    let report = redgrease::register_all_async_with(&mut con, &gears)
        .await
        .unwrap();
    assert_eq!(names(report.unchanged()), ["first"]);
    assert_eq!(first::call().on_async(&mut con).await.unwrap(), 1);
}

/// Takes longer to register than a connection of redis-rs waits for a reply.
#[cfg(feature = "aio")]
#[gear_command]
fn slow_to_register() -> i64 {
    python!(file = "tests/gears/slow.py")
}

#[cfg(feature = "aio")]
#[tokio::test]
async fn registration_outlasts_the_timeout_of_a_connection() {
    let server = Server::start().unwrap();
    let client = redis::Client::open(server.url()).unwrap();
    let mut foreign = client.get_multiplexed_async_connection().await.unwrap();
    let gears = options(&[slow_to_register::GEAR]);
    let report = redgrease::register_all_async_with(&mut foreign, &gears)
        .await
        .unwrap();
    assert_eq!(names(report.registered()), ["slow_to_register"]);
    assert!(
        report.took >= std::time::Duration::from_secs(1),
        "{:?}",
        report.took
    );
    assert_eq!(
        slow_to_register::call()
            .on_async(&mut foreign)
            .await
            .unwrap(),
        1
    );
}

#[test]
fn an_address_without_a_server_is_a_connect_error() {
    let port = free_port();
    let error = redgrease::connect(format!("redis://user:secret@127.0.0.1:{port}/")).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("connecting to 127.0.0.1:{port} failed: ")),
        "{text}"
    );
    assert!(text.contains("check the address"), "{text}");
    assert!(!text.contains("secret"), "{text}");
    assert!(matches!(error.kind(), redgrease::ErrorKind::Connect { .. }));
}
