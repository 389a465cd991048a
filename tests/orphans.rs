//! Sessions of this program that it does not contain, on a server: they are listed and removed, and those of others stay.
#![cfg(all(feature = "macros", feature = "aio"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::untyped;
use redgrease::prelude::*;
use redgrease::{Con, Options, Orphan, SessionsOptions};
use redgrease_embedded::Server;
use serde_json::{Value, json};

#[gear_command(trigger = "kept")]
fn kept() -> String {
    python! {
        return "kept"
    }
}

const OWN: &str = "redgrease-test-orphans";

/// Registers a session whose description is the one of this program's session, changed.
fn register(server: &Server, id: &str, change: impl FnOnce(&mut Value)) {
    let mut con = redgrease::connect(server.url()).unwrap();
    let sessions = con.dump_sessions(&SessionsOptions::new()).unwrap();
    let own = sessions.iter().find(|one| one.id == OWN).unwrap();
    let mut description: Value = serde_json::from_str(own.description.as_ref().unwrap()).unwrap();
    description["gears"] = json!({ id: "hash" });
    change(&mut description);
    session(server, id, Some(&description.to_string()));
}

/// Registers a session with a trigger, which has its name, and a handler of keys.
fn session(server: &Server, id: &str, description: Option<&str>) {
    let script = format!(
        "GB('CommandReader').map(lambda x: 'here').register(trigger='{id}')\nGB('KeysReader').register('{id}:*')"
    );
    let mut words = vec!["RG.PYEXECUTE", &script, "ID", id];
    words.extend(description.iter().flat_map(|text| ["DESCRIPTION", text]));
    assert_eq!(untyped(server, &words), "OK");
}

/// The sessions that do not belong to this program, or not to its past.
const FOREIGN: [&str; 7] = [
    "redgrease-bin-other-team",
    "redgrease-bin-other-package",
    "redgrease-bin-other-namespace",
    "redgrease-bin-newer",
    "redgrease-bin-without-owner",
    "script",
    "script-with-text",
];

/// A server with the session of this program, two orphans and the sessions of others.
fn populated() -> (Server, Con) {
    let server = Server::start().unwrap();
    let mut con = redgrease::start(server.url()).unwrap();
    register(&server, "redgrease-bin-removed", |_| ());
    // The library is there, and has no gears any longer.
    register(&server, "redgrease", |_| ());
    register(&server, FOREIGN[0], |description| {
        // Nothing that the other checkout knows of itself is that of this one.
        let package = description["owner"]["package"].clone();
        description["owner"] =
            json!({ "package": package, "repository": "git.acme.io/other", "session": "other" });
    });
    register(&server, FOREIGN[1], |description| {
        description["owner"]["package"] = json!("other");
    });
    register(&server, FOREIGN[2], |description| {
        description["namespace"] = json!("blue");
    });
    register(&server, FOREIGN[3], |description| {
        description["version"] = json!("99.0.0");
    });
    register(&server, FOREIGN[4], |description| {
        description.as_object_mut().unwrap().remove("owner");
    });
    session(&server, FOREIGN[5], None);
    session(&server, FOREIGN[6], Some("a text"));
    assert_eq!(kept(&mut con).unwrap(), "kept");
    (server, con)
}

fn names(orphans: &[Orphan]) -> Vec<(&str, bool)> {
    let names = orphans.iter();
    let mut names: Vec<_> = names
        .map(|orphan| (orphan.session.as_str(), orphan.has_target))
        .collect();
    names.sort_unstable();
    names
}

/// All others work as before.
#[track_caller]
fn others_stay(server: &Server, con: &mut Con, count: usize) {
    for id in FOREIGN {
        assert_eq!(untyped(server, &["RG.TRIGGER", id]), "here", "{id}");
    }
    assert_eq!(kept(con).unwrap(), "kept");
    let sessions = con.dump_sessions(&SessionsOptions::new()).unwrap();
    assert_eq!(sessions.len(), count);
    let registrations: usize = sessions.iter().map(|one| one.registrations.len()).sum();
    assert_eq!(registrations, 2 * (count - 1) + 1);
}

#[test]
fn orphans_are_removed_and_sessions_of_others_stay() {
    let (server, mut con) = populated();
    let mut orphans = redgrease::orphans(&mut con, &Options::new()).unwrap();
    assert_eq!(
        names(&orphans),
        [("redgrease", true), ("redgrease-bin-removed", false)]
    );
    others_stay(&server, &mut con, 10);
    orphans.retain(|orphan| !orphan.has_target);
    assert_eq!(
        redgrease::unregister_orphans(&mut con, &orphans).unwrap(),
        2
    );
    others_stay(&server, &mut con, 9);
    let gone = untyped(&server, &["RG.TRIGGER", "redgrease-bin-removed"]);
    assert!(gone.contains("subcommand not found"), "{gone}");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "redgrease"]), "here");
    // A second time there is nothing to remove.
    assert_eq!(
        redgrease::unregister_orphans(&mut con, &orphans).unwrap(),
        0
    );
    let left = redgrease::orphans(&mut con, &Options::new()).unwrap();
    assert_eq!(names(&left), [("redgrease", true)]);
}

#[test]
fn what_was_registered_since_the_list_stays() {
    let (server, mut con) = populated();
    let orphans = redgrease::orphans(&mut con, &Options::new()).unwrap();
    // The next version of the other binary starts.
    let script =
        "GB('CommandReader').map(lambda x: 'next').register(trigger='redgrease-bin-removed')";
    let id = "redgrease-bin-removed";
    let words = ["RG.PYEXECUTE", script, "ID", id, "UPGRADE"];
    assert_eq!(untyped(&server, &words), "OK");
    assert_eq!(
        redgrease::unregister_orphans(&mut con, &orphans).unwrap(),
        2
    );
    assert_eq!(untyped(&server, &["RG.TRIGGER", id]), "next");
}

#[test]
fn a_namespace_has_orphans_of_its_own() {
    let (server, mut con) = populated();
    let blue = Options::new().namespace("blue");
    let orphans = redgrease::orphans(&mut con, &blue).unwrap();
    assert_eq!(names(&orphans).len(), 1);
    assert_eq!(orphans[0].session, FOREIGN[2]);
    others_stay(&server, &mut con, 10);
}

#[tokio::test]
async fn orphans_are_removed_over_an_async_connection() {
    let (server, mut con) = populated();
    let mut async_con = redgrease::connect_async(server.url()).await.unwrap();
    let orphans = redgrease::orphans_async(&mut async_con, &Options::new())
        .await
        .unwrap();
    assert_eq!(
        names(&orphans),
        [("redgrease", true), ("redgrease-bin-removed", false)]
    );
    let removed = redgrease::unregister_orphans_async(&mut async_con, &orphans);
    assert_eq!(removed.await.unwrap(), 4);
    others_stay(&server, &mut con, 8);
    let left = redgrease::orphans_async(&mut async_con, &Options::new())
        .await
        .unwrap();
    assert_eq!(left, []);
}
