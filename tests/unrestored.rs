//! Sessions that cannot be restored after a restart or on a replica stay stored until they can.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::wheel::make_wheel;
use common::{free_port, untyped};
use redgrease_embedded::{Builder, Server};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A script that needs a package, with a command, a handler of streams and a time event.
const SCRIPT: &str = "
import rarely
GB('CommandReader').map(lambda x: rarely.answer).register(trigger='rare', mode='sync')
GB('StreamReader').foreach(lambda r: execute('RPUSH', 'seen', r['value']['n'])).register('messages', mode='sync')
registerTE(1, lambda: execute('SET', 'ticked', '1'))
";

/// Waits for a condition. A busy machine takes minutes for a few installations.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_mins(4);
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The version of the server, such as `v=7.0.15`.
fn version() -> String {
    let program = redgrease_embedded::find_server().unwrap();
    let told = Command::new(program).arg("--version").output().unwrap();
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let mut words = told.split_whitespace();
    let version = words.find(|word| word.starts_with("v="));
    version.unwrap_or_default().to_owned()
}

/// A data directory, with a folder of packages that a server finds while the folder is there.
struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Home {
        let home = Home {
            dir: tempfile::tempdir().unwrap(),
        };
        for folder in ["data", "packages"] {
            fs::create_dir(home.path(folder)).unwrap();
        }
        make_wheel(&home.path("wheels"), "rarely", 1);
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn publish(&self) {
        for wheel in fs::read_dir(self.path("wheels")).unwrap().flatten() {
            fs::copy(wheel.path(), self.path("packages").join(wheel.file_name())).unwrap();
        }
    }

    fn withdraw(&self) {
        for wheel in fs::read_dir(self.path("packages")).unwrap().flatten() {
            fs::remove_file(wheel.path()).unwrap();
        }
    }

    /// A server whose packages are installed in the folder `python`.
    fn server(&self, python: &str) -> Builder {
        let find = self.path("packages");
        let mut server = Server::builder();
        // Redis 6.2 always allows DEBUG, and does not know this setting.
        if !version().starts_with("v=6.") {
            server = server.server_arg("enable-debug-command", "yes");
        }
        server
            .dir(self.path("data"))
            .python_dir(self.path(python))
            .module_arg(
                "PipArguments",
                format!("--no-index --find-links={}", find.display()),
            )
    }

    /// The dump of a session that a server with the package has registered and saved. The package is withdrawn.
    fn registered(&self, configure: impl FnOnce(Builder) -> Builder) -> String {
        self.publish();
        let server = configure(self.server("first")).start().unwrap();
        let words = [
            "RG.PYEXECUTE",
            SCRIPT,
            "ID",
            "app",
            "REQUIREMENTS",
            "rarely",
        ];
        assert_eq!(untyped(&server, &words), "OK");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "rare"]), "42");
        let dump = untyped(&server, &["RG.PYDUMPSESSIONS"]);
        if untyped(&server, &["CONFIG", "GET", "appendonly"]).contains("no") {
            assert_eq!(untyped(&server, &["SAVE"]), "OK");
        }
        server.kill().unwrap();
        self.withdraw();
        dump
    }
}

/// Waits until the first attempt has failed.
fn fails_to_restore(server: &Server) {
    eventually("the installation fails", || {
        untyped(server, &["RG.PYDUMPSESSIONS"]).contains("cannot be installed")
    });
    is_not_restored(server);
}

fn is_not_restored(server: &Server) {
    let dump = untyped(server, &["RG.PYDUMPSESSIONS"]);
    assert!(
        dump.contains("requirementInstallationNeeded\n1\n"),
        "{dump}"
    );
    let info = untyped(server, &["INFO", "rg_engine"]);
    assert!(info.contains("unrestored_sessions:1"), "{info}");
    let error = untyped(server, &["RG.TRIGGER", "rare"]);
    assert!(
        error.contains("session app, which is not restored yet"),
        "{error}"
    );
    assert!(error.contains("RG.REFRESHCLUSTER"), "{error}");
    let other = untyped(server, &["RG.TRIGGER", "nowhere"]);
    assert!(
        other.contains("no gear has the trigger 'nowhere': register"),
        "{other}"
    );
}

/// Waits until the session is as it was before.
fn is_restored(server: &Server, dump: &str) {
    eventually("the session is restored", || {
        untyped(server, &["RG.TRIGGER", "rare"]) == "42"
    });
    assert_eq!(untyped(server, &["RG.PYDUMPSESSIONS"]), dump);
    let info = untyped(server, &["INFO", "rg_engine"]);
    assert!(info.contains("unrestored_sessions:0"), "{info}");
    let error = untyped(server, &["RG.TRIGGER", "nowhere"]);
    assert!(
        error.contains("no gear has the trigger 'nowhere': register"),
        "{error}"
    );
}

#[test]
fn a_session_without_its_package_stays_in_the_rdb() {
    let home = Home::new();
    let dump = home.registered(|server| server);
    for _ in 0..2 {
        let server = home.server("second").start().unwrap();
        fails_to_restore(&server);
        assert_eq!(untyped(&server, &["SAVE"]), "OK");
        assert_eq!(untyped(&server, &["DEBUG", "RELOAD"]), "OK");
        fails_to_restore(&server);
        server.kill().unwrap();
    }
    home.publish();
    let server = home.server("second").start().unwrap();
    is_restored(&server, &dump);
}

#[test]
fn a_session_without_its_package_stays_in_the_aof() {
    let home = Home::new();
    let with_aof = |server: Builder| {
        server
            .server_arg("appendonly", "yes")
            .server_arg("appendfsync", "always")
    };
    let dump = home.registered(with_aof);
    let server = with_aof(home.server("second")).start().unwrap();
    fails_to_restore(&server);
    untyped(&server, &["BGREWRITEAOF"]);
    eventually("the AOF is rewritten", || {
        let info = untyped(&server, &["INFO", "persistence"]);
        info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
    });
    server.kill().unwrap();
    let server = with_aof(home.server("second")).start().unwrap();
    fails_to_restore(&server);
    server.kill().unwrap();
    home.publish();
    let server = with_aof(home.server("second")).start().unwrap();
    is_restored(&server, &dump);
}

#[test]
fn it_is_tried_again_and_reads_the_messages_that_waited() {
    let home = Home::new();
    let dump = home.registered(|server| server);
    let server = home.server("second").start().unwrap();
    fails_to_restore(&server);
    for n in ["1", "2", "3"] {
        untyped(&server, &["XADD", "messages", "*", "n", n]);
    }
    assert_eq!(untyped(&server, &["XLEN", "messages"]), "3");
    assert_eq!(untyped(&server, &["EXISTS", "ticked"]), "0");
    home.publish();
    // Nobody asks for it: the next attempt finds the package.
    is_restored(&server, &dump);
    eventually("all messages are handled", || {
        untyped(&server, &["LRANGE", "seen", "0", "-1"]) == "1\n2\n3"
    });
    eventually("the time event runs", || {
        untyped(&server, &["EXISTS", "ticked"]) == "1"
    });
}

#[test]
fn a_save_while_packages_are_installed_keeps_the_session() {
    let home = Home::new();
    let dump = home.registered(|server| server);
    home.publish();
    // The lock of the directory makes the installation wait.
    fs::create_dir(home.path("second")).unwrap();
    let version = version_of(&home.path("first"));
    let lock = File::create(home.path("second").join(format!("install-{version}.lock"))).unwrap();
    lock.lock().unwrap();
    let server = home.server("second").start().unwrap();
    is_not_restored(&server);
    let told = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    assert!(told.contains("its packages are being installed"), "{told}");
    assert_eq!(untyped(&server, &["RG.REFRESHCLUSTER"]), "OK");
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.kill().unwrap();
    drop(lock);
    let server = home.server("second").start().unwrap();
    is_restored(&server, &dump);
}

/// The version of Python in the names of an installation directory.
fn version_of(directory: &Path) -> String {
    let names = fs::read_dir(directory).unwrap().flatten();
    names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .find_map(|name| name.strip_prefix("venv-").map(str::to_owned))
        .unwrap()
}

#[test]
fn a_replica_keeps_the_session_and_restores_it_after_its_promotion() {
    let home = Home::new();
    home.publish();
    let port = free_port();
    let master = home
        .server("first")
        .port(port)
        .server_arg("repl-diskless-sync-delay", "0")
        .start()
        .unwrap();
    let words = [
        "RG.PYEXECUTE",
        SCRIPT,
        "ID",
        "app",
        "REQUIREMENTS",
        "rarely",
    ];
    assert_eq!(untyped(&master, &words), "OK");
    home.withdraw();

    let elsewhere = tempfile::tempdir().unwrap();
    let replica = || home.server("second").dir(elsewhere.path()).start().unwrap();
    let first = replica();
    let of_master = ["REPLICAOF", "127.0.0.1", &port.to_string()].map(str::to_owned);
    let follow: Vec<&str> = of_master.iter().map(String::as_str).collect();
    assert_eq!(untyped(&first, &follow), "OK");
    fails_to_restore(&first);
    // The session is upgraded, and loses a registration, while the replica cannot restore it.
    let upgrade = [&words[..4], &["UPGRADE"], &words[4..]].concat();
    assert_eq!(untyped(&master, &upgrade), "OK");
    let dump = untyped(&master, &["RG.PYDUMPSESSIONS"]);
    let id = dump.lines().last().unwrap();
    assert_eq!(untyped(&master, &["RG.UNREGISTER", id]), "OK");
    let dump = untyped(&master, &["RG.PYDUMPSESSIONS"]);
    let ids = dump.split("registrations\n").last().unwrap().to_owned();
    eventually("the replica knows", || {
        untyped(&first, &["RG.PYDUMPSESSIONS"])
            .contains(&format!("registrations\n{ids}\nnotRestored"))
    });
    master.kill().unwrap();
    assert_eq!(untyped(&first, &["REPLICAOF", "NO", "ONE"]), "OK");
    fails_to_restore(&first);
    assert_eq!(untyped(&first, &["SAVE"]), "OK");
    first.kill().unwrap();

    let second = replica();
    fails_to_restore(&second);
    home.publish();
    assert_eq!(untyped(&second, &["RG.REFRESHCLUSTER"]), "OK");
    is_restored(&second, &dump);
}

/// A script that fails while a file exists.
fn moody(home: &Home) -> String {
    let fails = home.path("fails");
    format!(
        "
import os
if os.path.exists('{}'): raise ValueError('not today')
GB('CommandReader').map(lambda x: 'works').register(trigger='moody', mode='sync')
GB('CommandReader').map(lambda x: 'second').register(trigger='moody2', mode='sync')
",
        fails.display()
    )
}

#[test]
fn a_script_that_fails_is_kept() {
    {
        let (file, why) = ("fails", "not today");
        let home = Home::new();
        let start = || home.server("first").start().unwrap();
        let server = start();
        let words = ["RG.PYEXECUTE", &moody(&home), "ID", "moody"];
        assert_eq!(untyped(&server, &words), "OK");
        let dump = untyped(&server, &["RG.PYDUMPSESSIONS"]);
        File::create(home.path(file)).unwrap();
        assert_eq!(untyped(&server, &["DEBUG", "RELOAD"]), "OK");
        let error = untyped(&server, &["RG.TRIGGER", "moody"]);
        assert!(error.contains("is not restored yet"), "{error}");
        assert!(error.contains(why), "{error}");
        let row = untyped(&server, &["RG.PYDUMPSESSIONS", "SESSIONS", "moody"]);
        assert!(row.contains("requirementInstallationNeeded\n0\n"), "{row}");
        assert!(row.contains("\nnotRestored\n"), "{row}");
        assert_eq!(untyped(&server, &["SAVE"]), "OK");
        server.kill().unwrap();
        let server = start();
        assert!(untyped(&server, &["RG.TRIGGER", "moody"]).contains(why));
        fs::remove_file(home.path(file)).unwrap();
        assert_eq!(untyped(&server, &["RG.REFRESHCLUSTER"]), "OK");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "moody"]), "works");
        assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), dump);
    }
}

#[test]
fn it_can_be_unregistered_upgraded_and_replaced() {
    let home = Home::new();
    let script = moody(&home);
    let fails = home.path("fails");
    let server = home.server("first").start().unwrap();
    let register = ["RG.PYEXECUTE", &script, "ID", "moody"];
    let refuse = || {
        if !fails.exists() {
            File::create(&fails).unwrap();
        }
        assert_eq!(untyped(&server, &["DEBUG", "RELOAD"]), "OK");
        assert!(untyped(&server, &["RG.PYDUMPSESSIONS"]).contains("notRestored"));
    };
    let ids = |dump: &str| -> Vec<String> {
        let lines = dump.lines().skip_while(|line| *line != "registrations");
        lines.skip(1).take(2).map(str::to_owned).collect()
    };

    assert_eq!(untyped(&server, &register), "OK");
    let made = ids(&untyped(&server, &["RG.PYDUMPSESSIONS"]));
    refuse();
    let exists = untyped(&server, &register);
    assert!(
        exists.starts_with("Session moody already exists: it is not restored yet"),
        "{exists}"
    );
    // One of two registrations goes.
    assert_eq!(untyped(&server, &["RG.UNREGISTER", &made[0]]), "OK");
    assert!(untyped(&server, &["RG.UNREGISTER", &made[0]]).contains("is not registered"));
    fs::remove_file(&fails).unwrap();
    assert_eq!(untyped(&server, &["RG.REFRESHCLUSTER"]), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "moody2"]), "second");
    assert!(untyped(&server, &["RG.TRIGGER", "moody"]).contains("no gear has the trigger"));
    // The last one takes the session with it.
    refuse();
    assert_eq!(untyped(&server, &["RG.UNREGISTER", &made[1]]), "OK");
    assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), "");
    assert_eq!(untyped(&server, &["DEBUG", "RELOAD"]), "OK");
    assert_eq!(untyped(&server, &["RG.PYDUMPSESSIONS"]), "");

    let new = "GB('CommandReader').map(lambda x: 'new').register(trigger='moody', mode='sync')";
    for replacing in [
        &["ID", "moody", "UPGRADE"][..],
        &["ID", "other", "REPLACE_WITH", "moody"],
    ] {
        fs::remove_file(&fails).unwrap();
        assert_eq!(untyped(&server, &register), "OK");
        refuse();
        let words = [&["RG.PYEXECUTE", new][..], replacing].concat();
        assert_eq!(untyped(&server, &words), "OK");
        for _ in 0..2 {
            assert_eq!(untyped(&server, &["RG.TRIGGER", "moody"]), "new");
            let dump = untyped(&server, &["RG.PYDUMPSESSIONS"]);
            assert!(!dump.contains("notRestored"), "{dump}");
            assert_eq!(dump.matches("sessionDescription").count(), 1, "{dump}");
            assert_eq!(untyped(&server, &["DEBUG", "RELOAD"]), "OK");
        }
        let id = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        assert_eq!(
            untyped(&server, &["RG.UNREGISTER", id.lines().nth(1).unwrap()]),
            "OK"
        );
    }
}
