//! The life of a private server, without the engine.
#![allow(clippy::unwrap_used, missing_docs)]

use redgrease_embedded::{ErrorKind, Server};
use redis::Commands;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn client(server: &Server) -> redis::Connection {
    redis::Client::open(server.url())
        .unwrap()
        .get_connection()
        .unwrap()
}

fn is_alive(pid: u32) -> bool {
    test_kill_process(Pid::from_raw(pid.cast_signed()).unwrap()).is_ok()
}

/// Waits until a condition holds that another process brings about.
fn eventually(condition: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {condition}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_server_is_private_and_ends_when_dropped() {
    let server = Server::builder().without_engine().start().unwrap();
    let mut con = client(&server);
    let () = con.set("a", 1).unwrap();
    let info: String = redis::cmd("INFO").arg("server").query(&mut con).unwrap();
    assert!(
        info.contains(&format!("process_id:{}\r\n", server.pid())),
        "{info}"
    );
    assert!(info.contains("tcp_port:0\r\n"), "{info}");
    assert!(
        server.log_tail(50).contains("eady to accept connections"),
        "{}",
        server.log_tail(50)
    );

    let (pid, dir) = (server.pid(), server.dir().to_owned());
    drop(server);
    assert!(!is_alive(pid));
    assert!(!dir.exists());
}

#[test]
fn two_servers_share_no_data() {
    let one = Server::builder().without_engine().start().unwrap();
    let two = Server::builder().without_engine().start().unwrap();
    let () = client(&one).set("a", 1).unwrap();
    assert!(!client(&two).exists::<_, bool>("a").unwrap());
    one.stop().unwrap();
    assert!(!client(&two).exists::<_, bool>("a").unwrap());
}

#[test]
fn a_port_is_on_loopback_and_in_the_url() {
    let port = free_port();
    let server = Server::builder()
        .without_engine()
        .port(port)
        .start()
        .unwrap();
    assert_eq!(server.url(), format!("redis://127.0.0.1:{port}/"));
    let bind: Vec<String> = redis::cmd("CONFIG")
        .arg("GET")
        .arg("bind")
        .query(&mut client(&server))
        .unwrap();
    assert_eq!(bind[1], "127.0.0.1");
    assert!(server.socket().exists());
}

#[test]
fn a_port_in_use_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Server::builder()
        .without_engine()
        .port(port)
        .start()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse, "{error}");
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[test]
fn data_in_a_directory_are_kept() {
    let parent = tempfile::tempdir().unwrap();
    // The directory does not exist, and its name must be quoted in the configuration.
    let dir = parent.path().join("my \"data\"");
    let builder = Server::builder().without_engine().dir(&dir);
    let server = builder.clone().start().unwrap();
    let () = client(&server).set("a", 1).unwrap();

    let error = builder.clone().start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse, "{error}");

    server.stop().unwrap();
    let server = builder.start().unwrap();
    assert_eq!(client(&server).get::<_, i64>("a").unwrap(), 1);
}

#[test]
fn a_server_that_is_killed_saves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let builder = Server::builder().without_engine().dir(dir.path());
    let server = builder.clone().start().unwrap();
    let () = client(&server).set("a", 1).unwrap();
    server.kill().unwrap();
    assert!(
        !client(&builder.start().unwrap())
            .exists::<_, bool>("a")
            .unwrap()
    );
}

#[test]
fn server_arguments_reach_the_configuration() {
    let server = Server::builder()
        .without_engine()
        .server_arg("maxmemory-policy", "allkeys-lfu")
        .server_arg("save", "60 1")
        .start()
        .unwrap();
    let mut con = client(&server);
    let mut get = |name: &str| -> Vec<String> {
        redis::cmd("CONFIG")
            .arg("GET")
            .arg(name)
            .query(&mut con)
            .unwrap()
    };
    assert_eq!(get("maxmemory-policy")[1], "allkeys-lfu");
    assert_eq!(get("save")[1], "60 1");
}

#[test]
fn a_server_that_cannot_start_shows_its_log() {
    let error = Server::builder()
        .without_engine()
        .server_arg("no-such-directive", "1")
        .start()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exited);
    assert!(error.to_string().contains("no-such-directive"), "{error}");
}

#[test]
fn a_program_that_never_replies_times_out() {
    let dir = tempfile::tempdir().unwrap();
    let program = script(dir.path(), "echo thinking; exec sleep 60");
    let error = Server::builder()
        .without_engine()
        .server(program)
        .start_timeout(Duration::from_millis(200))
        .start()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains("thinking"), "{error}");
}

#[test]
fn missing_parts_are_reported_with_the_remedy() {
    let error = Server::builder()
        .engine("/no/such/engine")
        .start()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoEngine);
    assert!(error.is_missing_part());
    assert!(error.to_string().contains("cargo xtask install"), "{error}");

    let error = Server::builder()
        .without_engine()
        .server("/no/such/server")
        .start()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoServerProgram);
    assert!(error.to_string().contains("/no/such/server"), "{error}");
}

#[test]
fn a_busy_server_is_ended() {
    let server = Server::builder().without_engine().start().unwrap();
    let (pid, mut con) = (server.pid(), client(&server));
    // This call never returns: Lua blocks the main thread.
    let spin = redis::cmd("EVAL")
        .arg("while true do end")
        .arg(0)
        .to_owned();
    let spinning = thread::spawn(move || spin.query::<()>(&mut con));
    let mut probe = client(&server);
    probe
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    eventually("the server hangs", || {
        redis::cmd("PING").query::<()>(&mut probe).is_err()
    });
    drop(server);
    assert!(!is_alive(pid));
    assert!(spinning.join().unwrap().is_err());
}

/// The program that the next test kills.
#[test]
#[ignore = "not a test: the next test runs it as a program"]
fn program_that_is_killed() {
    let server = Server::builder().without_engine().start().unwrap();
    println!("server {} {}", server.pid(), server.dir().display());
    let () = client(&server).set("a", 1).unwrap();
    thread::sleep(Duration::from_mins(2));
}

#[test]
fn a_server_ends_when_its_program_is_killed() {
    let mut program = this_program("program_that_is_killed")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = lines
        .map(Result::unwrap)
        .find(|line| line.contains("server "))
        .unwrap();
    let (_, rest) = line.split_once("server ").unwrap();
    let (pid, dir) = rest.split_once(' ').unwrap();
    let pid: u32 = pid.parse().unwrap();
    assert!(is_alive(pid) && Path::new(dir).exists());

    program.kill().unwrap();
    program.wait().unwrap();
    eventually("the server ends", || !is_alive(pid));
    eventually("its directory is removed", || !Path::new(dir).exists());
}

/// The program that the next test runs.
#[test]
#[ignore = "not a test: the next test runs it as a program"]
fn program_that_becomes_a_server() {
    let port = std::env::var("TEST_PORT").unwrap().parse().unwrap();
    let dir = std::env::var_os("TEST_DIR").unwrap();
    let error = Server::builder()
        .without_engine()
        .port(port)
        .dir(dir)
        .become_server();
    panic!("{error}");
}

#[test]
fn a_program_can_become_the_server() {
    let (port, dir) = (free_port(), tempfile::tempdir().unwrap());
    let mut program = this_program("program_that_becomes_a_server")
        .env("TEST_PORT", port.to_string())
        .env("TEST_DIR", dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(program.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(
        log.into_iter()
            .any(|line| line.contains("eady to accept connections"))
    );
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).unwrap();
    let mut con = client.get_connection().unwrap();
    let info: String = redis::cmd("INFO").arg("server").query(&mut con).unwrap();
    assert!(
        info.contains(&format!("process_id:{}\r\n", program.id())),
        "{info}"
    );
    let () = con.set("a", 1).unwrap();

    let again = Server::builder().without_engine().dir(dir.path());
    assert_eq!(again.clone().start().unwrap_err().kind(), ErrorKind::InUse);

    // Ctrl-C.
    kill_process(
        Pid::from_raw(program.id().cast_signed()).unwrap(),
        Signal::INT,
    )
    .unwrap();
    assert!(program.wait().unwrap().success());
    let server = again.start().unwrap();
    assert_eq!(redis_get(&server, "a"), 1);
}

#[test]
fn become_server_requires_port_and_directory() {
    let error = Server::builder().without_engine().become_server();
    assert_eq!(error.kind(), ErrorKind::InvalidOption);
}

/// A command that runs one test of this program.
fn this_program(test: &str) -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", test, "--ignored", "--nocapture"]);
    program
}

fn redis_get(server: &Server, key: &str) -> i64 {
    client(server).get(key).unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Creates an executable shell script that takes the place of a server.
fn script(dir: &Path, text: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join("server");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}
