//! Listings of very many things: their size grows with the number, and the server goes on while they are written.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, plain_connection, untyped};
use redgrease_embedded::Server;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// More than a command writes at once.
const MANY: usize = 1200;

fn registered(server: &Server, count: usize, session: &str) {
    let script = format!(
        "for i in range({count}):\n    GB('CommandReader').map(lambda x: 1).register(trigger='{session}:%d' % i)"
    );
    let answer = untyped(server, &["RG.PYEXECUTE", &script, "ID", session]);
    assert_eq!(answer, "OK");
}

/// The number of lines that are exactly this word.
fn count(reply: &str, word: &str) -> usize {
    reply.lines().filter(|line| *line == word).count()
}

#[test]
fn a_summary_lists_few_of_very_many_registrations() {
    let (server, _con) = empty();
    registered(&server, 100, "few");
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let summary = rows.lines().find(|line| line.contains("'few'")).unwrap();
    assert_eq!(summary.matches("'0000").count(), 100, "{summary}");
    assert!(!summary.contains("moreRegistrations"));
    registered(&server, MANY, "many");
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let summary = rows.lines().find(|line| line.contains("'many'")).unwrap();
    assert_eq!(summary.matches("'0000").count(), 10, "{summary}");
    let more = format!("], 'moreRegistrations': {}, 'depsList'", MANY - 10);
    assert!(summary.contains(&more), "{summary}");
    untyped(&server, &["RG.CONFIGSET", "CompatibleReplies", "1.0"]);
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let summary = rows.lines().find(|line| line.contains("'many'")).unwrap();
    assert!(!summary.contains("moreRegistrations"), "{summary}");
}

#[test]
fn long_listings_are_whole_and_like_the_short_ones() {
    let (server, _con) = empty();
    registered(&server, 3, "app");
    let short = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let names = |rows: &str| -> Vec<String> {
        let row: Vec<&str> = rows.split("\nid\n").last().unwrap().lines().collect();
        let is_name = |line: &&str| line.chars().all(|c| c.is_ascii_alphabetic());
        row.into_iter().filter(is_name).map(str::to_owned).collect()
    };
    let names_of_short = names(&short);
    registered(&server, MANY, "more");
    let long = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    assert_eq!(count(&long, "id"), MANY + 3);
    assert_eq!(names(&long), names_of_short);
    // Where no client may be blocked, the command writes all of it.
    let mut con = plain_connection(&server);
    let (in_multi,): (Vec<redis::Value>,) = redis::pipe()
        .atomic()
        .cmd("RG.DUMPREGISTRATIONS")
        .query(&mut con)
        .unwrap();
    assert_eq!(in_multi.len(), MANY + 3);
    let lua = "return #redis.call('RG.DUMPREGISTRATIONS')";
    let in_lua = untyped(&server, &["EVAL", lua, "0"]);
    assert_eq!(in_lua, (MANY + 3).to_string());
    let gear = "GB('ShardsIDReader').map(lambda x: len(execute('RG.DUMPREGISTRATIONS'))).run()";
    let in_gear = untyped(&server, &["RG.PYEXECUTE", gear]);
    assert_eq!(in_gear.trim(), (MANY + 3).to_string());
    for words in [
        &["RG.PYDUMPSESSIONS"][..],
        &["RG.PYDUMPSESSIONS", "VERBOSE"],
    ] {
        let sessions = untyped(&server, words);
        assert_eq!(count(&sessions, "ID"), 2);
        assert_eq!(
            count(&sessions, "trigger"),
            if words.len() == 2 { MANY + 3 } else { 0 }
        );
        let ids = sessions.lines().filter(|line| line.starts_with("0000"));
        assert_eq!(ids.count(), MANY + 3);
    }
    untyped(&server, &["RG.CONFIGSET", "MaxExecutions", "-1"]);
    let handler = "GB('KeysReader').foreach(lambda r: 1).register('k*', eventTypes=['set'])";
    untyped(&server, &["RG.PYEXECUTE", handler]);
    untyped(
        &server,
        &["RG.CONFIGSET", "MaxExecutionsPerRegistration", "-1"],
    );
    let sets = format!("for i in range({MANY}): execute('SET', 'k', i)");
    untyped(&server, &["RG.PYEXECUTE", &sets]);
    eventually("all events are handled", || {
        let all = untyped(&server, &["RG.DUMPEXECUTIONS"]);
        count(&all, "executionId") == MANY && count(&all, "done") == MANY
    });
}

#[test]
fn the_server_goes_on_and_changes_while_a_listing_is_written() {
    let (server, _con) = empty();
    for session in 0..3 {
        registered(&server, MANY, &format!("s{session}"));
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let listers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
                    let sessions = untyped(&server, &["RG.PYDUMPSESSIONS", "VERBOSE"]);
                    (count(&rows, "id"), count(&sessions, "ID"))
                })
            })
            .collect();
        let changes = scope.spawn(|| {
            let mut changed = 0;
            while !done.load(Ordering::Relaxed) {
                assert_eq!(untyped(&server, &["RG.TRIGGER", "s0:1"]), "1");
                let script = "GB('CommandReader').map(lambda x: 1).register(trigger='other')";
                let words = ["RG.PYEXECUTE", script, "ID", "s2", "UPGRADE"];
                assert_eq!(untyped(&server, &words), "OK");
                changed += 1;
            }
            changed
        });
        for lister in listers {
            let (registrations, sessions) = lister.join().unwrap();
            assert!(registrations > 2 * MANY, "{registrations}");
            assert!((2..=3).contains(&sessions), "{sessions}");
        }
        done.store(true, Ordering::Relaxed);
        assert!(changes.join().unwrap() > 0);
    });
    // A client that leaves in the middle does no harm.
    for _ in 0..5 {
        let mut con = plain_connection(&server);
        let packed = redis::cmd("RG.DUMPREGISTRATIONS").get_packed_command();
        con.send_packed_command(&packed).unwrap();
    }
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    assert_eq!(count(&rows, "id"), 2 * MANY + 1);
}

#[test]
fn info_lists_some_of_very_many_and_counts_the_others() {
    let (server, _con) = empty();
    registered(&server, MANY, "app");
    let info = untyped(&server, &["INFO", "rg_regisrations"]);
    assert_eq!(info.matches("reader=CommandReader").count(), 1000);
    let more = format!("rg_more_registrations:{}", MANY - 1000);
    assert_eq!(info.lines().filter(|line| line.trim() == more).count(), 1);
    let info = untyped(&server, &["INFO", "rg_python_sessions"]);
    assert!(
        info.contains("rg_app:") && !info.contains("rg_more"),
        "{info}"
    );
    // Sections that the client has not asked for are not there.
    let engine = untyped(&server, &["INFO", "rg_engine"]);
    assert!(engine.contains("rg_engine_name:redgrease") && !engine.contains("CommandReader"));
}
