//! A stream that goes and comes back while a batch of it runs, or after that: what was handled is not handled again. Another
//! stream that takes its name loses nothing.

use crate::common::{eventually, plain_connection, untyped};
use crate::unacknowledged;
use redgrease_embedded::Server;
use std::fs;

/// Notes what was handled in a file, because the databases change. Waits while a file with the number of the message exists.
const SCRIPT: &str = "
import os, time
def note(name, text):
    with open(name, 'a') as file:
        file.write(text + '\\n')
def handle(r):
    n = r['value']['n']
    note('begun', n)
    while os.path.exists('gate-' + n):
        time.sleep(0.005)
    note('handled', n)
    return n
GB('StreamReader').STEPS.register('s*', mode='MODE', batch=BATCH, trimStream=TRIM)
";

/// The commands that take the stream away, and those that bring it back. `DUMP` stands for the serialised stream `s`.
type Way = (&'static [&'static str], &'static [&'static str]);

const SWAPDB: Way = (&["SWAPDB 0 1"], &["SWAPDB 0 1"]);
const SWAPDB_OF_OTHERS: Way = (&["SWAPDB 2 0"], &["SWAPDB 3 2", "SWAPDB 0 3"]);
const RENAME: Way = (&["RENAME s t"], &["RENAME t s"]);
const RENAME_TWICE: Way = (&["RENAME s s2", "RENAME s2 u"], &["RENAME u s"]);
const COPY: Way = (&["COPY s t", "DEL s"], &["COPY t s"]);
const COPY_REPLACE: Way = (&["COPY s t"], &["COPY t s REPLACE"]);
const COPY_RENAME: Way = (&["COPY s t"], &["RENAME t s"]);
const MOVE: Way = (&["MOVE s 1"], &["SELECT 1", "MOVE s 0"]);
const MOVE_RENAMED: Way = (
    &["RENAME s s2", "MOVE s2 1"],
    &["SELECT 1", "MOVE s2 0", "SELECT 0", "RENAME s2 s"],
);
const RESTORE: Way = (&["DEL s"], &["RESTORE s 0 DUMP"]);
const RESTORE_REPLACE: Way = (&[], &["RESTORE s 0 DUMP REPLACE"]);
const RESTORE_RENAMED: Way = (&["UNLINK s"], &["RESTORE s2 0 DUMP", "RENAME s2 s"]);
const FLUSHALL: Way = (&["FLUSHALL"], &["RESTORE s 0 DUMP"]);
const FLUSHDB: Way = (&["FLUSHDB ASYNC"], &["RESTORE s 0 DUMP"]);
const EXPIRE: Way = (&["PEXPIREAT s 1"], &["RESTORE s 0 DUMP"]);

fn start(mode: &str, batch: u32, steps: &str, trim: bool) -> Server {
    let server = Server::start().unwrap();
    register(&server, SCRIPT, mode, batch, steps, trim);
    server
}

fn register(server: &Server, script: &str, mode: &str, batch: u32, steps: &str, trim: bool) {
    let script = script
        .replace("STEPS", steps)
        .replace("MODE", mode)
        .replace("BATCH", &batch.to_string())
        .replace("TRIM", if trim { "True" } else { "False" });
    assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
}

/// Adds the messages with these numbers, with the ids `7-1`, `7-2` and so on.
fn add(server: &Server, stream: &str, numbers: std::ops::Range<u32>) {
    for n in numbers {
        let id = format!("7-{}", n + 1);
        untyped(server, &["XADD", stream, &id, "n", &n.to_string()]);
    }
}

fn lines(server: &Server, name: &str) -> Vec<String> {
    let text = fs::read_to_string(server.dir().join(name)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn close(server: &Server, number: u32) {
    fs::write(server.dir().join(format!("gate-{number}")), "").unwrap();
}

fn open(server: &Server, number: u32) {
    fs::remove_file(server.dir().join(format!("gate-{number}"))).unwrap();
}

/// Runs commands as one transaction. With `SELECT` they are no transaction: inside of one, Valkey 9 does not tell modules of an
/// event in a database other than the selected one.
fn run(server: &Server, commands: &[&str], dump: &[u8]) {
    let mut pipe = redis::pipe();
    if !commands.iter().any(|line| line.starts_with("SELECT")) {
        pipe.atomic();
    }
    for line in commands {
        let mut words = line.split(' ');
        pipe.cmd(words.next().unwrap());
        for word in words {
            if word == "DUMP" {
                pipe.arg(dump);
            } else {
                pipe.arg(word);
            }
        }
    }
    let answers: Vec<redis::Value> = pipe.query(&mut plain_connection(server)).unwrap();
    // `MOVE` and `COPY` that do nothing answer with 0.
    let failed = answers.iter().any(|one| *one == redis::Value::Int(0));
    assert!(!failed, "{commands:?}: {answers:?}");
}

fn dump(server: &Server) -> Vec<u8> {
    let mut con = plain_connection(server);
    redis::cmd("DUMP").arg("s").query(&mut con).unwrap()
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

/// The messages 0 to 4 are handled once and in order, then those that are added, and nothing is pending.
#[track_caller]
fn all_are_handled_once(server: &Server, what: &str) {
    eventually("the others are handled", || {
        lines(server, "handled").len() >= 5
    });
    eventually("no message is pending", || unacknowledged(server) == "0");
    add(server, "s", 5..10);
    eventually("later ones are handled", || {
        lines(server, "handled").len() >= 10
    });
    assert_eq!(lines(server, "handled"), numbers(0..10), "{what}");
    assert_eq!(lines(server, "begun"), numbers(0..10), "{what}");
}

/// The modes whose batches other clients can disturb, with batches of one, and of five whose messages are acknowledged one by
/// one and as a whole.
const BATCHES: [(&str, u32, &str, bool); 6] = [
    ("async", 1, ONE_BY_ONE, true),
    ("async_local", 1, ONE_BY_ONE, false),
    ("async", 5, ONE_BY_ONE, false),
    ("async_local", 5, ONE_BY_ONE, true),
    ("async", 5, AS_A_WHOLE, true),
    ("async_local", 5, AS_A_WHOLE, false),
];
const ONE_BY_ONE: &str = "foreach(handle)";
const AS_A_WHOLE: &str = "map(handle).count()";

/// The stream goes and comes back while the message 2 is being handled.
fn comes_back_during_the_batch((away, back): Way) {
    for (mode, batch, steps, trim) in BATCHES {
        let what = format!("{away:?} {back:?} {mode} {batch} {steps} {trim}");
        let server = start(mode, batch, steps, trim);
        close(&server, 2);
        add(&server, "s", 0..5);
        eventually("message 2 begins", || lines(&server, "begun").len() == 3);
        let dump = dump(&server);
        run(&server, &[away, back].concat(), &dump);
        assert_eq!(lines(&server, "begun").len(), 3, "{what}");
        open(&server, 2);
        all_are_handled_once(&server, &what);
    }
}

/// The stream goes while the message 2 is being handled, and comes back when the message was handled.
fn comes_back_later((away, back): Way) {
    for (mode, batch, steps, trim) in BATCHES {
        let what = format!("{away:?} {back:?} {mode} {batch} {steps} {trim}");
        let server = start(mode, batch, steps, trim);
        close(&server, 2);
        add(&server, "s", 0..5);
        eventually("message 2 begins", || lines(&server, "begun").len() == 3);
        let dump = dump(&server);
        run(&server, away, &dump);
        open(&server, 2);
        let size = if batch == 1 { 3 } else { 5 };
        eventually("the batch is over", || {
            lines(&server, "handled").len() == size
                && untyped(&server, &["INFO", "rg_engine"]).contains("running_executions:0")
        });
        run(&server, back, &dump);
        all_are_handled_once(&server, &what);
    }
}

/// A sync handler takes the stream away and brings it back while it handles the message 2.
fn comes_back_within_a_sync_handler((away, back): Way) {
    let commands = [away, back].concat();
    let call = |line: &&str| {
        let words = line.split(' ').map(|word| match word {
            "DUMP" => "dump".to_owned(),
            word => format!("'{word}'"),
        });
        let words: Vec<String> = words.collect();
        format!("        execute({})\n", words.join(", "))
    };
    let calls = commands.iter().map(call).collect::<Vec<_>>().concat();
    for (batch, steps) in [(1, ONE_BY_ONE), (5, ONE_BY_ONE), (5, AS_A_WHOLE)] {
        let server = Server::start().unwrap();
        let disturbs =
            format!("if n == '2':\n        dump = execute('DUMP', 's')\n{calls}    note('handled'");
        let script = SCRIPT.replace("note('handled'", &disturbs);
        register(&server, &script, "sync", batch, steps, true);
        add(&server, "s", 0..5);
        all_are_handled_once(&server, &format!("{commands:?} {batch} {steps}"));
    }
}

macro_rules! ways {
    ($($name:ident $way:ident: $($check:ident)+,)+) => {
        $(mod $name {
            $(#[test] fn $check() { super::$check(super::$way); })+
        })+
    };
}

ways! {
    swapdb SWAPDB: comes_back_during_the_batch comes_back_later,
    swapdb_of_others SWAPDB_OF_OTHERS: comes_back_during_the_batch comes_back_later,
    rename RENAME: comes_back_during_the_batch comes_back_later comes_back_within_a_sync_handler,
    rename_twice RENAME_TWICE: comes_back_during_the_batch comes_back_later comes_back_within_a_sync_handler,
    copy COPY: comes_back_during_the_batch comes_back_later comes_back_within_a_sync_handler,
    copy_replace COPY_REPLACE: comes_back_during_the_batch comes_back_within_a_sync_handler,
    copy_rename COPY_RENAME: comes_back_during_the_batch comes_back_within_a_sync_handler,
    move_away MOVE: comes_back_during_the_batch comes_back_later,
    move_renamed MOVE_RENAMED: comes_back_during_the_batch comes_back_later,
    restore RESTORE: comes_back_during_the_batch comes_back_later comes_back_within_a_sync_handler,
    restore_replace RESTORE_REPLACE: comes_back_during_the_batch comes_back_within_a_sync_handler,
    restore_renamed RESTORE_RENAMED: comes_back_during_the_batch comes_back_later comes_back_within_a_sync_handler,
    flushall FLUSHALL: comes_back_during_the_batch comes_back_later,
    flushdb FLUSHDB: comes_back_during_the_batch comes_back_later,
    expire EXPIRE: comes_back_during_the_batch comes_back_later comes_back_within_a_sync_handler,
}

/// Makes the stream `other`, which has messages with the same ids that were delivered to the same group.
const OTHER: [&str; 4] = [
    "XADD other 7-1 n new",
    "XADD other 7-3 n new",
    "XGROUP CREATE other __gears_consumer_group__ 0",
    "XREADGROUP GROUP __gears_consumer_group__ __gears_client__ STREAMS other >",
];

#[test]
fn another_stream_of_the_name_loses_nothing() {
    let ways: [&[&str]; 8] = [
        &["DEL s", "XADD s 7-1 n 0", "XADD s 7-3 n 2"],
        &["FLUSHALL", "XADD s 7-1 n 0", "XADD s 7-3 n 2"],
        &["RENAME other s"],
        &["COPY other s REPLACE"],
        &["DEL s", "COPY other t", "RENAME t s"],
        &["SELECT 1", "XADD s 7-1 n 0", "XADD s 7-3 n 2", "SWAPDB 1 0"],
        &["RENAME s old", "RENAME other s"],
        &["MOVE s 1", "RENAME other s"],
    ];
    for way in ways {
        for (mode, batch, steps, trim) in BATCHES {
            let what = format!("{way:?} {mode} {batch} {steps} {trim}");
            let server = start(mode, batch, steps, trim);
            for command in OTHER {
                let words: Vec<&str> = command.split(' ').collect();
                untyped(&server, &words);
            }
            close(&server, 2);
            add(&server, "s", 0..5);
            eventually("message 2 begins", || lines(&server, "begun").len() == 3);
            run(&server, way, &[]);
            open(&server, 2);
            let old = if batch == 1 { 3 } else { 5 };
            eventually("the old batch ends", || {
                lines(&server, "handled").len() >= old
            });
            if batch == 5 && !way.iter().any(|line| line.contains("other")) {
                for id in ["7-4", "7-5", "7-6"] {
                    untyped(&server, &["XADD", "s", id, "n", "more"]);
                }
            }
            let all = || {
                let handled = lines(&server, "handled");
                let is_new = |n: &&String| ["new", "0", "2"].contains(&n.as_str());
                handled[old..].iter().filter(is_new).count()
            };
            eventually(&format!("two new ones are handled: {what}"), || all() == 2);
            assert_eq!(
                lines(&server, "handled")[..old],
                numbers(0..u32::try_from(old).unwrap()),
                "{what}"
            );
        }
    }
}
