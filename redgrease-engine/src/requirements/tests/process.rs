//! Child processes and the lock.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::sandbox::python;
use crate::requirements::child::{Outcome, Runner};
use crate::requirements::level::{Level, Log};
use crate::requirements::lock::Lock;

type Lines = Vec<(Level, String)>;

/// Runs a program with a stale status file, and gives the outcome and the log.
fn run(program: &str, args: &[&str]) -> (Outcome, Lines) {
    run_within(None, program, args)
}

fn run_within(limit: Option<Duration>, program: &str, args: &[&str]) -> (Outcome, Lines) {
    let directory = TempDir::new().unwrap();
    let status = directory.path().join("status");
    fs::write(&status, "0").unwrap();
    let (sender, receiver) = mpsc::channel();
    let log: Log = Box::new(move |level, line| {
        sender.send((level, line.to_owned())).unwrap();
    });
    let lock = Lock::acquire(&directory.path().join("lock"), &log).unwrap();
    let runner = Runner {
        python: &python().executable,
        status: &status,
        lock: &lock,
        log: &log,
    };
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    let outcome = runner
        .run_within(limit, Path::new(program), &args, &[])
        .unwrap();
    assert!(!status.exists(), "the status file is removed");
    drop(log);
    (outcome, receiver.into_iter().collect())
}

fn shell(script: &str) -> (Outcome, Lines) {
    run("/bin/sh", &["-c", script])
}

#[test]
fn the_exit_code_and_both_outputs_are_read() {
    let (outcome, log) = shell("echo one; echo ERROR: two >&2; echo; echo WARNING: three");
    assert!(outcome.success);
    assert_eq!(outcome.lines, ["one", "ERROR: two", "", "WARNING: three"]);
    let expected = [
        (Level::Notice, "requirements: one"),
        (Level::Warning, "requirements: ERROR: two"),
        (Level::Warning, "requirements: WARNING: three"),
    ];
    assert!(log[0].1.starts_with("requirements: running /bin/sh -c "));
    for ((level, line), (expected_level, expected_line)) in log[1..].iter().zip(expected) {
        assert_eq!((*level, line.as_str()), (expected_level, expected_line));
    }
    assert_eq!(log.len(), 4);
    assert!(!shell("exit 3").0.success);
    assert!(!shell("kill -9 $$").0.success);
}

#[test]
fn a_program_that_does_not_exist_fails_in_spite_of_a_stale_status() {
    let (outcome, _) = run("/nonexistent/program", &[]);
    assert!(!outcome.success);
    assert!(!outcome.lines.is_empty(), "the wrapper reports the reason");
}

#[test]
fn secrets_are_masked_in_lines_and_in_the_log() {
    let (outcome, log) = shell("echo 'https://joe:secret@host/x /x?token=secret'");
    assert_eq!(outcome.lines, ["https://****@host/x /x?****"]);
    assert!(
        log.iter().all(|(_, line)| !line.contains("secret")),
        "{log:?}"
    );
}

#[test]
fn the_command_has_no_input_and_no_files_of_the_server() {
    let (outcome, _) = shell("cat; echo $PIP_USER; ls /dev/fd | wc -l");
    // `ls` sees the three standard streams and its own handle of the directory.
    let lines: Vec<&str> = outcome.lines.iter().map(|line| line.trim()).collect();
    assert_eq!(lines, ["0", "4"]);
}

#[test]
fn only_the_last_lines_are_kept() {
    let (outcome, log) = shell("i=0; while [ $i -lt 500 ]; do echo $i; i=$((i+1)); done");
    assert_eq!(outcome.lines.len(), 400);
    assert_eq!(outcome.lines.first().map(String::as_str), Some("100"));
    assert_eq!(outcome.lines.last().map(String::as_str), Some("499"));
    assert_eq!(log.len(), 501, "the log has all lines");
}

#[test]
fn a_background_process_does_not_delay_the_outcome() {
    let begin = Instant::now();
    let (outcome, _) = shell("echo done; sleep 60 & exit 0");
    assert!(outcome.success);
    assert_eq!(outcome.lines, ["done"]);
    assert!(begin.elapsed() < Duration::from_secs(30));
}

/// A command is ended in the same way when the server ends.
#[test]
fn a_command_that_is_too_slow_is_killed_with_its_children() {
    let script = "sleep 1000 & echo $!; echo $$; wait";
    let limit = Duration::from_secs(3);
    let (outcome, _) = run_within(Some(limit), "/bin/sh", &["-c", script]);
    assert!(outcome.is_too_slow && !outcome.success);
    assert_eq!(outcome.lines.len(), 2, "{:?}", outcome.lines);
    for process in &outcome.lines {
        let status = Path::new("/proc").join(process).join("status");
        // A process that nobody has collected yet is a zombie.
        let is_alive = || {
            let status = fs::read_to_string(&status).unwrap_or_default();
            status.contains("State:") && !status.contains("State:\tZ")
        };
        let begin = Instant::now();
        while is_alive() {
            assert!(begin.elapsed() < Duration::from_mins(1), "{process} lives");
            thread::yield_now();
        }
    }
    let (outcome, _) = run_within(Some(Duration::from_mins(5)), "/bin/sh", &["-c", "exit 0"]);
    assert!(outcome.success && !outcome.is_too_slow);
}

#[test]
fn control_characters_reach_neither_the_lines_nor_the_log() {
    let (outcome, log) = shell(r"printf '\033[31mred\033[0m\a\r\tx\n'");
    assert_eq!(outcome.lines, ["red   x"]);
    assert!(
        log.iter().all(|(_, line)| !line.contains(char::is_control)),
        "{log:?}"
    );
}

#[test]
fn a_shared_handle_holds_the_lock() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("lock");
    let lock = Lock::acquire(&path, &silent()).unwrap();
    let handle = lock.share().unwrap();
    drop(lock);
    assert!(File::open(&path).unwrap().try_lock().is_err());
    drop(handle);
    File::open(&path).unwrap().lock().unwrap();
}

#[test]
fn waiting_for_the_lock_is_logged() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("lock");
    let first = Lock::acquire(&path, &silent()).unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let log: Log = Box::new(move |level, line| {
            sender.send((level, line.to_owned())).unwrap();
        });
        let path = &path;
        let second = scope.spawn(move || Lock::acquire(path, &log).map(drop));
        let (level, line) = receiver.recv().unwrap();
        assert_eq!(level, Level::Notice);
        assert!(line.contains("waiting for another installation"), "{line}");
        assert!(line.contains("this server installs packages"), "{line}");
        assert!(!second.is_finished());
        drop(first);
        second.join().unwrap().unwrap();
    });
}

#[test]
fn a_lock_in_a_missing_directory_is_an_error() {
    assert!(Lock::acquire(Path::new("/nonexistent/lock"), &silent()).is_err());
}

fn silent() -> Log {
    Box::new(|_, _| {})
}

#[test]
fn a_command_that_was_killed_tells_its_signal() {
    let (outcome, _) = shell("echo begun; kill -9 $$");
    assert!(!outcome.success);
    assert_eq!(outcome.signal, Some(9));
    assert_eq!(outcome.lines, ["begun"]);
    // The wrapper is killed as well, with the whole group of processes.
    let (outcome, _) = shell("kill -9 0");
    assert!(!outcome.success);
    assert_eq!(outcome.signal, Some(9));
    let (outcome, _) = shell("exit 9");
    assert_eq!((outcome.success, outcome.signal), (false, None));
}

/// The status file is in the directory of the packages, whose disk may be full.
#[test]
fn a_status_that_cannot_be_written_is_told_in_one_line() {
    let directory = TempDir::new().unwrap();
    let status = directory.path().join("status");
    let lock = Lock::acquire(&directory.path().join("lock"), &silent()).unwrap();
    let runner = Runner {
        python: &python().executable,
        status: &status,
        lock: &lock,
        log: &silent(),
    };
    let remove: [OsString; 2] = ["-r".into(), directory.path().into()];
    let outcome = runner.run(Path::new("/bin/rm"), &remove, &[]).unwrap();
    assert!(!outcome.success);
    assert_eq!(outcome.lines.len(), 1, "{:?}", outcome.lines);
    let start = "ERROR: could not write the exit code: ";
    assert!(outcome.lines[0].starts_with(start), "{:?}", outcome.lines);
}
