//! A session that is not restored keeps its triggers and its hooks: no other session takes them.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::pair::{caught_up, follow};
use common::{eventually, free_port, untyped};
use redgrease_embedded::{Builder, Server};
use std::fs::{self, File};
use std::path::PathBuf;

/// A data directory, and the file whose existence makes the script of the session `app` fail.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let home = Home(tempfile::tempdir().unwrap());
        fs::create_dir(home.0.path().join("data")).unwrap();
        home
    }

    fn server(&self) -> Builder {
        Server::builder().dir(self.0.path().join("data"))
    }

    fn fails(&self) -> PathBuf {
        self.0.path().join("fails")
    }

    fn fail(&self) {
        File::create(self.fails()).unwrap();
    }

    fn mend(&self) {
        fs::remove_file(self.fails()).unwrap();
    }

    /// A script with names that its text does not have, and a text that is no name. A gear of it registers another trigger.
    fn script(&self) -> String {
        format!(
            "
import os
if os.path.exists('{}'): raise ValueError('not today')
not_a_name = 'mentioned'
GB('CommandReader').map(lambda x: 'first').register(trigger='comp' + 'uted', mode='sync')
GB('CommandReader').map(lambda x: 'second').register(trigger='more', mode='sync')
GB('CommandReader').register(hook='hg' + 'et', mode='async_local')
GB('CommandReader').map(lambda x: ['inner', call_next(*x[1:])][0]).register(hook='strlen', mode='sync')
def make(x):
    GB('CommandReader').map(lambda x: 'of a gear').register(trigger='made', mode='sync')
GB('CommandReader').foreach(make).register(trigger='make', mode='sync')
",
            self.fails().display()
        )
    }

    fn register(&self, server: &Server) {
        assert_eq!(
            untyped(server, &["RG.PYEXECUTE", &self.script(), "ID", "app"]),
            "OK"
        );
        untyped(server, &["RG.TRIGGER", "make"]);
        assert_eq!(untyped(server, &["RG.TRIGGER", "made"]), "of a gear");
    }

    /// A server that could not restore the session, which was saved before.
    fn unrestored(&self) -> Server {
        let server = self.server().start().unwrap();
        self.register(&server);
        self.restart(server)
    }

    fn restart(&self, server: Server) -> Server {
        assert_eq!(untyped(&server, &["SAVE"]), "OK");
        server.kill().unwrap();
        if !self.fails().exists() {
            self.fail();
        }
        self.server().start().unwrap()
    }
}

/// Asks for a trigger or a hook in another session.
fn ask(server: &Server, arguments: &str) -> String {
    let script = format!("GB('CommandReader').map(lambda x: 'other').register({arguments})");
    untyped(server, &["RG.PYEXECUTE", &script, "ID", "other"])
}

/// Checks that the server refuses the names of the session. Returns the id of the registration `computed`.
fn names_are_reserved(server: &Server) -> String {
    let mut ids = Vec::new();
    for (arguments, words) in [
        (
            "trigger='computed', mode='sync'",
            "trigger already registered: ",
        ),
        (
            "trigger='computed', mode='async'",
            "trigger already registered: ",
        ),
        ("trigger='made'", "trigger already registered: "),
        (
            "hook='hget', mode='sync'",
            "Can not override a none sync registration: ",
        ),
        (
            "hook='HGET', mode='async'",
            "Can not override a none sync registration: ",
        ),
    ] {
        let error = ask(server, arguments);
        assert!(error.contains(words), "{arguments}: {error}");
        let says = "of the session app, which is not restored yet, has the name: ";
        assert!(error.contains(says), "{arguments}: {error}");
        assert!(error.contains("REPLACE_WITH app"), "{arguments}: {error}");
        let id = error.split("RG.UNREGISTER ").nth(1).unwrap();
        let is_of_id = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
        ids.push(id.chars().take_while(is_of_id).collect::<String>());
    }
    let error = untyped(server, &["RG.PYEXECUTE", "GB().count().run()", "ID", "app"]);
    let says = "Session app already exists: it is not restored yet: its script failed";
    assert!(error.contains(says), "{error}");
    for trigger in ["computed", "made", "more"] {
        let error = untyped(server, &["RG.TRIGGER", trigger]);
        assert!(
            error.contains("of the session app, which is not restored yet"),
            "{error}"
        );
        assert!(error.contains("not today"), "{error}");
    }
    for trigger in ["mentioned", "comp", "mor"] {
        let error = untyped(server, &["RG.TRIGGER", trigger]);
        assert!(
            error.contains(&format!("no gear has the trigger '{trigger}': register")),
            "{error}"
        );
    }
    ids.swap_remove(0)
}

/// The session is restored as soon as its script does not fail.
fn is_restored(server: &Server) {
    assert_eq!(untyped(server, &["RG.REFRESHCLUSTER"]), "OK");
    assert_eq!(untyped(server, &["RG.TRIGGER", "computed"]), "first");
    assert_eq!(untyped(server, &["RG.TRIGGER", "made"]), "of a gear");
    assert_eq!(untyped(server, &["STRLEN", "nothing"]), "inner");
}

#[test]
fn names_are_refused_to_others_until_the_session_is_restored() {
    let home = Home::new();
    let mut server = home.unrestored();
    for _ in 0..2 {
        names_are_reserved(&server);
        server = home.restart(server);
    }
    // A hook that runs at once shares its command.
    for (arguments, remove) in [
        ("trigger='mentioned'", true),
        ("hook='strlen', mode='async'", false),
    ] {
        assert_eq!(ask(&server, arguments), "OK");
        let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        let id = rows.lines().nth(1).unwrap();
        if remove {
            assert_eq!(untyped(&server, &["RG.UNREGISTER", id]), "OK");
        }
    }
    // A gear that runs gets the same answer.
    let gear = "
def ask(x):
    try:
        GB('CommandReader').register(trigger='computed')
    except Exception as refused:
        return str(refused)
GB('CommandReader').map(ask).register(trigger='ask', mode='sync')
";
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", gear, "ID", "asking"]),
        "OK"
    );
    let refused = untyped(&server, &["RG.TRIGGER", "ask"]);
    assert!(
        refused.contains("of the session app, which is not restored yet"),
        "{refused}"
    );
    home.mend();
    assert_eq!(untyped(&server, &["RG.REFRESHCLUSTER"]), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "computed"]), "first");
    assert_eq!(
        untyped(&server, &["RG.TRIGGER", "ask"]),
        "trigger already registered"
    );
}

#[test]
fn what_is_given_up_is_free() {
    let home = Home::new();
    let mut server = home.unrestored();
    let id = names_are_reserved(&server);
    assert_eq!(untyped(&server, &["RG.UNREGISTER", &id]), "OK");
    let error = untyped(&server, &["RG.TRIGGER", "computed"]);
    assert!(error.contains("no gear has the trigger"), "{error}");
    assert_eq!(ask(&server, "trigger='computed', mode='sync'"), "OK");
    for _ in 0..2 {
        assert_eq!(untyped(&server, &["RG.TRIGGER", "computed"]), "other");
        assert!(untyped(&server, &["RG.TRIGGER", "made"]).contains("is not restored yet"));
        server = home.restart(server);
    }
    home.mend();
    assert_eq!(untyped(&server, &["RG.REFRESHCLUSTER"]), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "computed"]), "other");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "more"]), "second");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "made"]), "of a gear");
}

#[test]
fn a_session_in_its_place_takes_its_names() {
    for replacing in [
        &["ID", "app", "UPGRADE"][..],
        &["ID", "other", "REPLACE_WITH", "app"],
    ] {
        let home = Home::new();
        let server = home.unrestored();
        let script = "
GB('CommandReader').map(lambda x: 'new').register(trigger='computed', mode='sync')
GB('CommandReader').map(lambda x: 'new').register(trigger='made', mode='sync')
GB('CommandReader').map(lambda x: 'new').register(hook='hget', mode='sync')
";
        let words = [&["RG.PYEXECUTE", script][..], replacing].concat();
        assert_eq!(untyped(&server, &words), "OK");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "computed"]), "new");
        assert_eq!(untyped(&server, &["RG.TRIGGER", "made"]), "new");
        assert_eq!(untyped(&server, &["HGET", "h", "f"]), "new");
        let error = untyped(&server, &["RG.TRIGGER", "more"]);
        assert!(error.contains("no gear has the trigger"), "{error}");
    }
}

#[test]
fn the_names_are_in_every_kind_of_aof() {
    for preamble in ["yes", "no"] {
        for rewrites in [false, true] {
            let home = Home::new();
            let start = || {
                let server = home.server().server_arg("appendonly", "yes");
                let server = server.server_arg("appendfsync", "always");
                server
                    .server_arg("aof-use-rdb-preamble", preamble)
                    .start()
                    .unwrap()
            };
            let rewrite = |server: &Server| {
                if rewrites {
                    untyped(server, &["BGREWRITEAOF"]);
                    eventually("the AOF is rewritten", || {
                        let info = untyped(server, &["INFO", "persistence"]);
                        info.contains("aof_rewrite_in_progress:0")
                            && info.contains("aof_rewrite_scheduled:0")
                    });
                }
            };
            let server = start();
            home.register(&server);
            rewrite(&server);
            server.kill().unwrap();
            home.fail();
            let server = start();
            names_are_reserved(&server);
            rewrite(&server);
            server.kill().unwrap();
            let server = start();
            names_are_reserved(&server);
            home.mend();
            is_restored(&server);
        }
    }
}

#[test]
fn a_replica_and_its_promotion_keep_the_names() {
    let home = Home::new();
    let port = free_port();
    let master = home.server().port(port);
    let master = master
        .server_arg("repl-diskless-sync-delay", "0")
        .start()
        .unwrap();
    home.register(&master);
    home.fail();
    // The script fails on the replica only.
    let replica = Server::start().unwrap();
    follow(&replica, port);
    let error = untyped(&replica, &["RG.TRIGGER", "computed"]);
    assert!(
        error.contains("of the session app, which is not restored yet"),
        "{error}"
    );
    // A registration that a gear of the master makes later has a name, too, and one that is removed has none.
    let later = "
def make(x): GB('CommandReader').register(trigger='later')
GB('CommandReader').foreach(make).register(trigger='make_later', mode='sync')
";
    home.mend();
    assert_eq!(
        untyped(&master, &["RG.PYEXECUTE", later, "ID", "later"]),
        "OK"
    );
    untyped(&master, &["RG.TRIGGER", "make_later"]);
    home.fail();
    let rows = untyped(&master, &["RG.PYDUMPSESSIONS", "SESSIONS", "app"]);
    let more = rows
        .lines()
        .skip_while(|line| *line != "registrations")
        .nth(2);
    assert_eq!(untyped(&master, &["RG.UNREGISTER", more.unwrap()]), "OK");
    caught_up(&master, &replica);
    let error = untyped(&replica, &["RG.TRIGGER", "more"]);
    assert!(error.contains("no gear has the trigger"), "{error}");
    master.kill().unwrap();
    assert_eq!(untyped(&replica, &["REPLICAOF", "NO", "ONE"]), "OK");
    let error = ask(&replica, "trigger='computed'");
    assert!(
        error.contains("of the session app, which is not restored yet"),
        "{error}"
    );
    assert_eq!(ask(&replica, "trigger='more'"), "OK");
    home.mend();
    is_restored(&replica);
}

#[test]
fn a_registration_of_a_gear_keeps_its_name_in_a_session_that_runs() {
    let home = Home::new();
    let module = home.0.path().join("sometimes.py");
    fs::write(&module, "answer = 42\n").unwrap();
    let script = format!(
        "
import sys
sys.path.append('{}')
sys.dont_write_bytecode = True
def make(x):
    import sometimes
    GB('CommandReader').map(lambda x: sometimes.answer).register(trigger='from_' + 'gear', mode='sync')
GB('CommandReader').foreach(make).register(trigger='make', mode='sync')
",
        home.0.path().display()
    );
    let server = home.server().start().unwrap();
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", &script, "ID", "app"]),
        "OK"
    );
    untyped(&server, &["RG.TRIGGER", "make"]);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "from_gear"]), "42");
    fs::remove_file(&module).unwrap();
    let mut server = home.restart(server);
    for _ in 0..2 {
        let error = untyped(&server, &["RG.TRIGGER", "from_gear"]);
        assert!(
            error.contains("a gear of the session app made, is not restored"),
            "{error}"
        );
        let error = ask(&server, "trigger='from_gear'");
        assert!(
            error.contains("trigger already registered: registration "),
            "{error}"
        );
        assert!(
            error.contains("of a gear of the session app, which is not restored, has the name"),
            "{error}"
        );
        server = home.restart(server);
    }
    fs::write(&module, "answer = 42\n").unwrap();
    assert_eq!(untyped(&server, &["RG.REFRESHCLUSTER"]), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "from_gear"]), "42");
}

#[test]
fn the_package_redgrease_names_the_session() {
    let home = Home::new();
    let server = home.unrestored();
    for replace in ["None", "True", "False"] {
        let script = format!(
            "
from redgrease import CommandReader
CommandReader().map(lambda x: 'other').register(trigger='computed', replace={replace})
"
        );
        let error = untyped(&server, &["RG.PYEXECUTE", &script, "ID", "other"]);
        assert!(
            error.contains("'computed' is already registered: registration "),
            "{error}"
        );
        assert!(
            error.contains("of the session app, which is not restored yet"),
            "{error}"
        );
    }
}

#[test]
fn hooks_of_one_command_keep_their_order_over_a_restart() {
    let home = Home::new();
    let server = home.server().start().unwrap();
    // The names of the sessions sort in another order than their registrations.
    for (session, mode) in [("zulu", "sync"), ("mike", "sync"), ("alpha", "async_local")] {
        let script = format!(
            "GB('CommandReader').map(lambda x: '{session} ' + str(call_next(*x[1:]))).register(hook='get', mode='{mode}')"
        );
        assert_eq!(
            untyped(&server, &["RG.PYEXECUTE", &script, "ID", session]),
            "OK"
        );
    }
    untyped(&server, &["SET", "k", "v"]);
    let mut server = server;
    for _ in 0..2 {
        assert_eq!(untyped(&server, &["GET", "k"]), "alpha mike zulu v");
        server = home.restart(server);
    }
}
