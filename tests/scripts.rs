//! Typical scripts, each in two versions with the same effect: one with the names of the runtime, and
//! one with imports from `redgrease`.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease_embedded::Server;
use std::path::Path;

/// Runs both versions of a script, each on its own server. The commands in `before` prepare the
/// server; `after` receives the server and the script's reply.
#[track_caller]
fn both(name: &str, before: &[&[&str]], after: impl Fn(&Server, &str)) {
    for file in [format!("{name}.py"), format!("{name}_redgrease.py")] {
        println!("{file}");
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
        let script = std::fs::read_to_string(directory.join(file)).unwrap();
        let server = Server::start().unwrap();
        for words in before {
            untyped(&server, words);
        }
        let answer = untyped(&server, &["RG.PYEXECUTE", &script]);
        after(&server, answer.trim_end());
    }
}

fn in_order(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn words_are_counted() {
    let texts: &[&[&str]] = &[&["MSET", "1", "to be or not", "2", "not to be"]];
    both("word_count", texts, |_, answer| {
        assert_eq!(
            in_order(answer),
            [
                "{'key': 'be', 'value': 2}",
                "{'key': 'not', 'value': 2}",
                "{'key': 'or', 'value': 1}",
                "{'key': 'to', 'value': 2}"
            ]
        );
    });
}

#[test]
fn keys_are_deleted_by_their_prefix() {
    let keys: &[&[&str]] = &[&["MSET", "session:1", "x", "session:2", "y", "other", "z"]];
    both("delete_by_prefix", keys, |server, answer| {
        assert_eq!(answer, "2");
        assert_eq!(untyped(server, &["KEYS", "*"]), "other");
    });
}

#[test]
fn messages_become_hashes() {
    let earlier: &[&[&str]] = &[&["XADD", "readings", "1-1", "place", "roof", "degrees", "17"]];
    both("stream_to_hash", earlier, |server, answer| {
        assert_eq!(answer, "OK");
        untyped(server, &["XADD", "readings", "2-1", "place", "cellar"]);
        eventually("both messages are stored", || {
            untyped(server, &["EXISTS", "1-1", "2-1"]) == "2"
        });
        assert_eq!(
            untyped(server, &["HGETALL", "1-1"]),
            "place\nroof\ndegrees\n17"
        );
        eventually("the stream is trimmed", || {
            untyped(server, &["XLEN", "readings"]) == "0"
        });
    });
}

#[test]
fn keys_expire_automatically() {
    both("automatic_expiry", &[], |server, answer| {
        assert_eq!(answer, "OK");
        untyped(server, &["SET", "text", "x"]);
        untyped(server, &["SADD", "set", "x"]);
        for key in ["text", "set"] {
            let left: i64 = untyped(server, &["TTL", key]).parse().unwrap();
            assert!((3500..=3600).contains(&left), "{key}: {left}");
        }
    });
}

#[test]
fn expired_keys_are_handled() {
    both("expired_keys", &[], |server, answer| {
        assert_eq!(answer, "OK");
        untyped(server, &["SET", "kept", "x"]);
        untyped(server, &["SET", "gone", "x", "PX", "1"]);
        eventually("the key is handled", || {
            untyped(server, &["GET", "gone"]);
            untyped(server, &["LRANGE", "handled", "0", "-1"]) == "gone"
        });
        eventually("the log has a line", || {
            let log = std::fs::read_to_string(server.log_path()).unwrap();
            log.contains("GEARS: expired: gone")
        });
    });
}

#[test]
fn changes_are_recorded_in_order() {
    both("reliable_notification", &[], |server, answer| {
        assert_eq!(answer, "OK");
        for words in [
            ["HSET", "person:1", "name", "Ada"].as_slice(),
            &["HSET", "person:1", "name", "Grace"],
            &["HSET", "animal:1", "name", "Rex"],
            &["EXPIRE", "person:1", "100"],
            &["HDEL", "person:1", "name"],
        ] {
            untyped(server, words);
        }
        let notes = untyped(server, &["XRANGE", "notes", "-", "+"]);
        let values: Vec<&str> = notes
            .lines()
            .filter(|line| !line.starts_with(|c: char| c.is_ascii_digit()))
            .collect();
        assert_eq!(
            values,
            [
                [
                    "key",
                    "person:1",
                    "event",
                    "hset",
                    "value",
                    "{'name': 'Ada'}"
                ],
                [
                    "key",
                    "person:1",
                    "event",
                    "hset",
                    "value",
                    "{'name': 'Grace'}"
                ],
                ["key", "person:1", "event", "hdel", "value", "None"],
            ]
            .concat()
        );
    });
}

#[test]
fn the_highest_score_is_kept() {
    both("highest_score", &[], |server, answer| {
        assert_eq!(answer, "OK");
        for (player, score) in [("player:1", "5"), ("player:2", "12"), ("player:1", "7")] {
            untyped(server, &["HSET", player, "score", score]);
        }
        assert_eq!(untyped(server, &["GET", "highest"]), "12");
    });
}

#[test]
fn keys_are_collected_by_type() {
    let keys: &[&[&str]] = &[
        &["MSET", "s:1", "x", "s:2", "y"],
        &["HSET", "h:1", "f", "v"],
        &["RPUSH", "l:1", "x"],
    ];
    both("keys_by_type", keys, |_, answer| {
        assert_eq!(
            in_order(answer),
            ["hash: ['h:1']", "list: ['l:1']", "string: ['s:1', 's:2']"]
        );
    });
}

#[test]
fn results_are_remembered() {
    both("cached", &[], |server, answer| {
        assert_eq!(answer, "OK");
        for _ in 0..3 {
            assert_eq!(untyped(server, &["RG.TRIGGER", "sum_below", "10"]), "45");
        }
        assert_eq!(untyped(server, &["RG.TRIGGER", "sum_below", "3"]), "3");
        assert_eq!(untyped(server, &["GET", "computed"]), "2");
    });
}

#[test]
fn pi_is_estimated() {
    both("pi", &[], |_, answer| {
        let estimate: f64 = answer.parse().unwrap();
        // The tolerance is ten standard deviations for this number of points.
        assert!((estimate - std::f64::consts::PI).abs() < 0.05, "{answer}");
    });
}

#[test]
fn an_answer_comes_later() {
    both("answer_later", &[], |server, answer| {
        assert_eq!(answer, "OK");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| untyped(server, &["RG.TRIGGER", "wait"]));
            eventually("the subscriber is told", || {
                !untyped(server, &["RG.TRIGGER", "tell", "now"]).is_empty()
            });
            assert_eq!(waiting.join().unwrap(), "now");
        });
    });
}
