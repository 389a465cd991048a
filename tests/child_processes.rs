//! Child processes of gears keep nothing of the server: neither its port nor the connections of its clients.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, free_port, plain_connection, untyped};
use redgrease_embedded::Server;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Ways to start a child that lives for a while. Each is the body of a function that returns the child's number.
const WAYS: [&str; 7] = [
    "
    child = os.fork()
    if child == 0: time.sleep(60)
    return child",
    "
    child, terminal = os.forkpty()
    if child == 0: time.sleep(60)
    return child",
    "
    child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,), daemon=True)
    child.start()
    return child.pid",
    "
    child = multiprocessing.get_context('spawn').Process(target=time.sleep, args=(60,), daemon=True)
    child.start()
    return child.pid",
    "
    child = multiprocessing.get_context('forkserver').Process(target=time.sleep, args=(60,), daemon=True)
    child.start()
    return child.pid",
    "return subprocess.Popen(['sleep', '60'], close_fds=False).pid",
    "return os.posix_spawn('/bin/sleep', ['sleep', '60'], {})",
];

/// A server on a port, with a trigger for each mode that starts a child.
fn with_way(way: &str, port: u16) -> Server {
    let server = Server::builder().port(port).start().unwrap();
    let script = format!(
        "
import multiprocessing, os, subprocess, time
def f(x):
    {way}
GB('CommandReader').map(f).register(trigger='async', mode='async_local')
GB('CommandReader').map(f).register(trigger='sync', mode='sync')"
    );
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "0"]);
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    server
}

/// Ends a child that a test has started.
struct Child(String);

impl Drop for Child {
    fn drop(&mut self) {
        let _ = std::process::Command::new("kill")
            .args(["-9", &self.0])
            .status();
    }
}

fn start_child(server: &Server, trigger: &str) -> Child {
    let number = untyped(server, &["RG.TRIGGER", trigger]);
    assert!(number.parse::<u32>().is_ok(), "{number}");
    Child(number)
}

/// Sends `CLIENT ID` and returns the answer.
fn id_of(connection: &mut (impl Read + Write)) -> String {
    connection.write_all(b"CLIENT ID\r\n").unwrap();
    let mut answer = [0; 64];
    let length = connection.read(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer[..length]).into_owned();
    text.trim().trim_start_matches(':').to_owned()
}

#[test]
fn a_child_keeps_no_connection_of_a_client() {
    for way in WAYS {
        let port = free_port();
        let server = with_way(way, port);
        for trigger in ["async", "sync"] {
            let mut by_port = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            by_port
                .set_read_timeout(Some(Duration::from_secs(20)))
                .unwrap();
            let mut by_path = UnixStream::connect(server.socket()).unwrap();
            by_path
                .set_read_timeout(Some(Duration::from_secs(20)))
                .unwrap();
            let ids = [id_of(&mut by_port), id_of(&mut by_path)];
            let child = start_child(&server, trigger);
            for id in &ids {
                assert_eq!(untyped(&server, &["CLIENT", "KILL", "ID", id]), "1");
            }
            // The end of the connection, and no time-out.
            let mut rest = [0; 16];
            assert_eq!(by_port.read(&mut rest).unwrap(), 0, "{way}");
            assert_eq!(by_path.read(&mut rest).unwrap(), 0, "{way}");
            drop(child);
        }
    }
}

#[test]
fn the_port_is_free_when_the_server_has_ended_before_the_child() {
    for way in WAYS {
        let port = free_port();
        let server = with_way(way, port);
        let children = [start_child(&server, "async"), start_child(&server, "sync")];
        server.stop().unwrap();
        for child in &children {
            // The child lives, unless the server has ended it.
            let _ = std::fs::metadata(format!("/proc/{}", child.0));
        }
        eventually("another server can listen on the port", || {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        drop(children);
    }
}

#[test]
fn sockets_of_gears_stay_open_in_a_child() {
    let (server, _con) = common::empty();
    let script = "
import os, socket
def f(x):
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen()
    client = socket.create_connection(listener.getsockname())
    one, other = socket.socketpair()
    child = os.fork()
    if child == 0:
        accepted, _ = listener.accept()
        accepted.sendall(b'accepted')
        one.sendall(b'sent')
        os._exit(0)
    os.waitpid(child, 0)
    return [client.recv(20), other.recv(20)]
GB('CommandReader').map(f).register(trigger='t', mode='async_local')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let answer = untyped(&server, &["RG.TRIGGER", "t"]);
    assert_eq!(answer, "[b'accepted', b'sent']");
}

#[test]
fn a_child_that_returns_into_the_engine_writes_nothing() {
    let server = Server::builder()
        .server_arg("appendonly", "yes")
        .start()
        .unwrap();
    let script = "
import os
def f(x):
    child = os.fork()
    execute('INCR', 'n') if child else None
    return 'child' if child == 0 else 'parent'
GB('CommandReader').map(f).register(trigger='async', mode='async_local')
GB('CommandReader').map(f).register(trigger='sync', mode='sync')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let mut con = plain_connection(&server);
    for _ in 0..10 {
        for trigger in ["async", "sync"] {
            let answer: String = redis::cmd("RG.TRIGGER")
                .arg(trigger)
                .query(&mut con)
                .unwrap_or_else(|_| {
                    let answer: Vec<String> = redis::cmd("RG.TRIGGER")
                        .arg(trigger)
                        .query(&mut con)
                        .unwrap();
                    answer.join("")
                });
            assert_eq!(answer, "parent");
            // A second reply would be the answer to this command.
            let pong: String = redis::cmd("PING").query(&mut con).unwrap();
            assert_eq!(pong, "PONG");
        }
    }
    assert!(untyped(&server, &["BGSAVE"]).contains("started"));
    eventually(
        "the data are saved, although children of gears end meanwhile",
        || untyped(&server, &["INFO", "persistence"]).contains("rdb_bgsave_in_progress:0"),
    );
    let info = untyped(&server, &["INFO", "persistence"]);
    assert!(info.contains("rdb_last_bgsave_status:ok"), "{info}");
}

#[test]
fn a_gear_that_waits_for_any_child_does_not_take_that_of_the_server() {
    let (server, _con) = common::empty();
    let script = "
import os
def f(x):
    seen = []
    for wait in [os.wait, lambda: os.waitpid(-1, 0), lambda: os.waitpid(0, os.WNOHANG), lambda: os.wait3(0),
                 lambda: os.wait4(-1, 0), lambda: os.waitid(os.P_ALL, 0, os.WEXITED)]:
        try: seen.append(wait())
        except ChildProcessError as e: seen.append('name the process to wait for' in str(e))
    child = os.fork()
    if child == 0: os._exit(3)
    return [all(seen), len(seen), os.WEXITSTATUS(os.waitpid(child, 0)[1])]
GB('CommandReader').map(f).register(trigger='t', mode='async_local')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "[True, 6, 3]");
}

/// Gears that end their children as plain Python does, and what it answers.
const ENDED: [(&str, &str); 8] = [
    (
        "
    child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,))
    child.start()
    child.terminate()
    child.join(30)
    return [child.is_alive(), child.exitcode]",
        "[False, -15]",
    ),
    (
        "
    with multiprocessing.get_context('fork').Pool(2) as pool:
        answer = pool.apply_async(os.getpid).get(30) > 0
        pool.apply_async(time.sleep, (60,))
    return answer",
        "True",
    ),
    (
        "
    pool = concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context('fork'))
    answer = pool.submit(abs, -3).result(30)
    pool.shutdown()
    return answer",
        "3",
    ),
    (
        "
    ended = []
    for number in ENDING:
        child = os.fork()
        if child == 0: time.sleep(60)
        os.kill(child, number)
        ended.append(wait_for(child) == number)
    return all(ended)",
        "True",
    ),
    (
        "
    ended = []
    for number in ENDING:
        child, terminal = os.forkpty()
        if child == 0: time.sleep(60)
        os.kill(child, number)
        ended.append(wait_for(child) == number)
        os.close(terminal)
    return all(ended)",
        "True",
    ),
    (
        "
    child = os.fork()
    if child == 0:
        known = [signal.getsignal(number) == signal.SIG_DFL for number in ENDING]
        ignored = [signal.getsignal(number) == signal.SIG_IGN for number in (signal.SIGPIPE, signal.SIGXFSZ)]
        free = signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
        os._exit(7 if all(known + ignored) and free else 8)
    return os.WEXITSTATUS(os.waitpid(child, 0)[1])",
        "7",
    ),
    (
        "
    child = os.fork()
    if child == 0:
        before = signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    return os.WEXITSTATUS(os.waitpid(child, 0)[1])",
        "9",
    ),
    (
        "
    child = subprocess.Popen(['sleep', '60'], preexec_fn=lambda: None)
    os.kill(child.pid, signal.SIGHUP)
    return child.wait(30) == -1",
        "True",
    ),
];

/// A tuple of the signals that the program ignores that started this test, as Python names them. Shells make jobs in the background
/// ignore SIGQUIT. The server and its children inherit that, as in plain Python.
fn inherited_as_ignored() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = u64::from_str_radix(ignored.unwrap().trim(), 16).unwrap();
    let mut of_others = String::new();
    for (number, name) in [(3, "SIGQUIT"), (10, "SIGUSR1"), (12, "SIGUSR2")] {
        if ignored & (1 << (number - 1)) != 0 {
            of_others.extend(["signal.", name, ","]);
        }
    }
    format!("({of_others})")
}

#[test]
fn signals_end_children_as_in_plain_python() {
    let (server, _con) = common::empty();
    let ignored = inherited_as_ignored();
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "0"]);
    for (place, (body, expected)) in ENDED.into_iter().enumerate() {
        let script = format!(
            "
import concurrent.futures, multiprocessing, os, signal, subprocess, time
ENDING = [getattr(signal, 'SIG' + name) for name in 'TERM INT HUP USR1 USR2 ALRM QUIT SEGV BUS FPE ILL ABRT'.split()]
ENDING = [number for number in ENDING if number not in {ignored}]
def wait_for(child):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        number, status = os.waitpid(child, os.WNOHANG)
        if number: return os.WTERMSIG(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None
def f(x):
    {body}
GB('CommandReader').map(f).register(trigger='async{place}', mode='async_local')
GB('CommandReader').map(f).register(trigger='sync{place}', mode='sync')"
        );
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        for trigger in ["async", "sync"] {
            let answer = untyped(&server, &["RG.TRIGGER", &format!("{trigger}{place}")]);
            assert_eq!(answer, expected, "{trigger}: {body}");
        }
    }
    // The handlers of the server write a report of a crash.
    let log = std::fs::read_to_string(server.log_path()).unwrap();
    assert!(!log.contains("BUG REPORT"), "{log}");
    // The server ends as it does without children.
    server.stop().unwrap();
}
