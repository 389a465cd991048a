//! `redgrease deploy`, `diff` and `prune`.

use crate::common::on;
use crate::common::terminal::Terminal;
use crate::scripts::{Scripts, call, con, sessions, trigger_script, triggers};
use redgrease_core::{GearsCommands as _, PyExecuteOptions};
use redgrease_embedded::Server;
use redis::Commands as _;

#[test]
fn diff_shows_the_texts_and_has_an_exit_code() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    scripts.trigger("b.py", "b", "1");
    scripts.trigger("c.py", "c", "1");
    let diff = |more: &[&str]| on(&server, &[&["diff", scripts.dir()], more].concat());
    let done = diff(&["--exit-code"]);
    assert_eq!(done.code, 1);
    assert!(done.out.contains("--- /dev/null\n"), "{}", done.out);
    assert!(sessions(&mut con).is_empty());
    on(&server, &[scripts.dir()]).ok();
    assert_eq!(diff(&["--exit-code"]).ok(), "");
    scripts.trigger("a.py", "a", "2");
    scripts.remove("b.py");
    scripts.trigger("d.py", "d", "1");
    let out = diff(&[]).ok();
    let (old, new) = (trigger_script("a", "1"), trigger_script("a", "2"));
    assert!(out.contains(&format!("\n-{old}+{new}")), "{out}");
    assert!(
        out.contains(&format!("\n-{}", trigger_script("b", "1"))),
        "{out}"
    );
    assert!(
        out.contains(&format!("\n+{}", trigger_script("d", "1"))),
        "{out}"
    );
    assert!(!out.contains("c.py"), "{out}");
    assert_eq!(call(&mut con, "a").unwrap(), "1");
    let rows = diff(&["--json"]).json();
    let actions: Vec<(&str, &str)> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["path"].as_str().unwrap().rsplit('/').next().unwrap(),
                row["action"].as_str().unwrap(),
            )
        })
        .collect();
    for expected in [
        ("a.py", "changed"),
        ("b.py", "removed"),
        ("c.py", "unchanged"),
        ("d.py", "added"),
    ] {
        assert!(actions.contains(&expected), "{actions:?}");
    }
    let out = diff(&["--summary"]).ok();
    assert_eq!(out.lines().count(), 3, "{out}");
    // A server that has lost the text says so.
    let _: () = con.del(scripts.key("a.py")).unwrap();
    assert!(diff(&[]).ok().contains("the server does not have the text"));
    std::fs::write(scripts.path().join("bad.py"), b"\xff").unwrap();
    diff(&[]).fails(1);
}

#[test]
fn deploy_asks_and_does_what_diff_says() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    let deploy = |more: &[&str]| on(&server, &[&["deploy", scripts.dir()], more].concat());
    // There is no terminal to ask at.
    let error = deploy(&[]).fails(2);
    assert!(error.contains("--yes") && error.contains("a.py"), "{error}");
    assert!(sessions(&mut con).is_empty());
    assert!(deploy(&["--dry-run"]).ok().starts_with("added "));
    assert!(sessions(&mut con).is_empty());
    assert!(deploy(&["--yes"]).ok().starts_with("added "));
    assert_eq!(call(&mut con, "a").unwrap(), "1");
    // Nothing to do needs no answer.
    assert_eq!(deploy(&[]).ok(), "");
    // A file that cannot be read: nothing is begun.
    scripts.trigger("a.py", "a", "2");
    std::fs::write(scripts.path().join("bad.py"), b"\xff").unwrap();
    deploy(&["--yes"]).fails(1);
    assert_eq!(call(&mut con, "a").unwrap(), "1");
    scripts.remove("bad.py");
    let report = deploy(&["-y", "--json"]).json();
    assert_eq!(report["scripts"][0]["action"], "changed");
    scripts.write("a.py", "1 / 0\n");
    deploy(&["-y"]).fails(1);
    assert_eq!(call(&mut con, "a").unwrap(), "2");
}

#[test]
fn a_person_is_asked() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    for (answer, code, is_deployed) in [("n\r", 0, false), ("\r", 0, false), ("y\r", 0, true)] {
        let mut terminal = Terminal::start(server.url(), 100, &["deploy", scripts.dir()], &[]);
        terminal.shows("Change this script? [y/N]");
        terminal.shows("added");
        terminal.press(answer);
        let (ended, screen, _) = terminal.end();
        assert_eq!(ended, code, "{screen}");
        assert_eq!(
            screen.contains("nothing was changed"),
            !is_deployed,
            "{screen}"
        );
        assert_eq!(call(&mut con, "a").is_ok(), is_deployed);
    }
}

#[test]
fn prune_removes_orphans_of_sync_alone() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let (here, gone) = (Scripts::new(), Scripts::new());
    here.trigger("a.py", "a", "1");
    here.trigger("b.py", "b", "1");
    gone.trigger("c.py", "c", "1");
    on(&server, &[here.dir()]).ok();
    on(&server, &["--index-prefix", "/other", gone.dir()]).ok();
    let other = PyExecuteOptions::new().id("other").description("by hand");
    let _: redgrease_core::Executed = con
        .pyexecute_options(&trigger_script("o", "1"), &other)
        .unwrap();
    let prune = |more: &[&str]| on(&server, &[&["prune"], more].concat());
    assert!(prune(&["--yes"]).ok().is_empty());
    let _: () = con.del(here.key("b.py")).unwrap();
    let error = prune(&[]).fails(2);
    assert!(error.contains("--yes"), "{error}");
    let out = prune(&["--dry-run"]).ok();
    assert!(out.contains("b.py") && !out.contains("a.py"), "{out}");
    assert!(
        prune(&["--yes", "--index-prefix", "/other"])
            .ok()
            .is_empty()
    );
    assert_eq!(triggers(&mut con), ["a", "b", "c", "o"]);
    prune(&["--yes"]).ok();
    assert_eq!(triggers(&mut con), ["a", "c", "o"]);
    // A checkout that was deleted.
    drop(gone);
    assert!(prune(&["--yes"]).ok().is_empty());
    let rows = prune(&["--yes", "--gone-files"]);
    assert_eq!(rows.code, 0, "{rows:?}");
    assert_eq!(triggers(&mut con), ["a", "o"]);
}

#[test]
fn prune_lists_sessions_that_were_replaced_and_still_run() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let slow = "import time\ndef f(x):\n    time.sleep(3)\nGB('CommandReader').foreach(f).register(trigger='slow')\n";
    let scripts = Scripts::new();
    scripts.write("a.py", slow);
    on(&server, &[scripts.dir()]).ok();
    let url = server.url().to_owned();
    let call = std::thread::spawn(move || {
        let mut con = redgrease_core::connect(url).unwrap();
        let _ = con.trigger::<String>("slow", &[] as &[&str]);
    });
    crate::scripts::until("it runs", || !con.dump_executions().unwrap().is_empty());
    scripts.write("a.py", &format!("{slow}\n# other\n"));
    on(&server, &[scripts.dir()]).ok();
    let rows = on(&server, &["prune", "--json", "--dry-run"]).json();
    assert_eq!(rows[0]["is_removable"], false, "{rows}");
    call.join().unwrap();
    crate::scripts::until("it has ended", || {
        on(&server, &["prune", "--json"]).json() == serde_json::json!([])
    });
}
