//! Data that a newer engine has written: this one refuses it as a whole, says so, and leaves the files as they are.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::untyped;
use redgrease_embedded::{Builder, Server};
use std::fs;
use std::path::{Path, PathBuf};

const SCRIPT: &str = "
GB('CommandReader').map(lambda x: 'here').register(trigger='t', mode='sync')
GB('CommandReader').foreach(lambda x: GB('CommandReader').register(trigger='grown', mode='sync')).register(trigger='grow')
def tick():
    pass
registerTE(1000, tick, 'timer')
";

/// The session, as it is stored: the version of the format, the number of sessions and the first id.
const SESSION: &[u8] = b"\x03\x01\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0shop";
/// The registration that a running gear has made: the version of the format, and the id of its session.
const GROWN: &[u8] = b"\x02\x04\0\0\0\0\0\0\0shop";

/// A server that stores its data without compression and check sums, so that a byte can be changed.
fn kept(dir: &Path) -> Builder {
    Server::builder()
        .dir(dir)
        .server_arg("rdbcompression", "no")
        .server_arg("rdbchecksum", "no")
}

fn kept_as_commands(dir: &Path) -> Builder {
    kept(dir)
        .server_arg("appendonly", "yes")
        .server_arg("appendfsync", "always")
        .server_arg("aof-use-rdb-preamble", "no")
}

fn register(server: &Server) {
    assert_eq!(
        untyped(server, &["RG.PYEXECUTE", SCRIPT, "ID", "shop"]),
        "OK"
    );
    untyped(server, &["RG.TRIGGER", "grow"]);
    untyped(server, &["SET", "k", "v"]);
}

/// The files of a folder and of the folders in it.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (folders, mut all): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    all.extend(folders.iter().flat_map(|folder| files(folder)));
    all.retain(|file| file.is_file());
    all
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// A file with a byte of a newer format.
struct Newer {
    file: PathBuf,
    bytes: Vec<u8>,
    /// The position of the byte, and the value that it had.
    at: usize,
    was: u8,
}

/// Makes one byte of the data that of a newer format: the one so many bytes behind the beginning of `part`.
fn becomes_newer(dir: &Path, part: &[u8], behind: usize) -> Newer {
    for file in files(dir) {
        let mut bytes = fs::read(&file).unwrap();
        if file
            .extension()
            .is_some_and(|end| end == "rdb" || end == "aof")
            && let Some(at) = position(&bytes, part)
        {
            let at = at + behind;
            let was = std::mem::replace(&mut bytes[at], 99);
            fs::write(&file, &bytes).unwrap();
            return Newer {
                file,
                bytes,
                at,
                was,
            };
        }
    }
    panic!("no file contains {part:?}");
}

/// The server does not start, and its log names the reason. The file stays. Set back, it loads.
fn is_refused(dir: &Path, builder: fn(&Path) -> Builder, newer: Newer) {
    let Newer {
        file,
        mut bytes,
        at,
        was,
    } = newer;
    builder(dir).start().unwrap_err();
    let log = fs::read_to_string(dir.join("redis.log")).unwrap();
    let reason = "they were written by a newer engine: use that one";
    assert!(log.contains(reason), "{log}");
    assert!(
        fs::read(&file).unwrap() == bytes,
        "{} changed",
        file.display()
    );
    bytes[at] = was;
    fs::write(&file, &bytes).unwrap();
    let server = builder(dir).start().unwrap();
    assert_eq!(untyped(&server, &["RG.TRIGGER", "t"]), "here");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "grown"]), "['grown']");
    assert_eq!(untyped(&server, &["TYPE", "timer"]), "rg_timeev");
    assert_eq!(untyped(&server, &["GET", "k"]), "v");
}

#[test]
fn an_rdb_file() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept(dir.path()).start().unwrap();
    register(&server);
    untyped(&server, &["SAVE"]);
    server.kill().unwrap();
    let newer = becomes_newer(dir.path(), SESSION, 0);
    is_refused(dir.path(), kept, newer);
}

#[test]
fn a_session_in_an_aof_of_commands() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept_as_commands(dir.path()).start().unwrap();
    register(&server);
    server.kill().unwrap();
    let newer = becomes_newer(dir.path(), SESSION, 0);
    is_refused(dir.path(), kept_as_commands, newer);
}

#[test]
fn a_registration_of_a_running_gear_in_an_aof_of_commands() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept_as_commands(dir.path()).start().unwrap();
    register(&server);
    server.kill().unwrap();
    let newer = becomes_newer(dir.path(), GROWN, 0);
    is_refused(dir.path(), kept_as_commands, newer);
}

#[test]
fn a_time_event_in_an_aof_of_commands() {
    let dir = tempfile::tempdir().unwrap();
    let server = kept_as_commands(dir.path()).start().unwrap();
    register(&server);
    server.kill().unwrap();
    // The length of the value stands between the key and the value.
    let command = b"rg.innertimeevent\r\n$5\r\ntimer\r\n$";
    let all = files(dir.path());
    let bytes = all.iter().map(|file| fs::read(file).unwrap());
    let found = bytes
        .into_iter()
        .find(|bytes| position(bytes, command).is_some());
    let found = found.unwrap();
    let begin = position(&found, command).unwrap() + command.len();
    let line = position(&found[begin..], b"\r\n").unwrap();
    let behind = command.len() + line + 2;
    let newer = becomes_newer(dir.path(), command, behind);
    is_refused(dir.path(), kept_as_commands, newer);
}
