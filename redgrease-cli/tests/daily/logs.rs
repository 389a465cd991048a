//! `logs`.

use super::common::{eventually, on, program, run};
use super::{ended, shop, signal};
use redgrease_embedded::Server;
use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

const LOG: &str = "log('the first text')\nlog('a \\x1b[31m text', level='warning')";

/// A program that goes on, and what it has printed.
struct Running {
    child: Child,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
}

impl Running {
    fn start(url: &str, args: &[&str]) -> Self {
        let mut child = program(args)
            .env("REDGREASE_URL", url)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running {
            out: collect(child.stdout.take().unwrap()),
            err: collect(child.stderr.take().unwrap()),
            child,
        }
    }

    fn prints(&self, text: &str) {
        eventually(text, || self.out.lock().unwrap().contains(text));
    }

    fn says(&self, text: &str) {
        eventually(text, || self.err.lock().unwrap().contains(text));
    }

    /// Ends the program, which is no failure.
    fn end(mut self) {
        signal(&self.child, "-INT");
        assert_eq!(ended(&mut self.child).code(), Some(0));
    }
}

fn collect(from: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let of_reader = Arc::clone(&text);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            of_reader.lock().unwrap().push_str(&(line + "\n"));
        }
    });
    text
}

fn with_log(path: &Path) -> Server {
    Server::builder()
        .server_arg("logfile", path.to_str().unwrap())
        .start()
        .unwrap()
}

#[test]
fn texts_of_gears_are_printed() {
    let server = Server::start().unwrap();
    on(&server, &["-q", "run", "-c", LOG]).ok();
    let text = on(&server, &["logs"]).ok();
    assert!(
        text.contains("GEARS: the first text") && text.contains("a \\x1b[31m text"),
        "{text}"
    );
    assert!(
        !text.contains('\x1b') && !text.contains("Running mode="),
        "{text:?}"
    );
    assert_eq!(on(&server, &["logs", "-n", "1"]).ok().lines().count(), 1);
    assert!(
        on(&server, &["logs", "--all"])
            .ok()
            .contains("Running mode=")
    );
    let json = on(&server, &["logs", "-n", "1", "--json"]).json();
    assert_eq!(json["level"], "warning");
    assert!(
        json["message"].as_str().unwrap().ends_with("text"),
        "{json}"
    );
}

#[test]
fn a_log_is_followed_through_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("redis.log");
    let server = with_log(&path);
    let logs = Running::start(server.url(), &["logs", "-f", "-n", "0"]);
    let log = |text: &str| on(&server, &["-q", "run", "-c", &format!("log('{text}')")]).ok();
    // The program may not read yet.
    eventually("the log is read", || {
        log("begin");
        logs.out.lock().unwrap().contains("begin")
    });
    log("before rotation");
    logs.prints("before rotation");
    std::fs::rename(&path, dir.path().join("redis.log.1")).unwrap();
    log("after rotation");
    logs.prints("after rotation");
    logs.end();
}

#[test]
fn a_server_may_go_away_and_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("redis.log");
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let start = || {
        Server::builder()
            .port(port)
            .server_arg("logfile", path.to_str().unwrap())
            .start()
            .unwrap()
    };
    let server = start();
    let url = format!("redis://127.0.0.1:{port}/");
    let logs = Running::start(&url, &["logs", "-f"]);
    let errors = Running::start(&url, &["-vv", "logs", "-f", "--errors"]);
    logs.prints("RedGrease engine");
    server.kill().unwrap();
    logs.says("is away");
    errors.says("the server is away");
    errors.says("no connection: trying again in 400ms");
    let server = start();
    logs.says("answers again after");
    errors.says("answers again after");
    on(&server, &["-q", "run", "-c", "log('I am back')\nGB('CommandReader').map(lambda x: 1 // 0).register(trigger='t', mode='sync')"]).ok();
    logs.prints("I am back");
    on(&server, &["call", "t"]).fails(1);
    errors.prints("ZeroDivisionError");
    logs.end();
    errors.end();
}

#[test]
fn what_cannot_be_read_is_named_and_errors_are_shown_instead() {
    let server = shop();
    on(&server, &["call", "bad", "x"]).fails(1);
    let errors = on(&server, &["logs", "--errors"]).ok();
    assert!(
        errors.contains("(bad) of the session shop: 1 of 1 runs failed"),
        "{errors}"
    );
    assert!(errors.contains("ValueError: bad x"), "{errors}");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gone.log");
    let other = with_log(&path);
    std::fs::remove_file(&path).unwrap();
    let done = on(&other, &["logs"]);
    assert!(done.err.contains("gone.log cannot be read"), "{}", done.err);
    assert!(
        done.err.contains("no registration has an error"),
        "{}",
        done.err
    );
    let err = run(&["logs", "--file", "/no/such.log"]).fails(1);
    assert!(err.contains("/no/such.log cannot be read"), "{err}");
}
