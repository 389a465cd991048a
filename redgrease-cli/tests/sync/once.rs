//! `redgrease PATH..` without `--watch`.

use crate::common::{on, program, run};
use crate::scripts::{Scripts, call, con, sessions, triggers};
use redgrease_core::{GearsCommands as _, PyExecuteOptions};
use redgrease_embedded::Server;
use redis::Commands as _;
use serde_json::json;

const COUNTS: &str = "execute('INCR', 'sent')\n";

#[test]
fn a_directory_is_loaded_changed_and_removed() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    scripts.write(
        "two.py",
        &format!(
            "{COUNTS}GB('CommandReader').map(lambda x: 'x').register(trigger='x', mode='sync')\n\
             GB('KeysReader').foreach(lambda x: x).register(prefix='k:*', mode='sync')\n"
        ),
    );
    scripts.write("notes.txt", "no script");
    let out = on(&server, &[scripts.dir()]).ok();
    assert!(out.contains("a.py  1 registration\n"), "{out}");
    assert!(out.contains("two.py  2 registrations\n"), "{out}");
    assert_eq!(call(&mut con, "a").unwrap(), "1");

    // The index, as the Python program keeps it.
    let ids: String = con.hget(scripts.key("two.py"), "registration_id").unwrap();
    let all = con.dump_registrations().unwrap();
    let mut listed: Vec<&str> = ids.split(',').collect();
    let session = all.iter().find(|row| row.trigger().as_deref() == Some("x"));
    let session = session.unwrap().session.clone();
    let mut real: Vec<&str> = all
        .iter()
        .filter(|row| row.session == session)
        .map(|row| row.id.as_str())
        .collect();
    listed.sort_unstable();
    real.sort_unstable();
    assert_eq!(listed, real);
    let updated: String = con.hget(scripts.key("a.py"), "last_updated").unwrap();
    assert!(
        updated.starts_with("20") && updated.ends_with('Z'),
        "{updated}"
    );

    // What is the same is not sent again.
    assert_eq!(con.get::<_, i64>("sent").unwrap(), 1);
    let done = on(&server, &[scripts.dir()]);
    assert_eq!((done.out.as_str(), done.code), ("", 0));
    assert!(done.err.contains("2 unchanged"), "{}", done.err);
    assert_eq!(con.get::<_, i64>("sent").unwrap(), 1);

    scripts.trigger("a.py", "a", "2");
    let out = on(&server, &[scripts.dir()]).ok();
    assert!(out.starts_with("changed ") && out.contains("a.py"), "{out}");
    assert_eq!(call(&mut con, "a").unwrap(), "2");

    scripts.remove("two.py");
    let out = on(&server, &[scripts.dir()]).ok();
    assert!(
        out.starts_with("removed ") && out.contains("two.py"),
        "{out}"
    );
    assert_eq!(triggers(&mut con), ["a"]);
    assert_eq!(con.dump_registrations().unwrap().len(), 1);
    assert!(!con.exists::<_, bool>(scripts.key("two.py")).unwrap());
}

#[test]
fn a_failing_script_leaves_its_old_version_and_shows_the_lines() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    scripts.trigger("b.py", "b", "1");
    on(&server, &[scripts.dir()]).ok();
    scripts.write(
        "a.py",
        "def boom(n):\n    return 1 / n  # here\n\nboom(0)\n",
    );
    scripts.trigger("b.py", "b", "2");
    let done = on(&server, &[scripts.dir()]);
    assert_eq!(done.code, 1, "{done:?}");
    let file = scripts.path().join("a.py").display().to_string();
    for text in [
        format!("{file}:4 in <module>\n"),
        "4 | boom(0)\n".to_owned(),
        format!("{file}:2 in boom\n"),
        "2 |     return 1 / n  # here\n".to_owned(),
        "ZeroDivisionError: division by zero".to_owned(),
        "the version before goes on".to_owned(),
    ] {
        assert!(done.err.contains(&text), "{text}: {}", done.err);
    }
    // The others are loaded.
    assert_eq!(call(&mut con, "a").unwrap(), "1");
    assert_eq!(call(&mut con, "b").unwrap(), "2");
    scripts.write("a.py", "x = = 1\n");
    let error = on(&server, &[scripts.dir()]).fails(1);
    assert!(
        error.contains("a.py:1\n") && error.contains("x = = 1\n"),
        "{error}"
    );
    assert!(error.contains("SyntaxError"), "{error}");
}

#[test]
fn a_job_runs_once_for_each_change_and_shows_its_results() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    let job = |n: i64| {
        format!("{COUNTS}GB('PythonReader').map(lambda x: ['n', x]).run(lambda: iter([{n}, 5]))\n")
    };
    scripts.write("job.py", &job(3));
    let out = on(&server, &[scripts.dir()]).ok();
    assert!(
        out.starts_with("ran ") && out.contains("\n    ['n', 3]\n    ['n', 5]\n"),
        "{out}"
    );
    on(&server, &[scripts.dir()]).ok();
    assert_eq!(con.get::<_, i64>("sent").unwrap(), 1);
    scripts.write("job.py", &job(4));
    let report = on(&server, &["--json", scripts.dir()]).json();
    assert_eq!(report["scripts"][0]["action"], "ran");
    assert_eq!(
        report["scripts"][0]["results"],
        json!(["['n', 4]", "['n', 5]"])
    );
    assert_eq!(con.get::<_, i64>("sent").unwrap(), 2);
    // A job that fails is no success, and runs again.
    scripts.write(
        "job.py",
        &format!("{COUNTS}GB('PythonReader').map(lambda x: x.no).run(lambda: iter([1]))\n"),
    );
    for sent in 3..5 {
        let error = on(&server, &[scripts.dir()]).fails(1);
        assert!(error.contains("AttributeError"), "{error}");
        assert_eq!(con.get::<_, i64>("sent").unwrap(), sent);
    }
}

#[test]
fn a_script_that_stops_registering_loses_its_handlers() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    on(&server, &[scripts.dir()]).ok();
    scripts.write("a.py", "x = 1\n");
    let out = on(&server, &[scripts.dir()]).ok();
    assert!(out.starts_with("ran "), "{out}");
    assert!(triggers(&mut con).is_empty() && sessions(&mut con).is_empty());
    scripts.trigger("a.py", "a", "2");
    on(&server, &[scripts.dir()]).ok();
    assert_eq!(call(&mut con, "a").unwrap(), "2");
}

#[test]
fn files_and_triggers_move() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    on(&server, &[scripts.dir()]).ok();
    std::fs::rename(scripts.path().join("a.py"), scripts.path().join("b.py")).unwrap();
    let out = on(&server, &[scripts.dir()]).ok();
    assert!(out.starts_with("moved ") && out.contains("a.py)"), "{out}");
    assert_eq!(triggers(&mut con), ["a"]);
    assert!(!con.exists::<_, bool>(scripts.key("a.py")).unwrap());
    // Moved and changed.
    scripts.remove("b.py");
    scripts.trigger("c.py", "a", "2");
    on(&server, &[scripts.dir()]).ok();
    assert_eq!(call(&mut con, "a").unwrap(), "2");
    assert_eq!(sessions(&mut con).len(), 1);
    // Two scripts exchange their triggers.
    scripts.trigger("d.py", "d", "d");
    on(&server, &[scripts.dir()]).ok();
    scripts.trigger("c.py", "d", "c");
    scripts.trigger("d.py", "a", "d");
    on(&server, &[scripts.dir()]).ok();
    assert_eq!(call(&mut con, "a").unwrap(), "d");
    assert_eq!(call(&mut con, "d").unwrap(), "c");
}

#[test]
fn a_trigger_of_others_is_not_taken() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let other = crate::scripts::trigger_script("a", "other");
    let _: redgrease_core::Executed = con
        .pyexecute_options(&other, &PyExecuteOptions::new().id("other"))
        .unwrap();
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    let error = on(&server, &[scripts.dir()]).fails(1);
    assert!(
        error.contains("`a` belongs to the session other"),
        "{error}"
    );
    assert_eq!(call(&mut con, "a").unwrap(), "other");
    // Two scripts with one trigger: the first one has it.
    scripts.remove("a.py");
    scripts.trigger("b.py", "b", "b");
    scripts.trigger("c.py", "b", "c");
    on(&server, &[scripts.dir()]).fails(1);
    assert_eq!(call(&mut con, "b").unwrap(), "b");
    assert_eq!(call(&mut con, "a").unwrap(), "other");
}

#[test]
fn checkouts_and_prefixes_leave_each_other_alone() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let (one, two) = (Scripts::new(), Scripts::new());
    one.trigger("a.py", "one", "1");
    two.trigger("a.py", "two", "2");
    on(&server, &[one.dir()]).ok();
    on(&server, &[two.dir()]).ok();
    assert_eq!(triggers(&mut con), ["one", "two"]);
    // The same directory with another prefix.
    two.trigger("a.py", "other", "3");
    on(&server, &["--index-prefix", "/other", two.dir()]).ok();
    assert_eq!(triggers(&mut con), ["one", "other", "two"]);
    one.remove("a.py");
    on(&server, &[one.dir()]).ok();
    assert_eq!(triggers(&mut con), ["other", "two"]);
    // A file alone does not remove its neighbours.
    two.trigger("b.py", "b", "b");
    on(&server, &[two.path().join("b.py").to_str().unwrap()]).ok();
    assert_eq!(triggers(&mut con), ["b", "other", "two"]);
}

#[test]
fn a_project_keeps_its_scripts_when_its_directory_moves() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let (one, two) = (Scripts::new(), Scripts::new());
    one.trigger("a.py", "a", "1");
    one.trigger("old.py", "old", "1");
    on(&server, &["--project", "shop", one.dir()]).ok();
    assert!(
        con.exists::<_, bool>("/redgrease/scripts/shop/a.py")
            .unwrap()
    );
    two.trigger("a.py", "a", "2");
    on(&server, &["--project", "shop", two.dir()]).ok();
    assert_eq!(triggers(&mut con), ["a"]);
    assert_eq!(call(&mut con, "a").unwrap(), "2");
}

#[test]
fn what_cannot_be_read_stays_and_is_said() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    scripts.trigger("b.py", "b", "1");
    on(&server, &[scripts.dir()]).ok();
    std::fs::write(scripts.path().join("a.py"), b"x = '\xff'\n").unwrap();
    let error = on(&server, &[scripts.dir()]).fails(1);
    assert!(
        error.contains("a.py") && error.contains("it is not UTF-8"),
        "{error}"
    );
    assert_eq!(triggers(&mut con), ["a", "b"]);
    let error = on(&server, &[scripts.path().join("none").to_str().unwrap()]).fails(2);
    assert!(error.contains("none cannot be read"), "{error}");
    assert_eq!(triggers(&mut con), ["a", "b"]);
}

#[test]
fn what_is_no_file_is_said() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    let pipe = scripts.path().join("pipe.py");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", scripts.path().join("zero.py")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(scripts.path().join("socket.py")).unwrap();
    for words in [&["diff"][..], &["sync", "--dry-run"], &["sync", "--json"]] {
        on(&server, &[words, &[scripts.dir()]].concat()).fails(1);
    }
    let error = on(&server, &[scripts.dir()]).fails(1);
    for name in ["pipe.py", "zero.py", "socket.py"] {
        assert!(error.contains(name), "{error}");
    }
    assert!(error.contains("it is no file, but a pipe"), "{error}");
    assert_eq!(triggers(&mut con), ["a"]);
    let error = on(&server, &[pipe.to_str().unwrap()]).fails(2);
    assert!(error.contains("pipe.py is no file"), "{error}");
    // A pipe in the place of requirements.
    std::fs::rename(&pipe, scripts.path().join("requirements.txt")).unwrap();
    on(&server, &[scripts.dir()]).fails(1);
}

/// Servers know a script by its path, which is a text.
#[test]
fn names_that_are_no_text_are_said() {
    use std::os::unix::ffi::OsStrExt as _;
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    let named = |name: &[u8]| scripts.path().join(std::ffi::OsStr::from_bytes(name));
    let text = |trigger: &str| crate::scripts::trigger_script(trigger, "1");
    scripts.trigger("a.py", "a", "1");
    std::fs::write(named(b"bad\xff.py"), text("b")).unwrap();
    std::fs::create_dir(named(b"dir\xff")).unwrap();
    std::fs::write(named(b"dir\xff/c.py"), text("c")).unwrap();
    let error = on(&server, &["-r", scripts.dir()]).fails(1);
    assert_eq!(error.matches("its path is not UTF-8").count(), 2, "{error}");
    assert_eq!(triggers(&mut con), ["a"]);
    // A directory that was given.
    let mut command = program(&["sync"]);
    command
        .arg(named(b"dir\xff"))
        .env("REDGREASE_URL", server.url());
    let error = crate::common::done(&mut command).fails(1);
    assert!(error.contains("its path is not UTF-8"), "{error}");
    // A project knows scripts by their paths below it.
    command.args(["--project", "p"]);
    crate::common::done(&mut command).ok();
    assert_eq!(triggers(&mut con), ["a", "c"]);
    on(&server, &["prune", "--gone-files", "--yes"]).ok();
    assert_eq!(triggers(&mut con), ["a", "c"]);
}

#[test]
fn what_the_server_has_lost_is_sent_again() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    scripts.write("two.py", "for t in 'xy':\n    GB('CommandReader').map(lambda r: 1).register(trigger=t, mode='sync')\n");
    on(&server, &[scripts.dir()]).ok();
    // A registration that was taken away by hand.
    let rows = con.dump_registrations().unwrap();
    let row = rows
        .iter()
        .find(|row| row.trigger().as_deref() == Some("y"))
        .unwrap();
    con.unregister(&row.id).unwrap();
    on(&server, &[scripts.dir()]).ok();
    assert_eq!(triggers(&mut con), ["a", "x", "y"]);
    // The index alone is written again, without sending.
    let before = con.dump_registrations().unwrap();
    let _: () = redis::cmd("FLUSHALL").query(&mut con).unwrap();
    on(&server, &[scripts.dir()]).ok();
    assert_eq!(con.dump_registrations().unwrap(), before);
    assert!(con.exists::<_, bool>(scripts.key("a.py")).unwrap());
}

#[test]
fn dry_run_changes_nothing() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    let out = on(&server, &["sync", "--dry-run", scripts.dir()]).ok();
    assert!(out.starts_with("added "), "{out}");
    assert!(sessions(&mut con).is_empty());
    assert_eq!(redis::cmd("DBSIZE").query::<i64>(&mut con).unwrap(), 0);
}

#[test]
fn exit_codes() {
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    let socket = format!("redis+unix://{}/none.sock", scripts.dir());
    run(&["--url", &socket, scripts.dir()]).fails(3);
    run(&["sync"]).fails(2);
    let server = Server::builder().without_engine().start().unwrap();
    let error = on(&server, &[scripts.dir()]).fails(1);
    assert!(error.contains("RG."), "{error}");
    // A directory with the name of a command.
    let server = Server::start().unwrap();
    let home = Scripts::new();
    home.trigger("ls/a.py", "a", "1");
    let in_home = |args: &[&str]| {
        let mut command = program(args);
        command
            .current_dir(home.path())
            .env("REDGREASE_URL", server.url());
        crate::common::done(&mut command)
    };
    assert!(in_home(&["./ls"]).ok().contains("added "));
    assert!(in_home(&["sync", "ls", "-v"]).err.contains("unchanged"));
}

#[test]
fn requirements_come_first() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let scripts = Scripts::new();
    scripts.trigger("a.py", "a", "1");
    on(&server, &[scripts.dir()]).ok();
    // A file that is wrong: nothing is sent, and the old version goes on.
    scripts.trigger("a.py", "a", "2");
    scripts.write("requirements.txt", "--index-url http://127.0.0.1:9/\n");
    let error = on(&server, &[scripts.dir()]).fails(1);
    assert!(error.contains("requirements.txt"), "{error}");
    assert_eq!(call(&mut con, "a").unwrap(), "1");
    // A package that cannot be installed.
    scripts.write("requirements.txt", "./no-such-package-file-0.0.whl\n");
    let error = on(&server, &[scripts.dir()]).fails(1);
    assert!(error.contains("requirements"), "{error}");
    assert_eq!(call(&mut con, "a").unwrap(), "1");
    scripts.remove("requirements.txt");
    on(&server, &[scripts.dir()]).ok();
    assert_eq!(call(&mut con, "a").unwrap(), "2");
}
