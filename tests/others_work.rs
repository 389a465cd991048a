//! Executions, errors and values belong to their users. Others cannot read or end them.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, is_redis_6, lacks};
use common::wheel::make_wheel;
use common::{eventually, plain_connection, untyped};
use redgrease_embedded::{Builder, Server};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

/// An id of no execution.
const NOBODY: &str = "0000000000000000000000000000000000000000-987654";

const SCRIPT: &str = "
import time
def wait(x):
    while execute('GET', 'go') is None:
        time.sleep(0.01)
    return 'the-result-of-' + execute('ACL', 'WHOAMI')
def fail(x):
    raise ValueError('hidden-from-others')
GB('CommandReader').map(wait).register(trigger='wait', mode='async_local')
GB('CommandReader').map(fail).register(trigger='fail', mode='sync')
GB('CommandReader').map(lambda x: configGet('token')).register(trigger='token', mode='sync')
GB('KeysReader').foreach(wait).register('event', mode='async_local')
";

/// `ann` deploys gears, and `bob` and `eve` call them. `None` on a server that cannot run a command as a user.
fn server() -> Option<Server> {
    of(Server::builder())
}

fn of(builder: Builder) -> Option<Server> {
    let server = builder.start().unwrap();
    if lacks(&server, Capability::CommandsAsUser) {
        return None;
    }
    rules(&server, "ann", "+@all");
    for user in ["bob", "eve"] {
        rules(
            &server,
            user,
            "+@all -@admin -@dangerous -rg.pyexecute +acl|whoami",
        );
    }
    Some(server)
}

fn rules(server: &Server, user: &str, rules: &str) {
    let words = format!("ACL SETUSER {user} on nopass ~* &* {rules}");
    let words: Vec<&str> = words.split(' ').collect();
    assert_eq!(untyped(server, &words), "OK");
}

/// A connection of a user.
struct As(redis::Connection);

impl As {
    fn user(server: &Server, name: &str) -> As {
        let mut con = plain_connection(server);
        redis::cmd("AUTH").arg(name).arg("").exec(&mut con).unwrap();
        As(con)
    }

    fn ask(&mut self, words: &[&str]) -> String {
        let mut cmd = redis::cmd(words[0]);
        cmd.arg(&words[1..]);
        match cmd.query::<redis::Value>(&mut self.0) {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        }
    }

    /// Sends a command whose answer comes later.
    fn begin(&mut self, words: &[&str]) {
        let mut cmd = redis::cmd(words[0]);
        cmd.arg(&words[1..]);
        self.0
            .send_packed_command(&cmd.get_packed_command())
            .unwrap();
    }

    fn end(&mut self) -> String {
        match self.0.recv_response() {
            Ok(value) => format!("{value:?}"),
            Err(error) => error.to_string(),
        }
    }
}

/// The id of the one execution that runs.
fn running(server: &Server) -> String {
    let mut id = String::new();
    eventually("an execution runs", || {
        let rows = untyped(server, &["RG.DUMPEXECUTIONS"]);
        let lines: Vec<&str> = rows.lines().collect();
        let found = lines
            .windows(3)
            .find(|three| three[1] == "status" && three[2] == "running");
        id = found.map(|three| three[0].to_owned()).unwrap_or_default();
        !id.is_empty()
    });
    id
}

/// Checks that the user gets the same answers as for an execution that does not exist.
#[track_caller]
fn sees_nothing(user: &mut As, id: &str) {
    for command in [
        "RG.GETRESULTS",
        "RG.GETRESULTSBLOCKING",
        "RG.GETEXECUTION",
        "RG.DROPEXECUTION",
        "RG.ABORTEXECUTION",
    ] {
        let of_nobody = user.ask(&[command, NOBODY]);
        assert!(
            of_nobody.contains("does not exist"),
            "{command}: {of_nobody}"
        );
        assert_eq!(user.ask(&[command, id]), of_nobody, "{command}");
    }
    assert_eq!(user.ask(&["RG.DUMPEXECUTIONS"]), "array([])");
}

#[test]
fn a_run_belongs_to_the_user_who_sent_it() {
    let Some(server) = server() else { return };
    let (mut ann, mut bob) = (As::user(&server, "ann"), As::user(&server, "bob"));
    let run = "
import time
def wait(x):
    while execute('GET', 'go') is None: time.sleep(0.01)
    return 'the-result'
GB('ShardsIDReader').map(wait).run()";
    ann.ask(&["RG.PYEXECUTE", run, "UNBLOCKING"]);
    let id = running(&server);
    sees_nothing(&mut bob, &id);
    untyped(&server, &["SET", "go", "1"]);
    assert!(
        ann.ask(&["RG.GETRESULTSBLOCKING", &id])
            .contains("the-result")
    );
    sees_nothing(&mut bob, &id);
    // It belongs to the user also without the right to send code.
    rules(&server, "ann", "-@admin -@dangerous -rg.pyexecute");
    assert!(ann.ask(&["RG.DUMPEXECUTIONS"]).contains(&id));
    assert!(ann.ask(&["RG.GETEXECUTION", &id]).contains("done"));
    assert!(ann.ask(&["RG.GETRESULTS", &id]).contains("the-result"));
    // The default user has the right to send code.
    assert!(untyped(&server, &["RG.GETRESULTS", &id]).contains("the-result"));
    assert_eq!(ann.ask(&["RG.DROPEXECUTION", &id]), "ok");
    assert!(!untyped(&server, &["RG.DUMPEXECUTIONS"]).contains(&id));
}

#[test]
fn a_call_belongs_to_its_caller() {
    let Some(server) = server() else { return };
    let mut ann = As::user(&server, "ann");
    assert_eq!(ann.ask(&["RG.PYEXECUTE", SCRIPT]), "ok");
    rules(&server, "ann", "-@admin -@dangerous -rg.pyexecute");
    let (mut bob, mut eve) = (As::user(&server, "bob"), As::user(&server, "eve"));
    let mut second = As::user(&server, "bob");
    bob.begin(&["RG.TRIGGER", "wait"]);
    let id = running(&server);
    sees_nothing(&mut eve, &id);
    // The owner of the registration has no right to the calls of others.
    sees_nothing(&mut ann, &id);
    assert!(second.ask(&["RG.DUMPEXECUTIONS"]).contains(&id));
    assert_eq!(second.ask(&["RG.ABORTEXECUTION", &id]), "ok");
    assert!(bob.end().contains("aborted"));
}

#[test]
fn the_execution_of_an_event_belongs_to_the_owner_of_the_registration() {
    let Some(server) = server() else { return };
    let mut ann = As::user(&server, "ann");
    assert_eq!(ann.ask(&["RG.PYEXECUTE", SCRIPT]), "ok");
    rules(&server, "ann", "-@admin -@dangerous -rg.pyexecute");
    let mut bob = As::user(&server, "bob");
    assert_eq!(bob.ask(&["SET", "event", "1"]), "ok");
    let id = running(&server);
    sees_nothing(&mut bob, &id);
    assert!(ann.ask(&["RG.DUMPEXECUTIONS"]).contains(&id));
    assert_eq!(ann.ask(&["RG.ABORTEXECUTION", &id]), "ok");
    sees_nothing(&mut bob, &id);
    assert!(ann.ask(&["RG.GETEXECUTION", &id]).contains("aborted"));
}

#[test]
fn the_tick_of_a_timer_belongs_to_the_user_who_made_it() {
    let Some(server) = server() else { return };
    let mut ann = As::user(&server, "ann");
    let script = format!("{SCRIPT}\nregisterTE(1, lambda: wait(None))");
    assert_eq!(ann.ask(&["RG.PYEXECUTE", &script]), "ok");
    rules(&server, "ann", "-@admin -@dangerous -rg.pyexecute");
    let id = running(&server);
    sees_nothing(&mut As::user(&server, "bob"), &id);
    assert_eq!(ann.ask(&["RG.ABORTEXECUTION", &id]), "ok");
}

#[test]
fn the_body_of_a_script_belongs_to_the_user_who_sent_it() {
    let Some(server) = server() else { return };
    let (mut ann, mut bob) = (As::user(&server, "ann"), As::user(&server, "bob"));
    let mut second = As::user(&server, "ann");
    let script = "
import time
execute('SET', 'begun', '1')
while True: time.sleep(0.01)";
    ann.begin(&["RG.PYEXECUTE", script, "ID", "slow"]);
    eventually("the body runs", || {
        untyped(&server, &["GET", "begun"]) == "1"
    });
    let of_nobody = bob.ask(&["RG.ABORTEXECUTION", "nosuch"]);
    assert_eq!(bob.ask(&["RG.ABORTEXECUTION", "slow"]), of_nobody);
    assert!(untyped(&server, &["INFO", "rg_engine"]).contains("running_scripts:1"));
    rules(&server, "ann", "-@admin -@dangerous -rg.pyexecute");
    assert_eq!(second.ask(&["RG.ABORTEXECUTION", "slow"]), "ok");
    assert!(ann.end().contains("aborted"));
}

#[test]
fn errors_of_registrations_are_shown_to_their_owner() {
    let Some(server) = server() else { return };
    let (mut ann, mut bob) = (As::user(&server, "ann"), As::user(&server, "bob"));
    assert_eq!(ann.ask(&["RG.PYEXECUTE", SCRIPT, "ID", "app"]), "ok");
    rules(&server, "ann", "-@admin -@dangerous -rg.pyexecute");
    untyped(&server, &["RG.TRIGGER", "fail"]);
    for listing in [
        &["RG.DUMPREGISTRATIONS"][..],
        &["RG.PYDUMPSESSIONS", "VERBOSE"],
        &["RG.PYDUMPSESSIONS", "VERBOSE", "SESSIONS", "app"],
    ] {
        let shown = bob.ask(listing);
        assert!(
            !shown.contains("hidden-from-others"),
            "{listing:?}: {shown}"
        );
        let says = "there is an error, which its owner can read";
        assert_eq!(shown.matches(says).count(), 1, "{listing:?}: {shown}");
        assert!(ann.ask(listing).contains("ValueError: hidden-from-others"));
        assert!(untyped(&server, listing).contains("ValueError: hidden-from-others"));
        // The fields are the same.
        let fields = |text: &str| text.matches("bulk-string").count();
        assert_eq!(fields(&shown), fields(&ann.ask(listing)), "{listing:?}");
    }
}

#[test]
fn the_reason_why_a_session_is_not_restored_is_shown_to_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let flag = dir.path().join("flag");
    let start = || Server::builder().dir(dir.path()).start().unwrap();
    let first = start();
    if lacks(&first, Capability::CommandsAsUser) {
        return;
    }
    let script = format!(
        "import os\nif os.path.exists('{}'): raise ValueError('hidden-from-others')\n{SCRIPT}",
        flag.display()
    );
    assert_eq!(untyped(&first, &["RG.PYEXECUTE", &script]), "OK");
    assert_eq!(untyped(&first, &["SAVE"]), "OK");
    first.kill().unwrap();
    std::fs::write(&flag, "").unwrap();
    let server = start();
    rules(&server, "bob", "+@all -@admin -@dangerous -rg.pyexecute");
    let shown = As::user(&server, "bob").ask(&["RG.PYDUMPSESSIONS"]);
    assert!(shown.contains("notRestored"), "{shown}");
    assert!(!shown.contains("hidden-from-others"), "{shown}");
    assert!(untyped(&server, &["RG.PYDUMPSESSIONS"]).contains("hidden-from-others"));
}

#[test]
fn values_under_names_of_users_are_shown_to_those_who_may_send_code() {
    let Some(server) = server() else { return };
    let (mut ann, mut bob) = (As::user(&server, "ann"), As::user(&server, "bob"));
    assert_eq!(ann.ask(&["RG.PYEXECUTE", SCRIPT]), "ok");
    ann.ask(&["RG.CONFIGSET", "token", "the-secret"]);
    let hidden = bob.ask(&["RG.CONFIGGET", "token"]);
    let unknown = bob.ask(&["RG.CONFIGGET", "nosuch"]);
    assert_eq!(hidden.replace("token", "nosuch"), unknown);
    assert!(bob.ask(&["RG.CONFIGGET", "MaxExecutions"]).contains("1000"));
    assert!(ann.ask(&["RG.CONFIGGET", "token"]).contains("the-secret"));
    // A gear may use it for its caller.
    assert!(bob.ask(&["RG.TRIGGER", "token"]).contains("the-secret"));
}

#[test]
fn arguments_of_pip_are_shown_to_those_who_may_send_code() {
    let server = Server::builder()
        .module_arg(
            "PipArguments",
            "--index-url https://me:the-secret@host/simple",
        )
        .start()
        .unwrap();
    assert!(untyped(&server, &["RG.CONFIGGET", "PipArguments"]).contains("the-secret"));
    if is_redis_6(&server) {
        return;
    }
    rules(&server, "bob", "+@all -@admin -@dangerous -rg.pyexecute");
    let shown = As::user(&server, "bob").ask(&["RG.CONFIGGET", "PipArguments"]);
    assert_eq!(shown, "array([bulk-string('\"\"')])");
}

/// An address that answers everybody with these bytes, if the query is right. The thread ends with the test.
fn serve(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            lines.find(|line| line.as_ref().is_ok_and(String::is_empty));
            let (status, body) = if first.contains("?access_token=the-secret") {
                ("200 OK", bytes.as_slice())
            } else {
                ("403 Forbidden", b"".as_slice())
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            // A client that asks for the head only reads no body.
            let _ = stream.write_all(body);
        }
    });
    format!("http://{address}")
}

#[test]
fn the_query_of_a_requirement_is_shown_to_those_who_may_send_code() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("python");
    let Some(server) = of(Server::builder().python_dir(home)) else {
        return;
    };
    let wheels = folder.path().join("wheels");
    make_wheel(&wheels, "rgtoken", 10);
    let name = "rgtoken-1.2-py3-none-any.whl";
    let address = serve(std::fs::read(wheels.join(name)).unwrap());
    let requirement = format!("rgtoken @ {address}/{name}?access_token=the-secret");
    let script = "GB('CommandReader').map(lambda x: __import__('rgtoken').answer).register(trigger='answer')";
    let words = ["RG.PYEXECUTE", script, "REQUIREMENTS", &requirement];
    assert_eq!(untyped(&server, &words), "OK");
    let (mut ann, mut bob) = (As::user(&server, "ann"), As::user(&server, "bob"));
    assert!(bob.ask(&["RG.TRIGGER", "answer"]).contains("42"));
    for words in [
        &["RG.PYDUMPREQS"][..],
        &["RG.PYDUMPSESSIONS"],
        &["RG.PYDUMPSESSIONS", "VERBOSE"],
        &["RG.DUMPREGISTRATIONS"],
    ] {
        let shown = bob.ask(words);
        assert!(shown.contains("rgtoken"), "{words:?}: {shown}");
        assert!(!shown.contains("the-secret"), "{words:?}: {shown}");
        assert!(ann.ask(words).contains("the-secret"), "{words:?}");
    }
    // pip tells the address that it could not read.
    let wrong = requirement
        .replace("rgtoken-1", "rgtoken-2")
        .replace("?access_token", "?x_token");
    let refused = untyped(&server, &["RG.PYEXECUTE", "1", "REQUIREMENTS", &wrong]);
    assert!(refused.contains("403"), "{refused}");
    assert!(!refused.contains("the-secret"), "{refused}");
}

#[test]
fn values_that_are_set_do_not_reach_the_slow_log_and_monitors() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::builder()
        .dir(dir.path())
        .server_arg("appendonly", "yes")
        .start()
        .unwrap();
    untyped(&server, &["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
    let mut monitor = UnixStream::connect(server.socket()).unwrap();
    monitor
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    monitor.write_all(b"MONITOR\r\n").unwrap();
    let mut seen = String::new();
    let mut read_until = |monitor: &mut UnixStream, text: &str| {
        let mut bytes = [0; 4096];
        while !seen.contains(text) {
            let count = monitor.read(&mut bytes).unwrap();
            assert!(count > 0, "{seen}");
            seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        seen.clone()
    };
    read_until(&mut monitor, "OK");
    untyped(&server, &["RG.CONFIGSET", "token", "the-secret"]);
    let mut con = plain_connection(&server);
    let mut transaction = redis::pipe();
    transaction
        .atomic()
        .cmd("RG.CONFIGSET")
        .arg("token")
        .arg("the-secret");
    transaction.exec(&mut con).unwrap();
    untyped(&server, &["SET", "marker", "after-the-secret-ones"]);
    let monitored = read_until(&mut monitor, "after-the-secret-ones");
    assert!(!monitored.contains("\"the-secret\""), "{monitored}");
    let slow = untyped(&server, &["SLOWLOG", "GET", "100"]);
    assert!(slow.contains("after-the-secret-ones"), "{slow}");
    assert!(!slow.lines().any(|line| line == "the-secret"), "{slow}");
    assert!(untyped(&server, &["RG.CONFIGGET", "token"]).contains("the-secret"));
    // Neither do they reach the files.
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.kill().unwrap();
    let mut folders = vec![dir.path().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.contains("python") {
                folders.push(path);
            } else if name.contains("rdb") || name.contains("aof") {
                let bytes = std::fs::read(&path).unwrap();
                files += 1;
                let text = String::from_utf8_lossy(&bytes);
                assert!(!text.contains("$10\r\nthe-secret"), "{name}");
                assert!(!text.contains("token"), "{name}");
            }
        }
    }
    assert!(files >= 2, "{files}");
}
