//! Restarts, crashes, upgrades and replicas: the tries go on, and nothing is lost.

use crate::common::capability::{Capability, lacks};
use crate::common::pair::Pair;
use crate::common::{eventually, untyped};
use crate::{HANDLER, OPTIONS, add, all_are_settled, bad, field, letters, list};
use crate::{numbers_of_letters, register, tries_of};
use redgrease_embedded::{Builder, Server};
use std::path::Path;

fn durable(dir: &Path) -> Server {
    durable_builder(dir).start().unwrap()
}

fn durable_builder(dir: &Path) -> Builder {
    Server::builder()
        .dir(dir)
        .server_arg("appendonly", "yes")
        .server_arg("appendfsync", "always")
        .server_arg("crash-memcheck-enabled", "no")
}

/// Waits until the stream is empty, or the server has ended. Returns `true` if the stream is empty.
fn is_empty_or_over(server: &Server) -> bool {
    let length = || {
        let client = redis::Client::open(server.url()).unwrap();
        let mut con = client.get_connection()?;
        redis::cmd("XLEN").arg("s").query::<u64>(&mut con)
    };
    let mut last = None;
    eventually("it ends, or the stream is empty", || {
        last = length().ok();
        matches!(last, None | Some(0))
    });
    last == Some(0)
}

/// Waits for a long time after each failure.
const SLOW: &str =
    "onFailedPolicy='retry', onFailedRetryInterval=3600, maxRetries=2, deadLetter='dead'";

/// Each start of the server is a try: it does not wait for the interval.
#[test]
fn tries_are_counted_across_restarts() {
    for is_killed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let mut server = durable(dir.path());
        bad(&server, &["0"]);
        register(&server, "foreach(handle)", SLOW);
        add(&server, "s", 0..2);
        for tries in 1..=3 {
            eventually("it is tried", || tries_of(&server, "0") == tries);
            if tries == 3 {
                break;
            }
            eventually("it waits", || {
                field(&server, "status") == "WAITING_FOR_RETRY_ON_FAILURE"
            });
            if is_killed {
                server.kill().unwrap();
            } else {
                server.stop().unwrap();
            }
            server = durable(dir.path());
        }
        // The message behind the dead letter is delivered after it.
        eventually("the stream is empty", || {
            untyped(&server, &["XLEN", "s"]) == "0"
        });
        assert_eq!(list(&server, "tried"), ["0", "0", "0", "1"]);
        assert_eq!(letters(&server)[0]["redgrease:tries"], "3");
        assert_eq!(field(&server, "deadLetter"), "dead", "restored");
    }
}

/// A snapshot keeps the number of deliveries as well.
#[test]
fn a_snapshot_keeps_tries_and_options() {
    let dir = tempfile::tempdir().unwrap();
    let start = || Server::builder().dir(dir.path()).start().unwrap();
    let server = start();
    bad(&server, &["0"]);
    register(&server, "foreach(handle)", SLOW);
    add(&server, "s", 0..1);
    eventually("it waits", || {
        field(&server, "status") == "WAITING_FOR_RETRY_ON_FAILURE"
    });
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.kill().unwrap();
    let server = start();
    eventually("it is tried", || tries_of(&server, "0") == 2);
    assert_eq!(field(&server, "maxRetries"), "2");
}

/// A message that ends the server each time does not do so for ever, and no other message is given up for it.
#[test]
fn a_message_that_ends_the_server_is_given_up() {
    for (steps, batch) in [("foreach(handle)", 4), ("accumulate(handle_all)", 4)] {
        let dir = tempfile::tempdir().unwrap();
        let script = format!(
            "
import ctypes
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'tried', n)
    if n == '1':
        ctypes.string_at(0)
    execute('RPUSH', 'handled', n)
def handle_all(a, r):
    handle(r)
    return 1
GB('StreamReader').{steps}.register('s', batch={batch}, onFailedPolicy='retry', maxRetries=1, deadLetter='dead')
"
        );
        let server = durable(dir.path());
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        let mut con = crate::common::plain_connection(&server);
        let mut together = redis::pipe();
        together.atomic();
        for n in 0..4 {
            together.cmd("XADD").arg("s").arg("*").arg("n").arg(n);
        }
        // The server may end before it answers.
        let _ = together.exec(&mut con);
        let mut server = server;
        let mut starts = 1;
        while !is_empty_or_over(&server) {
            drop(server);
            // It may end again before it is seen to have started.
            server = loop {
                starts += 1;
                assert!(starts < 12, "{steps} {batch}");
                if let Ok(started) = durable_builder(dir.path()).start() {
                    break started;
                }
            };
        }
        all_are_settled(&server);
        assert_eq!(numbers_of_letters(&server), ["1"], "{steps} {batch}");
        let error = &letters(&server)[0]["redgrease:error"];
        assert!(error.contains("the server ended"), "{error}");
        let mut handled = list(&server, "handled");
        handled.sort();
        handled.dedup();
        assert_eq!(handled, ["0", "2", "3"], "{steps} {batch}");
    }
}

/// A registration with other code begins with the message that the old one could not handle.
#[test]
fn an_upgrade_tries_the_message_again() {
    let (server, _con) = crate::common::empty();
    bad(&server, &["0"]);
    register(&server, "foreach(handle)", SLOW);
    add(&server, "s", 0..2);
    eventually("it waits", || {
        field(&server, "status") == "WAITING_FOR_RETRY_ON_FAILURE"
    });
    register(
        &server,
        "foreach(lambda r: execute('RPUSH', 'handled', r['value']['n']))",
        SLOW,
    );
    all_are_settled(&server);
    assert_eq!(list(&server, "handled"), ["0", "1"]);
    assert!(letters(&server).is_empty());
}

/// Acknowledgement, removal and dead letter are one transaction for replicas and the AOF.
#[test]
fn replicas_and_the_aof_get_a_dead_letter_as_one_unit() {
    let pair = Pair::start();
    bad(&pair.master, &["1"]);
    pair.register(&format!(
        "{HANDLER}\nGB('StreamReader').foreach(handle).register('s', {OPTIONS})"
    ));
    add(&pair.master, "s", 0..3);
    all_are_settled(&pair.master);
    pair.is_equal();
    assert_eq!(numbers_of_letters(&pair.replica), ["1"]);

    let dir = tempfile::tempdir().unwrap();
    let server = durable(dir.path());
    bad(&server, &["0"]);
    register(&server, "foreach(handle)", OPTIONS);
    add(&server, "s", 0..1);
    all_are_settled(&server);
    let commands = commands_of_aof(dir.path());
    let letter = commands
        .iter()
        .position(|one| one.starts_with("XADD dead"))
        .unwrap();
    // Redis 6.2 sends what a thread of a module runs as single commands. Their order is the same: what is cut off between them is
    // done twice, and not lost.
    if !lacks(&server, Capability::CommandsAsUser) {
        assert_eq!(commands[letter - 1], "MULTI", "{commands:?}");
        assert_eq!(commands[letter + 3], "EXEC", "{commands:?}");
    }
    server.stop().unwrap();
    let names: Vec<&str> = commands[letter..]
        .iter()
        .take(3)
        .map(|one| one.split(' ').next().unwrap())
        .collect();
    assert_eq!(names, ["XADD", "XACK", "XDEL"]);
}

/// A replica that becomes the master goes on with the tries.
#[test]
fn a_promoted_replica_goes_on_with_the_tries() {
    let pair = Pair::start();
    bad(&pair.master, &["0"]);
    pair.register(&format!(
        "{HANDLER}\nGB('StreamReader').foreach(handle).register('s', {SLOW})"
    ));
    add(&pair.master, "s", 0..2);
    eventually("it waits", || {
        field(&pair.master, "status") == "WAITING_FOR_RETRY_ON_FAILURE"
    });
    pair.catch_up();
    assert_eq!(field(&pair.replica, "status"), "OK");
    let replica = pair.replica;
    assert_eq!(untyped(&replica, &["REPLICAOF", "NO", "ONE"]), "OK");
    eventually("it is tried", || tries_of(&replica, "0") == 2);
    let id = field(&replica, "id");
    eventually("it waits", || {
        field(&replica, "status") == "WAITING_FOR_RETRY_ON_FAILURE"
    });
    untyped(&replica, &["RG.PAUSEREGISTRATIONS", &id]);
    untyped(&replica, &["RG.UNPAUSEREGISTRATIONS", &id]);
    all_are_settled(&replica);
    assert_eq!(numbers_of_letters(&replica), ["0"]);
    assert_eq!(letters(&replica)[0]["redgrease:tries"], "3");
}

/// The commands of the append-only file, as lines.
fn commands_of_aof(dir: &Path) -> Vec<String> {
    let mut bytes = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with("aof")
                && !path.to_string_lossy().contains("base")
            {
                bytes = std::fs::read(path).unwrap();
            }
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = text.split("\r\n");
    let mut commands = Vec::new();
    while let Some(count) = lines.next().and_then(|line| line.strip_prefix('*')) {
        let words = (0..count.parse().unwrap()).map(|_| {
            let length: usize = lines.next().unwrap()[1..].parse().unwrap();
            let mut word = lines.next().unwrap().to_owned();
            while word.len() < length {
                word.push_str("\r\n");
                word.push_str(lines.next().unwrap());
            }
            word
        });
        let words: Vec<String> = words.collect();
        commands.push(words.join(" "));
    }
    commands
}
