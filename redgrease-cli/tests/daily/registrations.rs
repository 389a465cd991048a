//! `ls`, `show`, `rm`, `pause` and `resume`.

use super::common::{Done, done, on, program, run};
use super::shop;
use redgrease_embedded::Server;

fn subjects(done: Done) -> Vec<String> {
    let rows = done.json();
    let of = |row: &serde_json::Value| {
        let names = ["trigger", "regex", "stream"];
        names
            .iter()
            .find_map(|name| row["args"][name].as_str())
            .unwrap()
            .to_owned()
    };
    rows.as_array().unwrap().iter().map(of).collect()
}

#[test]
fn filters_select_registrations() {
    let server = shop();
    let ls = |args: &[&str]| subjects(on(&server, &[&["ls", "--json"], args].concat()));
    assert_eq!(ls(&[]), ["bad", "echo", "orders:*", "user:*"]);
    assert_eq!(ls(&["--reader", "command"]), ["bad", "echo"]);
    assert_eq!(ls(&["--mode", "async"]), ["orders:*", "user:*"]);
    assert_eq!(ls(&["--trigger", "b*"]), ["bad"]);
    assert_eq!(ls(&["--description", "order?"]), ["orders:*"]);
    assert_eq!(ls(&["--session", "sh*", "--key", "user:7"]), ["user:*"]);
    assert_eq!(ls(&["--stream", "orders:1"]), ["orders:*"]);
    assert_eq!(ls(&["--session", "other"]), [""; 0]);
    assert_eq!(ls(&["--failed"]), [""; 0]);
    on(&server, &["call", "bad", "x"]).fails(1);
    assert_eq!(ls(&["--failed"]), ["bad"]);
    let table = on(&server, &["ls", "--reader", "stream"]).ok();
    let words: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(words[0][..4], ["ID", "READER", "FOR", "MODE"]);
    assert_eq!(words[1][1..5], ["stream", "orders:*", "async", "shop"]);
    let none = on(&server, &["ls", "--trigger", "zzz"]);
    assert_eq!(
        (none.out.as_str(), none.err.as_str()),
        ("", "none of 4 registrations matches\n")
    );
    on(&server, &["ls", "--reader", "spam"]).fails(2);
    let sessions = on(&server, &["ls", "--sessions"]).ok();
    assert!(
        sessions.contains("shop") && sessions.contains("the shop"),
        "{sessions}"
    );
}

#[test]
fn everything_about_a_registration_is_shown() {
    let server = shop();
    on(&server, &["call", "bad", "\x1b[31mx"]).fails(1);
    let text = on(&server, &["show", "bad"]).ok();
    for part in [
        "always fails",
        "1 (0 succeeded, 1 failed, 0 aborted)",
        "<string>:3 in fail",
        "ValueError: bad \\x1b[31mx",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains('\x1b'), "{text:?}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("shop.py");
    std::fs::write(&file, super::SCRIPT).unwrap();
    let path = file.to_str().unwrap();
    let text = on(&server, &["show", "bad", "--source", path]).ok();
    assert!(text.contains(&format!("{path}:3 in fail\n")), "{text}");
    assert!(
        text.contains("3 |     raise ValueError('bad ' + x[1])"),
        "{text}"
    );
    let json = on(&server, &["show", "trigger:bad", "--json"]).json();
    let row = &json["registrations"][0];
    assert_eq!(row["traceback"]["frames"][0]["line"], 3);
    let id = row["id"].as_str().unwrap();
    let short = format!("0-{}", id.rsplit_once('-').unwrap().1);
    assert_eq!(
        on(
            &server,
            &["show", &format!("registration:{short}"), "--json"]
        )
        .json(),
        json
    );
    let session = on(&server, &["show", "shop"]).ok();
    assert!(
        session.contains("the shop") && session.contains("CommandReader bad (1 runs, 1 failed)"),
        "{session}"
    );
    let err = on(&server, &["show", "shpo", "echo"]);
    assert_eq!(err.code, 1);
    assert!(
        err.err.contains("did you mean `shop`?") && err.out.contains("echo"),
        "{err:?}"
    );
}

#[test]
fn registrations_and_sessions_are_removed() {
    let server = shop();
    let left = || subjects(on(&server, &["ls", "--json"]));
    let out = on(&server, &["rm", "echo"]).ok();
    assert!(
        out.starts_with("unregistered 0-") && out.ends_with(" (echo)\n"),
        "{out}"
    );
    let done = on(&server, &["rm", "orders", "bad", "--abort-pending"]);
    assert_eq!(done.code, 1);
    assert!(
        done.err
            .contains("no registration, trigger, session or execution `orders`"),
        "{}",
        done.err
    );
    assert_eq!(left(), ["orders:*", "user:*"]);
    for several in [&["rm", "shop"][..], &["rm", "shop", "shop"]] {
        let err = on(&server, several).fails(2);
        assert!(err.contains("agree with --yes"), "{err}");
    }
    assert_eq!(left().len(), 2);
    let json = on(&server, &["rm", "session:shop", "--yes", "--json"]).json();
    assert_eq!(json["done"].as_array().unwrap().len(), 2);
    assert!(left().is_empty());
    assert_eq!(on(&server, &["ls", "--sessions", "--json"]).ok(), "[]\n");
}

#[test]
fn a_name_of_two_things_is_refused() {
    let server = Server::start().unwrap();
    for (trigger, id) in [("twin", "twin"), ("other", "second")] {
        let code = format!("GB('CommandReader').register(trigger='{trigger}')");
        on(&server, &["run", "-c", &code, "--id", id]).ok();
    }
    let err = on(&server, &["rm", "twin"]).fails(1);
    assert!(
        err.contains("write `trigger:twin` or `session:twin`"),
        "{err}"
    );
    on(&server, &["rm", "trigger:twin"]).ok();
    assert_eq!(subjects(on(&server, &["ls", "--json"])), ["other"]);
}

#[test]
fn streams_are_paused_and_resumed() {
    let server = shop();
    let status = || {
        let rows = on(&server, &["ls", "--reader", "stream", "--json"]).json();
        rows[0]["status"].as_str().unwrap().to_owned()
    };
    assert!(
        on(&server, &["pause", "shop"])
            .ok()
            .ends_with(" (orders:*)\n")
    );
    assert_eq!(status(), "PAUSED");
    on(&server, &["resume", "--all"]).ok();
    assert_eq!(status(), "OK");
    let err = on(&server, &["pause", "bad"]).fails(1);
    assert!(
        err.contains("is a CommandReader") && err.contains("redgrease rm"),
        "{err}"
    );
    on(&server, &["pause"]).fails(2);
}

#[test]
fn errors_of_scripts_that_were_synchronised_show_their_lines() {
    let server = Server::start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("shop.py");
    std::fs::write(&file, super::SCRIPT).unwrap();
    on(&server, &["-q", "sync", file.to_str().unwrap()]).ok();
    let line = "3 |     raise ValueError('bad ' + x[1])\nValueError: bad x";
    let err = on(&server, &["call", "bad", "x"]).fails(1);
    assert!(err.contains(line), "{err}");
    let err = on(&server, &["logs", "--errors"]).ok();
    assert!(err.contains(line), "{err}");
    let shown = on(&server, &["show", "bad"]).ok();
    assert!(
        shown.contains("3 |     raise ValueError('bad ' + x[1])"),
        "{shown}"
    );
    let sessions = on(&server, &["ls", "--sessions"]).ok();
    assert!(
        sessions.contains("shop.py") && !sessions.contains('{'),
        "{sessions}"
    );
}

#[test]
fn several_names_are_removed_with_consent_alone() {
    let server = shop();
    let left = || subjects(on(&server, &["ls", "--json"]));
    let err = on(&server, &["rm", "echo", "bad"]).fails(2);
    assert!(
        err.contains("Remove 2: ") && err.contains("agree with --yes"),
        "{err}"
    );
    assert_eq!(left().len(), 4);
    on(&server, &["rm", "echo", "bad", "--yes"]).ok();
    assert_eq!(left(), ["orders:*", "user:*"]);
}

#[test]
fn the_question_about_a_long_list_is_short() {
    let server = Server::start().unwrap();
    let code = "for n in range(200):\n    GB('CommandReader').register(trigger='t%03d' % n)";
    on(&server, &["run", "-c", code, "--id", "many"]).ok();
    let err = on(&server, &["rm", "many"]).fails(2);
    assert!(
        err.contains("Remove 200: ") && err.contains(" and 195 more?") && err.len() < 400,
        "{err}"
    );
}

#[test]
fn passwords_are_in_no_output() {
    let server = Server::start().unwrap();
    let at = "http://ada:secretpw@host/x";
    let code = format!(
        "def f(x):\n    log('at {at}')\n    raise ValueError('no {at}')\nGB('CommandReader', desc='of {at}').map(f).register(trigger='{at}', mode='sync')\nGB('StreamReader', desc='of {at}').foreach(lambda x: None).register('{at}')"
    );
    on(
        &server,
        &["run", "-c", &code, "--id", "s", "--description", at],
    )
    .ok();
    on(&server, &["call", at]).fails(1);
    for args in [
        &["ls"][..],
        &["ls", "--sessions"],
        &["show", at],
        &["show", "s"],
        &["stats"],
        &["ps"],
        &["logs"],
        &["logs", "--errors"],
        &["config"],
        &["call", at],
        &["call", "redis://ada:secretpw@other"],
        &["config", "get", "redis://ada:secretpw@other"],
        &["show", "redis://ada:secretpw@other"],
        &["abort", "redis://ada:secretpw@other"],
        &["pause", "s"],
        &["resume", "s"],
        &["rm", "s"],
        &["rm", "s", "--yes"],
    ] {
        for json in [&[][..], &["--json"]] {
            let done = on(&server, &[args, json].concat());
            assert!(
                !done.out.contains("secretpw") && !done.err.contains("secretpw"),
                "{args:?}: {done:?}"
            );
            assert!([0, 1, 2].contains(&done.code), "{args:?}: {done:?}");
        }
    }
    // Records are data.
    let code = format!("GB('ShardsIDReader').map(lambda _: '{at}').run()");
    for json in [&[][..], &["--json"]] {
        let out = on(&server, &[&["run", "-c", &code][..], json].concat()).ok();
        assert!(out.contains(at), "{out}");
    }
}

#[test]
fn a_paused_stream_has_not_failed() {
    let server = shop();
    on(&server, &["pause", "--all"]).ok();
    let rows = on(&server, &["ls", "--failed", "--json"]).ok();
    assert_eq!(rows, "[]\n");
}

#[test]
fn errors_say_what_to_do() {
    let server = shop();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().to_str().unwrap();
    let file = std::path::Path::new(dir).join("x");
    std::fs::write(&file, "x").unwrap();
    let file = file.to_str().unwrap();
    let twin = "GB('CommandReader').register(trigger='echo')";
    for (args, code, parts) in [
        (
            &["stats", "--profile", "nope"][..],
            1,
            &["`redgrease ls --sessions`"][..],
        ),
        (
            &["stats", "--profile", "shop", "--order", "x"],
            2,
            &["cumtime"],
        ),
        (&["run", "-c", "x = 1", "--id", "s:1"], 1, &["another --id"]),
        (
            &["run", "-c", "x = 1", "--replace-with", "nope"],
            1,
            &["`redgrease ls --sessions`"],
        ),
        (
            &["run", "-c", "x = 1", "--requirements-file", "/no/such"],
            1,
            &["check the path"],
        ),
        (
            &["run", "-c", twin],
            1,
            &[
                "the session shop has the trigger `echo` already",
                "--id shop --upgrade",
                "-c:1 in <module>",
            ],
        ),
        (
            &["call", "echo", &format!("@{dir}")],
            1,
            &["is a directory: name a file"],
        ),
        (&["call", "echo", "@-", "@-"], 2, &["one time"]),
        (&["req", "import", dir], 1, &["is a directory"]),
        (&["req", "import", file], 1, &["`redgrease req export`"]),
        (&["logs", "--file", "/no/such"], 1, &["check the path"]),
    ] {
        let err = on(&server, args).fails(code);
        for part in parts {
            assert!(err.contains(part), "{args:?}: {part}: {err}");
        }
        for other in ["redgrease sync", "redgrease_engine", "ExportedRequirement"] {
            assert!(!err.contains(other), "{args:?}: {err}");
        }
    }
}

#[test]
fn a_wrong_command_line_is_json_with_json() {
    for args in [&["ls", "--json", "--nothing"][..], &["--json", "rm"]] {
        let err = run(args).fails(2);
        let json: serde_json::Value = serde_json::from_str(&err).unwrap();
        assert!(json["error"].as_str().unwrap().contains("Usage: "), "{err}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_written_is_a_failure() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let done = done(program(&["--help"]).stdout(full));
    let err = done.fails(1);
    assert!(err.contains("the output cannot be written"), "{err}");
}
