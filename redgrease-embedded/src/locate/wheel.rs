//! The engine in the Python packages of a Python: the wheel `redgrease-engine`.

use super::{Engine, is_program, library, on_path, variable};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a Python may take to answer. Usually it takes some 50 ms, and more if its start is a
/// script, as with pyenv.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest answer that is read.
const LONGEST: u64 = 1 << 16;

/// Prints lines `name=value`. The empty entry of `sys.path` is the working directory, where a folder
/// of the same name would be taken for the package. (`-I` would also leave out the packages that
/// `pip install --user` installs.)
const QUESTION: &str = "\
import sys
sys.path[:] = [place for place in sys.path if place]
import os
def say(name, value):
    sys.stdout.buffer.write(name.encode() + b'=' + os.fsencode(value) + b'\\n')
sys.stdout.buffer.write(b'\\n')
say('python', sys.executable)
try:
    import redgrease_engine
    say('engine', redgrease_engine.path())
except ModuleNotFoundError as e:
    if e.name != 'redgrease_engine':
        say('broken', str(e))
except Exception as e:
    say('broken', ' '.join(str(e).split()))
";

/// The answer of a Python.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    python: PathBuf,
    /// The loader, an error of the package, or neither if the package is not installed.
    engine: Option<Result<PathBuf, String>>,
}

/// The engine of the wheel that is installed in a Python.
///
/// # Errors
/// Why there is none, or why it cannot be used.
pub(super) fn find(python: &Path) -> Result<Engine, String> {
    ask(python, PATIENCE).and_then(judge)
}

/// The Python of the active virtual environment, and the first `python3` and `python` on `PATH`.
pub(super) fn pythons() -> Vec<PathBuf> {
    let active = variable("VIRTUAL_ENV").map(|venv| venv.join("bin/python"));
    let candidates = [
        active.filter(|program| is_program(program)),
        on_path(&["python3"]).next(),
        on_path(&["python"]).next(),
    ];
    let mut pythons: Vec<PathBuf> = Vec::new();
    for python in candidates.into_iter().flatten() {
        // A link in the same folder is the same environment, and one in another folder may not be.
        let is_same = |other: &PathBuf| {
            other.parent() == python.parent()
                && other.canonicalize().ok() == python.canonicalize().ok()
        };
        if !pythons.iter().any(is_same) {
            pythons.push(python);
        }
    }
    pythons
}

fn judge(answer: Answer) -> Result<Engine, String> {
    let loader = match answer.engine {
        None => return Err("redgrease-engine is not installed".to_owned()),
        Some(engine) => engine?,
    };
    let dir = loader.parent().unwrap_or(&loader);
    match library::installed(dir) {
        Some(Ok(library)) => Ok(Engine {
            library,
            python: Some(answer.python),
        }),
        Some(Err(reason)) => Err(reason),
        None => Err(format!("{} does not exist", loader.display())),
    }
}

/// Asks a Python for its wheel.
fn ask(python: &Path, patience: Duration) -> Result<Answer, String> {
    let mut child = Command::new(python)
        .args(["-c", QUESTION])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Its own group, so that it can be ended with everything that it has started.
        .process_group(0)
        .spawn()
        .map_err(|e| format!("could not be started ({e})"))?;
    let said = read_within(&mut child, patience);
    // The answer is complete, or too late. What goes on would hold up `wait`.
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        // The process was not waited for yet, so its id cannot belong to another process.
        let _ = kill_process_group(group, Signal::KILL);
    }
    child.wait().map_err(|e| format!("did not end ({e})"))?;
    let said = said.ok_or_else(|| format!("did not answer within {patience:?}"))?;
    parse(&said).ok_or_else(|| "did not answer".to_owned())
}

/// The output of a process, if it is complete in time.
fn read_within(child: &mut Child, patience: Duration) -> Option<Vec<u8>> {
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut said = Vec::new();
        let _ = output.take(LONGEST).read_to_end(&mut said);
        // The receiver has left if the time is over.
        let _ = sender.send(said);
    });
    receiver.recv_timeout(patience).ok()
}

/// Reads the lines of [`QUESTION`]. Other lines come from what the Python runs at its start.
fn parse(said: &[u8]) -> Option<Answer> {
    let value = |name: &str| {
        said.split(|&byte| byte == b'\n')
            .find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
            .filter(|value| !value.is_empty())
    };
    let path = |value: &[u8]| PathBuf::from(OsString::from_vec(value.to_vec()));
    let engine = value("engine").map(|engine| Ok(path(engine)));
    let broken = || value("broken").map(|why| Err(String::from_utf8_lossy(why).into_owned()));
    Some(Answer {
        python: path(value("python")?),
        engine: engine.or_else(broken),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    /// A program that stands for a Python.
    fn script(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("python3");
        fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        (dir, program)
    }

    #[test]
    fn the_answer_is_found_among_other_lines() {
        let answer = parse(b"hello\npython=/v/bin/python\nengine=/v/l\xff.so\nbye").unwrap();
        assert_eq!(answer.python, Path::new("/v/bin/python"));
        let engine = PathBuf::from(OsString::from_vec(b"/v/l\xff.so".to_vec()));
        assert_eq!(answer.engine, Some(Ok(engine)));
        assert_eq!(parse(b"python=/p\n").unwrap().engine, None);
        assert_eq!(
            parse(b"python=/p\nbroken=no folder lib\n").unwrap().engine,
            Some(Err("no folder lib".to_owned()))
        );
        for odd in [&b""[..], b"python=", b"python", b"engine=/x", b"\n\n=\n"] {
            assert_eq!(parse(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn a_python_that_hangs_is_ended_with_its_children() {
        let (dir, python) = script("echo $$ > \"$(dirname \"$0\")/pid\"; sleep 600");
        let begun = Instant::now();
        let reason = ask(&python, Duration::from_millis(300)).unwrap_err();
        assert!(reason.contains("did not answer within"), "{reason}");
        assert!(begun.elapsed() < Duration::from_mins(1));
        let pid = fs::read_to_string(dir.path().join("pid")).unwrap_or_default();
        if let Some(group) = pid.trim().parse().ok().and_then(Pid::from_raw) {
            // The children of a killed group may take a moment to go.
            let deadline = Instant::now() + Duration::from_secs(20);
            while rustix::process::test_kill_process_group(group).is_ok() {
                assert!(Instant::now() < deadline, "the group goes on");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    #[test]
    fn a_python_that_fails_is_a_reason() {
        // The last ones go on after their answer.
        for text in ["exit 3", "echo python=", "yes", "exec >&-; exec sleep 600"] {
            let (_dir, python) = script(text);
            let reason = ask(&python, PATIENCE).unwrap_err();
            assert_eq!(reason, "did not answer", "{text}");
        }
        let reason = ask(Path::new("/no/such"), PATIENCE).unwrap_err();
        assert!(reason.starts_with("could not be started"), "{reason}");
    }

    #[test]
    fn an_engine_that_is_not_there_is_a_reason() {
        let (_dir, python) = script("echo python=/p; echo engine=/no/such/redgrease.so");
        let reason = ask(&python, PATIENCE).and_then(judge).unwrap_err();
        assert_eq!(reason, "/no/such/redgrease.so does not exist");
    }
}
