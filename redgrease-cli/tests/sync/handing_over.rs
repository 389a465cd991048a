//! Triggers that move from one script to another.

use crate::common::{Done, on};
use crate::scripts::{Scripts, call, con, trigger_script, triggers, until};
use crate::watching::Watching;
use redgrease_embedded::Server;
use std::sync::atomic::{AtomicBool, Ordering};

/// A script with these triggers, which all answer the same.
fn text(all: &[&str], answer: &str) -> String {
    all.iter()
        .map(|trigger| trigger_script(trigger, answer))
        .collect()
}

const FAILS: &str = "raise ValueError('not yet')\n";

#[test]
fn a_trigger_that_moves_between_scripts_has_no_gap() {
    let server = Server::start().unwrap();
    let scripts = Scripts::new();
    let write = |of_a: &[&str], of_b: &[&str], answer: &str| {
        scripts.write("a.py", &text(of_a, answer));
        scripts.write("b.py", &text(of_b, answer));
    };
    write(&["ga", "gx"], &["gb"], "0");
    on(&server, &[scripts.dir()]).ok();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let mut con = con(&server);
            let mut calls = 0;
            while !stop.load(Ordering::Relaxed) {
                call(&mut con, "gx").map_err(|error| format!("call {calls}: {error}"))?;
                calls += 1;
            }
            Ok::<u32, String>(calls)
        });
        for n in 1..7 {
            let answer = n.to_string();
            if n % 2 == 1 {
                write(&["ga"], &["gb", "gx"], &answer);
            } else {
                write(&["ga", "gx"], &["gb"], &answer);
            }
            let done = on(&server, &[scripts.dir()]);
            assert_eq!((done.code, done.out.lines().count()), (0, 2), "{done:?}");
            let mut con = con(&server);
            for trigger in ["ga", "gb", "gx"] {
                assert_eq!(call(&mut con, trigger).as_ref(), Ok(&answer));
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(calls.join().unwrap().unwrap() > 0);
    });
}

#[test]
fn a_script_waits_for_the_one_that_takes_over_its_trigger() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.write("a.py", &text(&["ga", "gx"], "1"));
    scripts.write("b.py", &text(&["gb"], "1"));
    scripts.write("c.py", &text(&["gc"], "1"));
    on(&server, &[scripts.dir()]).ok();
    scripts.write("a.py", &text(&["ga"], "2"));
    scripts.write("b.py", &(text(&["gb", "gx"], "2") + FAILS));
    scripts.remove("c.py");
    scripts.write("d.py", &(text(&["gc"], "2") + FAILS));
    let loaded = |done: Done| {
        let error = done.fails(1);
        let failed: Vec<&str> = error
            .lines()
            .filter_map(|line| line.strip_prefix("failed"))
            .filter_map(|line| line.rsplit('/').next())
            .collect();
        assert_eq!(failed.len(), 4, "{error}");
        for text in ["takes over its trigger `gx`", "takes over its trigger `gc`"] {
            assert!(error.contains(text), "{error}");
        }
        assert!(error.contains("the version before goes on"), "{error}");
    };
    loaded(on(&server, &[scripts.dir()]));
    loaded(on(&server, &[scripts.dir()]));
    for trigger in ["ga", "gb", "gc", "gx"] {
        assert_eq!(call(&mut con, trigger).as_deref(), Ok("1"));
    }
    // A process that goes on says it one time, and goes on when the script is mended.
    let watching = Watching::start(server.url(), &["--watch", "0.2", scripts.dir()]);
    watching.says("watching");
    scripts.write("b.py", &text(&["gb", "gx"], "2"));
    until("b is mended", || {
        ["ga", "gb", "gx"]
            .iter()
            .all(|trigger| call(&mut con, trigger).as_deref() == Ok("2"))
    });
    scripts.write("d.py", &text(&["gc"], "2"));
    until("d is mended", || call(&mut con, "gc").as_deref() == Ok("2"));
    watching.says("removed");
    let said = watching.text();
    assert_eq!(said.matches("its trigger `gc`").count(), 1, "{said}");
    assert_eq!(triggers(&mut con), ["ga", "gb", "gc", "gx"]);
}

#[test]
fn requirements_that_fail_take_no_trigger_away() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    on(&server, &[scripts.dir()]).ok();
    scripts.remove("a.py");
    scripts.trigger("b.py", "a", "2");
    scripts.write("requirements.txt", "./no-such-package-file-0.0.whl\n");
    on(&server, &[scripts.dir()]).fails(1);
    assert_eq!(call(&mut con, "a").as_deref(), Ok("1"));
}

#[test]
fn only_triggers_that_a_script_names_are_taken_over() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    // `da` is a part of `lambda`.
    scripts.trigger("a.py", "da", "1");
    scripts.trigger("b.py", "tb", "1");
    on(&server, &[scripts.dir()]).ok();
    scripts.write("a.py", &(trigger_script("da", "2") + FAILS));
    scripts.trigger("b.py", "tb2", "2");
    scripts.write(
        "c.py",
        &(trigger_script("tb", "2") + "calls = lambda: execute('RG.TRIGGER', 'da')\n"),
    );
    let error = on(&server, &[scripts.dir()]).fails(1);
    assert!(
        !error.contains("c.py") && !error.contains("b.py"),
        "{error}"
    );
    assert_eq!(call(&mut con, "da").as_deref(), Ok("1"));
    assert_eq!(call(&mut con, "tb").as_deref(), Ok("2"));
    assert_eq!(call(&mut con, "tb2").as_deref(), Ok("2"));
    // Another session has it: the error names it alone.
    let other = Scripts::new();
    other.trigger("x.py", "tb", "3");
    let error = on(&server, &[other.dir()]).fails(1);
    assert!(error.contains("`tb` belongs to the session"), "{error}");
    assert!(!error.contains("`da`"), "{error}");
}

#[test]
fn a_changed_script_keeps_a_trigger_that_a_new_one_names() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("b.py", "t", "1");
    on(&server, &[scripts.dir()]).ok();
    scripts.trigger("b.py", "t", "2");
    scripts.trigger("c.py", "t", "c");
    let error = on(&server, &[scripts.dir()]).fails(1);
    assert!(error.contains("c.py") && !error.contains("b.py"), "{error}");
    assert_eq!(call(&mut con, "t").as_deref(), Ok("2"));
}

#[test]
fn computed_triggers_move_too() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    let computed = |all: &[&str], answer: &str| {
        format!(
            "for name in {all:?}:\n    GB('CommandReader').map(lambda x: '{answer}')\
             .register(trigger=name, mode='sync')\n"
        )
    };
    scripts.write("a.py", &computed(&["p", "q"], "1"));
    scripts.write("b.py", &computed(&["r"], "1"));
    on(&server, &[scripts.dir()]).ok();
    scripts.write("a.py", &computed(&["p"], "2"));
    scripts.write("b.py", &(computed(&["q", "r"], "2") + FAILS));
    on(&server, &[scripts.dir()]).fails(1);
    assert_eq!(call(&mut con, "q").as_deref(), Ok("1"));
    scripts.write("b.py", &computed(&["q", "r"], "2"));
    on(&server, &[scripts.dir()]).ok();
    for trigger in ["p", "q", "r"] {
        assert_eq!(call(&mut con, trigger).as_deref(), Ok("2"));
    }
}

/// Scripts that give each other their triggers: all of them are loaded, or none.
#[test]
fn triggers_are_exchanged_by_all_scripts_or_by_none() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    let all = ["x", "y", "z"];
    let names = ["a.py", "b.py", "c.py"];
    for (name, trigger) in names.iter().zip(all) {
        scripts.trigger(name, trigger, "1");
    }
    on(&server, &[scripts.dir()]).ok();
    for fails in names {
        for (name, trigger) in names.iter().zip(["y", "z", "x"]) {
            let end = if *name == fails { FAILS } else { "" };
            scripts.write(name, &(trigger_script(trigger, "2") + end));
        }
        let error = on(&server, &[scripts.dir()]).fails(1);
        assert!(error.contains("ValueError: not yet"), "{error}");
        for trigger in all {
            assert_eq!(
                call(&mut con, trigger).as_deref(),
                Ok("1"),
                "{fails}: {error}"
            );
        }
    }
    // A process that goes on remembers what has failed.
    let watching = Watching::start(server.url(), &["--watch", "0.2", scripts.dir()]);
    watching.says("watching");
    scripts.trigger("d.py", "d", "2");
    until("another one", || call(&mut con, "d").is_ok());
    for trigger in all {
        assert_eq!(call(&mut con, trigger).as_deref(), Ok("1"));
    }
    assert_eq!(watching.ends("-TERM").0, 0);
    scripts.trigger("c.py", "x", "2");
    let done = on(&server, &[scripts.dir()]);
    assert_eq!((done.code, done.out.lines().count()), (0, 3), "{done:?}");
    for trigger in all {
        assert_eq!(call(&mut con, trigger).as_deref(), Ok("2"));
    }
}
