//! Two crates of one name, in workspaces of their own, on one server: nothing is lost, and both programs are told.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod team;

use common::{eventually, untyped};
use redgrease_embedded::Server;
use team::Team;

const A: Team = Team {
    folder: "a/shop",
    package: "repository = \"https://git.acme.io/a/shop\"",
    version: "1.0.0",
    trigger: "limit",
    answer: "a",
};

const B: Team = Team {
    folder: "b/shop",
    package: "repository = \"https://git.acme.io/b/shop\"",
    version: "2.0.0",
    trigger: "cart",
    answer: "b",
};

/// The first team's next release, built in another folder. Its gears are all other ones.
const A_LATER: Team = Team {
    folder: "builds/17",
    package: "repository = \"git@git.acme.io:a/shop.git\"",
    version: "1.1.0",
    trigger: "bound",
    answer: "a later",
};

/// The first team's release after that one.
const A_LATEST: Team = Team {
    folder: "builds/18",
    version: "1.2.0",
    trigger: "edge",
    answer: "a latest",
    ..A_LATER
};

/// The second team, with a session of its own.
const B_NAMED: Team = Team {
    folder: "b-named/shop",
    package: "repository = \"https://git.acme.io/b/shop\"\nmetadata.redgrease.session = \"team-b\"",
    ..B
};

/// A program without any proof, built in two folders.
const BARE: Team = Team {
    folder: "bare/one",
    package: "",
    version: "1.0.0",
    trigger: "limit",
    answer: "bare",
};

const BARE_ELSEWHERE: Team = Team {
    folder: "bare/two",
    answer: "bare later",
    ..BARE
};

/// The gears of a team work: its trigger, and its handler of keys. No other handler is called.
#[track_caller]
fn works(server: &Server, team: Team) {
    assert_eq!(untyped(server, &["RG.TRIGGER", team.trigger]), team.answer);
    untyped(server, &["DEL", "handled"]);
    untyped(server, &["SET", "order:1", "x"]);
    eventually("the key is handled", || {
        untyped(server, &["LRANGE", "handled", "0", "-1"]) == team.answer
    });
}

/// An error that names both programs and the ways out.
#[track_caller]
fn names_both(error: &str) {
    for part in [
        "git.acme.io/a/shop",
        "git.acme.io/b/shop",
        "version 1.0.0",
        "version 2.0.0",
        "limit",
        "cart",
        "session = \"team-name\"",
        "namespace",
        "take_over",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn the_second_team_is_told_and_the_first_one_keeps_its_gears() {
    for (first, second) in [(A, B), (B, A)] {
        let server = Server::start().unwrap();
        let (mut first_program, mut second_program) = (first.run(&server), second.run(&server));
        first_program.does("start");
        // A call registers a gear that the server does not have, but never in place of another program.
        for action in ["start", "call", "changed", "always", "check"] {
            names_both(&second_program.fails(action));
        }
        // A program that registers nothing starts.
        second_program.does("never");
        works(&server, first);
        // The first program is not disturbed.
        assert!(first_program.does("start").contains("2 gears up to date"));
        first_program.does("check");
        assert_eq!(first_program.does("call"), first.answer);
        assert_eq!(second_program.does("orphans"), "");
        // The ways out.
        second_program.does("namespace");
        assert_eq!(
            untyped(
                &server,
                &["RG.TRIGGER", &format!("team:{}", second.trigger)]
            ),
            second.answer
        );
    }
}

#[test]
fn programs_that_start_at_the_same_time_do_not_replace_each_other() {
    let server = Server::start().unwrap();
    let (mut a, mut b) = (A.run(&server), B.run(&server));
    let mut won = [0, 0];
    for round in 0..20 {
        unregister_all(&server);
        // Either is asked first in turn.
        let (first, second) = if round % 2 == 0 {
            (&mut a, &mut b)
        } else {
            (&mut b, &mut a)
        };
        first.ask("start");
        second.ask("start");
        let (said_a, said_b) = (a.answer(), b.answer());
        let a_has_won = said_a.starts_with("ok: ");
        assert_ne!(a_has_won, said_b.starts_with("ok: "), "{said_a}\n{said_b}");
        let (winner, told) = if a_has_won { (A, said_b) } else { (B, said_a) };
        names_both(&told);
        works(&server, winner);
        won[usize::from(!a_has_won)] += 1;
    }
    println!("{} times a, {} times b", won[0], won[1]);
}

#[test]
fn two_instances_that_upgrade_at_the_same_time_make_one_upgrade() {
    let server = Server::start().unwrap();
    let mut now = A.run(&server);
    let (mut one, mut two) = (A_LATER.run(&server), A_LATER.run(&server));
    for _ in 0..10 {
        unregister_all(&server);
        now.does("start");
        one.ask("start");
        two.ask("start");
        let said = [one.answer(), two.answer()];
        // The server answers equal requests together. A later one finds the release, in whole.
        let has_sent = |said: &&String| said.contains("registered bound");
        let has_found = |said: &&String| said.contains("2 gears up to date");
        let upgrades = said.iter().filter(has_sent).count();
        assert!(upgrades >= 1, "{said:#?}");
        assert_eq!(
            said.iter().filter(has_found).count(),
            2 - upgrades,
            "{said:#?}"
        );
        assert_eq!(ids(&server).len(), 2);
        works(&server, A_LATER);
    }
}

#[test]
fn the_higher_of_two_releases_that_start_at_the_same_time_stays() {
    let server = Server::start().unwrap();
    let (mut now, mut later, mut latest) =
        (A.run(&server), A_LATER.run(&server), A_LATEST.run(&server));
    let mut first = [0, 0];
    for round in 0..20 {
        unregister_all(&server);
        now.does("start");
        let (one, two) = if round % 2 == 0 {
            (&mut later, &mut latest)
        } else {
            (&mut latest, &mut later)
        };
        one.ask("start");
        two.ask("start");
        let (said_later, said_latest) = (later.answer(), latest.answer());
        assert!(said_latest.contains("registered edge"), "{said_latest}");
        let was_first = said_later.contains("registered bound");
        let gave_way = said_later.contains("kept, the server has the newer version 1.2.0");
        assert_ne!(was_first, gave_way, "{said_later}");
        assert_eq!(ids(&server).len(), 2, "{said_later}\n{said_latest}");
        works(&server, A_LATEST);
        first[usize::from(gave_way)] += 1;
    }
    println!(
        "{} times the lower one first, {} times the higher one",
        first[0], first[1]
    );
}

fn unregister_all(server: &Server) {
    for id in ids(server) {
        untyped(server, &["RG.UNREGISTER", &id]);
    }
}

fn ids(server: &Server) -> Vec<String> {
    let rows = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let lines: Vec<&str> = rows.lines().collect();
    let ids = lines.windows(2).filter(|pair| pair[0] == "id");
    ids.map(|pair| pair[1].to_owned()).collect()
}

#[test]
fn a_team_recognises_its_own_builds() {
    let server = Server::start().unwrap();
    let (mut now, mut later) = (A.run(&server), A_LATER.run(&server));
    now.does("start");
    let report = later.does("start");
    assert!(
        report.contains("registered bound") && report.contains("removed limit"),
        "{report}"
    );
    works(&server, A_LATER);
    // An instance of the old release that starts again.
    assert!(
        now.does("start")
            .contains("kept, the server has the newer version 1.1.0")
    );
    // A rollback, and back: by turns, they are reported.
    for (program, flaps) in [(false, false), (true, false), (false, true), (true, true)] {
        let program = if program { &mut later } else { &mut now };
        let report = program.does("changed");
        assert_eq!(
            report.contains("have replaced each other"),
            flaps,
            "{report}"
        );
    }
}

#[test]
fn a_team_takes_over_on_purpose_and_the_other_one_is_told() {
    let server = Server::start().unwrap();
    let (mut a, mut b) = (A.run(&server), B.run(&server));
    a.does("start");
    let report = b.does("take over");
    assert!(report.contains("removed limit"), "{report}");
    works(&server, B);
    // The next start, a check, and a call of a gear that is gone tell the first team.
    for action in ["start", "call", "check"] {
        names_both(&a.fails(action));
    }
    works(&server, B);
}

#[test]
fn a_session_of_its_own_lets_two_teams_share_a_server() {
    let server = Server::start().unwrap();
    let (mut a, mut b) = (A.run(&server), B_NAMED.run(&server));
    a.does("start");
    b.does("start");
    for (program, team) in [(&mut a, A), (&mut b, B)] {
        assert_eq!(program.does("call"), team.answer);
        assert!(program.does("start").contains("2 gears up to date"));
    }
    let sessions = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    assert!(
        sessions.contains("shop-bin-shop") && sessions.contains("team-b-bin-shop"),
        "{sessions}"
    );
}

#[test]
fn a_session_that_the_manifest_renames_takes_its_gears_along() {
    let server = Server::start().unwrap();
    let (mut before, mut after) = (B.run(&server), B_NAMED.run(&server));
    before.does("start");
    let report = after.does("start");
    assert!(report.contains("taken over cart, handler"), "{report}");
    works(&server, B);
    let sessions = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    assert!(!sessions.contains("shop-bin-shop\n"), "{sessions}");
}

#[test]
fn a_program_without_a_proof_is_told_how_to_be_recognised() {
    let server = Server::start().unwrap();
    let (mut one, mut two) = (BARE.run(&server), BARE_ELSEWHERE.run(&server));
    one.does("start");
    // The same folder.
    assert!(one.does("start").contains("2 gears up to date"));
    let error = two.fails("start");
    for part in [
        "cannot be recognised",
        "built in ",
        "repository = ",
        "take_over(true)",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    works(&server, BARE);
    two.does("take over");
    works(&server, BARE_ELSEWHERE);
}
