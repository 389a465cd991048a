//! `redgrease doctor` on set-ups that are broken.

use super::{Home, common};
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;
use serde_json::Value;
use std::time::{Duration, Instant};

fn con(server: &Server) -> redis::Connection {
    redis::Client::open(server.url())
        .unwrap()
        .get_connection()
        .unwrap()
}

fn send(con: &mut redis::Connection, words: &[&str]) -> redis::RedisResult<redis::Value> {
    redis::cmd(words[0]).arg(&words[1..]).query(con)
}

/// The findings, and the exit code.
fn findings(url: &str) -> (Vec<Value>, i32) {
    let done = common::done(common::program(&["doctor", "--json"]).env("REDGREASE_URL", url));
    let found: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    (found["findings"].as_array().unwrap().clone(), done.code)
}

#[track_caller]
fn has(findings: &[Value], check: &str, status: &str, part: &str) {
    let is = |one: &&Value| {
        one["check"] == check
            && one["status"] == status
            && one["message"].as_str().unwrap().contains(part)
    };
    let found = findings.iter().find(is);
    let found = found.unwrap_or_else(|| panic!("{check} {status} {part}: {findings:#?}"));
    // What is wrong has a remedy.
    assert_eq!(found["remedy"].is_string(), status != "ok", "{found:#}");
}

#[test]
fn a_server_that_is_well() {
    let server = Server::builder()
        .server_arg("appendonly", "yes")
        .start()
        .unwrap();
    let (found, code) = findings(server.url());
    assert_eq!(code, 0, "{found:#?}");
    for (check, part) in [
        ("reachable", "process"),
        ("persistence", "AOF"),
        ("memory", "no limit"),
        ("network", "only this machine"),
        ("log", "gears"),
        ("module", env!("CARGO_PKG_VERSION")),
        ("python", "3."),
        ("rights", "run scripts and deploy gears"),
        ("registrations", "0 registered"),
        ("requirements", "0 installed"),
        ("server program", "/"),
        ("engine", "for Python 3."),
        ("python here", "libpython"),
    ] {
        has(&found, check, "ok", part);
    }
    let text = common::on(&server, &["doctor"]);
    assert!(text.out.contains("ok       reachable"), "{text:?}");
    assert!(text.err.contains("0 broken"), "{text:?}");
}

#[test]
fn no_server_and_no_module() {
    let done =
        common::done(common::program(&["doctor"]).env("REDGREASE_URL", "redis://127.0.0.1:1/"));
    assert_eq!(done.code, 3, "{done:?}");
    assert!(
        done.out.contains("redgrease serve") && done.out.contains("server program"),
        "{done:?}"
    );

    let server = Server::builder().without_engine().start().unwrap();
    let (found, code) = findings(server.url());
    assert_eq!(code, 1);
    has(&found, "module", "error", "no module that runs gears");
    // Nothing is kept, and that alone is no error.
    has(&found, "persistence", "warning", "registrations are lost");
    let text = common::on(&server, &["doctor"]).out;
    assert!(
        text.contains("error    module") && text.contains("remedy: "),
        "{text}"
    );
}

#[test]
fn the_rights_of_a_user() {
    let server = Server::start().unwrap();
    let mut admin = con(&server);
    for (name, rules) in [
        (
            "reader",
            "+@all -@admin -@dangerous -rg.pyexecute +acl|whoami +acl|dryrun",
        ),
        ("nobody", "-@all +ping +hello +acl|whoami +acl|dryrun"),
        ("blind", "-@all +ping +hello +rg.trigger"),
    ] {
        let mut words = vec!["ACL", "SETUSER", name, "on", ">secret-word", "~*", "&*"];
        words.extend(rules.split(' '));
        send(&mut admin, &words).unwrap();
    }
    let url = |user: &str| format!("{}?user={user}&pass=secret-word", server.url());
    let (found, code) = findings(&url("reader"));
    assert_eq!(code, 0, "{found:#?}");
    has(
        &found,
        "rights",
        "warning",
        "may not run scripts and deploy gears: no right to RG.PYEXECUTE",
    );
    has(&found, "rights", "ok", "may call gears");
    has(&found, "not looked at", "warning", "CONFIG GET");

    let (found, _) = findings(&url("nobody"));
    has(
        &found,
        "rights",
        "warning",
        "may not call gears: no right to RG.TRIGGER",
    );
    has(&found, "rights", "warning", "may not look at the server");

    let (found, _) = findings(&url("blind"));
    has(&found, "rights", "warning", "cannot be told");

    let wrong = format!("{}?user=reader&pass=wrong-word", server.url());
    let done = common::done(common::program(&["doctor"]).env("REDGREASE_URL", &wrong));
    assert_eq!(done.code, 1, "{done:?}");
    assert!(
        done.out.contains("give the user and the password"),
        "{done:?}"
    );
    for text in [&done.out, &done.err] {
        assert!(!text.contains("wrong-word"), "{text}");
    }
}

#[test]
fn an_engine_for_a_python_that_is_not_there() {
    let home = Home::new();
    home.loader("data/redgrease/lib/redgrease.so");
    home.engine("data/redgrease/lib/redgrease-engine-3.99.so", 99);
    let mut doctor = home.program(&["doctor", "--json", "--port", "1"]);
    let done = common::done(doctor.env("REDGREASE_PYTHON", "3.99"));
    let found: Value = serde_json::from_str(&done.out).unwrap();
    let found = found["findings"].as_array().unwrap();
    has(found, "engine", "ok", "for Python 3.99");
    has(
        found,
        "python here",
        "error",
        "which this machine does not have",
    );

    let mut doctor = home.program(&["doctor", "--json", "--port", "1"]);
    let done = common::done(doctor.env("REDGREASE_PYTHON", "3.97"));
    let found: Value = serde_json::from_str(&done.out).unwrap();
    has(
        found["findings"].as_array().unwrap(),
        "engine",
        "error",
        "no engine was found",
    );
}

/// Writes a wheel of the package `tiny`.
const PACK: &str = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('tiny.py', 'NAME = \\'tiny\\'\\n')
    wheel.writestr('tiny-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n')
    wheel.writestr('tiny-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('tiny-1.0.dist-info/RECORD', 'tiny.py,,\\ntiny-1.0.dist-info/METADATA,,\\ntiny-1.0.dist-info/WHEEL,,\\ntiny-1.0.dist-info/RECORD,,\\n')
";

/// Removes all folders of a name.
fn remove(dir: &std::path::Path, name: &str) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap() == name {
            std::fs::remove_dir_all(path).unwrap();
        } else if path.is_dir() && !path.is_symlink() {
            remove(&path, name);
        }
    }
}

/// A server whose packages are removed behind its back, and one that starts without them.
#[test]
fn requirements_that_are_lost() {
    let home = Home::new();
    let wheel = home.write("tiny-1.0-py3-none-any.whl", "");
    let packed = std::process::Command::new("python3")
        .args(["-c", PACK])
        .arg(&wheel)
        .status()
        .unwrap();
    assert!(packed.success());
    let start = || {
        Server::builder()
            .dir(home.path("server"))
            .server_arg("save", "3600 1")
            .python_dir(home.path("packages"))
            .start()
            .unwrap()
    };
    let server = start();
    let requirement = format!("tiny @ file://{}", wheel.display());
    let script =
        "import tiny\nGB('CommandReader').map(lambda _: tiny.NAME).register(trigger='tiny')";
    send(
        &mut con(&server),
        &[
            "RG.PYEXECUTE",
            script,
            "ID",
            "small",
            "REQUIREMENTS",
            &requirement,
        ],
    )
    .unwrap();
    let (found, _) = findings(server.url());
    has(&found, "requirements", "ok", "1 installed");

    // The wheel stays, and what was installed of it goes.
    remove(&home.path("packages"), "tiny-1.0.dist-info");
    let (found, code) = findings(server.url());
    assert_eq!(code, 1, "{found:#?}");
    has(
        &found,
        "requirements",
        "error",
        "not installed: tiny @ file:",
    );

    server.stop().unwrap();
    std::fs::remove_file(&wheel).unwrap();
    std::fs::remove_dir_all(home.path("packages")).unwrap();
    let server = start();
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let (found, code) = findings(server.url());
        if found.iter().any(|one| one["check"] == "sessions") {
            assert_eq!(code, 1);
            has(&found, "sessions", "error", "`small` was not restored: ");
            break;
        }
        assert!(Instant::now() < deadline, "{found:#?}");
    }
}

#[test]
fn a_session_that_was_replaced_and_still_runs() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let script = "import time\n\
                  def wait(_):\n    while execute('GET', 'stop') is None:\n        time.sleep(0.01)\n\
                  GB('ShardsIDReader').foreach(wait).run()\n";
    send(
        &mut con,
        &["RG.PYEXECUTE", script, "ID", "long", "UNBLOCKING"],
    )
    .unwrap();
    send(
        &mut con,
        &[
            "RG.PYEXECUTE",
            "GB('CommandReader').register(trigger='t')",
            "ID",
            "long",
            "UPGRADE",
        ],
    )
    .unwrap();
    let (found, _) = findings(server.url());
    has(&found, "sessions", "warning", "still in use: long");
    send(&mut con, &["SET", "stop", "1"]).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while findings(server.url())
        .0
        .iter()
        .any(|one| one["check"] == "sessions")
    {
        assert!(Instant::now() < deadline, "the session stays");
    }
}

#[test]
fn registrations_that_fail_and_wait() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let script = "def fail(_):\n    raise ValueError('on purpose')\n\
                  GB('CommandReader').map(fail).register(trigger='broken', mode='sync')\n\
                  GB('StreamReader').map(fail).register('orders', onFailedPolicy='retry', onFailedRetryInterval=3600)\n\
                  GB('StreamReader').register('paused')\n";
    send(&mut con, &["RG.PYEXECUTE", script]).unwrap();
    send(&mut con, &["RG.TRIGGER", "broken"]).unwrap_err();
    let registrations = con.dump_registrations().unwrap();
    let paused = registrations
        .iter()
        .find(|one| one.stream().as_deref() == Some("paused"));
    con.pause_registrations(&paused.unwrap().id).unwrap();
    send(&mut con, &["XADD", "orders", "*", "a", "1"]).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (found, code) = findings(server.url());
        assert_eq!(code, 0, "{found:#?}");
        if found.iter().any(|one| {
            one["message"]
                .as_str()
                .unwrap()
                .contains("waits for its next try")
        }) {
            has(
                &found,
                "registrations",
                "warning",
                "trigger `broken`) has failed 1 of 1 times: ValueError: on purpose",
            );
            has(&found, "registrations", "warning", "stream `orders`");
            has(&found, "registrations", "warning", "is paused");
            break;
        }
        assert!(Instant::now() < deadline, "{found:#?}");
    }
}

#[test]
fn settings_that_lose_data_or_let_everybody_in() {
    let server = Server::builder()
        .server_arg("maxmemory", "500mb")
        .server_arg("maxmemory-policy", "allkeys-lru")
        .start()
        .unwrap();
    let mut con = con(&server);
    let (found, _) = findings(server.url());
    has(&found, "memory", "warning", "removes any key");
    send(
        &mut con,
        &["CONFIG", "SET", "maxmemory-policy", "noeviction"],
    )
    .unwrap();
    send(&mut con, &["CONFIG", "SET", "maxmemory", "1"]).unwrap();
    send(&mut con, &["RG.CONFIGSET", "PythonAttemptTraceback", "0"]).unwrap();
    let (found, code) = findings(server.url());
    assert_eq!(code, 1);
    has(&found, "memory", "error", "refuses to write");
    has(&found, "settings", "warning", "errors have no traceback");
}
