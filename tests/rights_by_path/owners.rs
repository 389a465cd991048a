//! What happens to the user of a gear between registration and run.

use crate::cases::{CASES, Case};
use crate::common::eventually;
use crate::table::{Rights, Row};
use crate::walk::{Report, check, is_refused};
use crate::world::{AUTHOR, DEFAULT, SECRET, World};

/// All paths on which the user who sent the script counts, except those that run as part of the script.
fn of_owner(execute_as_owner: bool) -> impl Iterator<Item = (usize, &'static Case)> {
    CASES.iter().enumerate().filter(move |(_, case)| {
        let row = Row::of(case.row);
        let rights = if execute_as_owner {
            row.as_owner
        } else {
            row.rights
        };
        // The refusals of these stand in an execution, and in the reply of the trigger.
        let elsewhere = case.script.contains("KeysReader').map(probe).run")
            || case.row.contains("a gear begins") && case.script.contains("app:te");
        rights == Rights::Owner && !elsewhere
    })
}

/// Registers every case as [`AUTHOR`], changes the user, and hands the report to `check`. A record that is refused makes none.
fn after(change: &[&[&str]], check: impl Fn(&str, Option<Report>)) {
    for execute_as_owner in [false, true] {
        let Some(world) = World::with_setting(execute_as_owner) else {
            return;
        };
        for (number, case) in of_owner(execute_as_owner) {
            let what = format!("{}: {} {:?}", case.row, case.script, case.cause);
            world.send_script(number, case.script, AUTHOR);
            for words in change {
                world.ask(DEFAULT, words);
            }
            world.cause(case, DEFAULT);
            // The reader may be refused before there is a record, and a stream is not read.
            let is_refused = || {
                let rows = world.ask(DEFAULT, &["RG.DUMPREGISTRATIONS"]);
                rows.contains("PAUSED") || rows.contains("NOPERM")
            };
            eventually(&what, || world.report(number).is_some() || is_refused());
            check(&what, world.report(number));
            world.clean_up(case);
            world.ask(DEFAULT, &["ACL", "DELUSER", AUTHOR]);
            world.make_user(AUTHOR);
            world.ask(DEFAULT, &["ACL", "SETUSER", AUTHOR, "+rg.pyexecute"]);
        }
        let log = std::fs::read_to_string(world.server.log_path()).unwrap();
        assert!(!log.contains(SECRET), "the log contains a secret");
    }
}

#[test]
fn a_gear_of_a_deleted_user_has_no_rights() {
    after(&[&["ACL", "DELUSER", AUTHOR]], |what, report| {
        for text in report.into_iter().flatten() {
            let in_lua = text.contains("a gear that a script calls");
            let refused = is_refused(&text) && text.contains(AUTHOR);
            assert!(refused || in_lua, "{what}: {text}");
        }
    });
}

#[test]
fn a_gear_of_a_restricted_user_has_the_rights_that_are_left() {
    let change = ["ACL", "SETUSER", AUTHOR, "-get", "-getrange"];
    after(&[&change], |what, report| {
        if let Some([_, secret, own]) = report {
            assert!(is_refused(&secret), "{what}: {secret}");
            assert!(is_refused(&own), "{what}: {own}");
        }
    });
}

/// A user is known by its name.
#[test]
fn a_gear_of_a_user_that_was_created_again_has_the_new_rights() {
    let again = ["ACL", "SETUSER", AUTHOR, "on", ">p", "+@all", "~app:*"];
    after(&[&["ACL", "DELUSER", AUTHOR], &again], |what, report| {
        check(what, &report.unwrap(), AUTHOR);
    });
}

#[test]
fn a_user_without_the_right_to_call_gears_calls_none() {
    let Some(world) = World::start() else { return };
    world.send_script(0, "trigger(probe, 'sync')", DEFAULT);
    let change = ["-rg.trigger", "-rg.triggeronkey"];
    world.ask(
        DEFAULT,
        &[&["ACL", "SETUSER", AUTHOR], change.as_slice()].concat(),
    );
    world.send_script(
        1,
        "trigger(lambda x: execute('RG.TRIGGER', 't'), 'async_local', 'outer')",
        DEFAULT,
    );
    for words in [
        ["RG.TRIGGER", "t"].as_slice(),
        &["RG.TRIGGER", "outer"],
        &["RG.TRIGGERONKEY", "t", "app:x"],
        &["EVAL", "return redis.call('RG.TRIGGER', 't')", "0"],
    ] {
        let answer = world.ask(AUTHOR, words);
        assert!(is_refused(&answer), "{words:?}: {answer}");
    }
    // A run is code, which may call the gear only as its user.
    let script = "GB('ShardsIDReader').map(lambda x: execute('RG.TRIGGER', 't')).run()";
    let answer = world.ask(AUTHOR, &["RG.PYEXECUTE", script]);
    assert!(answer.contains("NOPERM"), "{answer}");
    assert!(world.report(0).is_none());
}
