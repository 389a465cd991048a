//! Asking a Python for its version and for the wheel `redgrease-engine` in its packages.

use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a Python may take to answer. Usually it takes some 50 ms, and more if its start is a
/// script, as with pyenv.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// How long the errors of a program may take that has ended.
const LATE: Duration = Duration::from_secs(1);
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
say('version', '%d.%d' % sys.version_info[:2])
try:
    import redgrease_engine
    say('engine', redgrease_engine.path())
except ModuleNotFoundError as e:
    if e.name != 'redgrease_engine':
        say('broken', str(e))
except Exception as e:
    say('refused' if type(e).__name__ == 'EngineError' else 'broken', ' '.join(str(e).split()))
";

/// The answer of a Python.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) python: PathBuf,
    /// The minor version of a Python 3.
    pub(super) minor: Option<u32>,
    /// The wheel; `None` if it is not installed.
    pub(super) wheel: Option<Wheel>,
}

/// What the package in a Python says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wheel {
    /// The loader.
    Loader(PathBuf),
    /// The package has found a fault in its files. The text ends with what to do.
    Refused(String),
    /// The package cannot be imported.
    Broken(String),
}

/// Asks a Python for its version and its wheel. The error begins with a verb.
pub(super) fn ask(python: &Path, patience: Duration) -> Result<Answer, String> {
    let mut child = Command::new(python)
        .args(["-c", QUESTION])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Its own group, so that it can be ended with everything that it has started.
        .process_group(0)
        .spawn()
        .map_err(|e| format!("could not be started ({e})"))?;
    let said = child.stdout.take().map(read);
    let errors = child.stderr.take().map(read);
    let said = said.and_then(|said| said.recv_timeout(patience).ok());
    // The answer is complete, or too late. What goes on would hold up `wait`.
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        // The process was not waited for yet, so its id cannot belong to another process.
        let _ = kill_process_group(group, Signal::KILL);
    }
    child.wait().map_err(|e| format!("did not end ({e})"))?;
    let said = said.ok_or_else(|| format!("did not answer within {patience:?}"))?;
    parse(&said).ok_or_else(|| {
        let errors = errors.and_then(|errors| errors.recv_timeout(LATE).ok());
        silent(&String::from_utf8_lossy(&errors.unwrap_or_default()))
    })
}

/// Reads the output of a process to its end.
fn read(output: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut said = Vec::new();
        let _ = output.take(LONGEST).read_to_end(&mut said);
        // The receiver has left if the time is over.
        let _ = sender.send(said);
    });
    receiver
}

/// Why a program has given no answer, by its errors.
fn silent(errors: &str) -> String {
    if errors.lines().any(|line| line.starts_with("pyenv: ")) {
        return "is a start script of pyenv, which has no version of Python to start: select one with \
                `pyenv local 3.X`"
            .to_owned();
    }
    if errors.contains("No version is set for command") {
        return "is a start script of asdf, which has no version of Python to start: select one with \
                `asdf set python 3.X.Y`"
            .to_owned();
    }
    match errors.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => format!("did not answer (\"{}\")", line.trim()),
        None => "did not answer".to_owned(),
    }
}

/// Reads the lines of [`QUESTION`]. Other lines come from what the Python runs at its start.
fn parse(said: &[u8]) -> Option<Answer> {
    let value = |name: &str| {
        said.split(|&byte| byte == b'\n')
            .find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
            .filter(|value| !value.is_empty())
    };
    let path = |value: &[u8]| PathBuf::from(OsString::from_vec(value.to_vec()));
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let loader = value("engine").map(|engine| Wheel::Loader(path(engine)));
    let refused = || value("refused").map(|why| Wheel::Refused(text(why)));
    let broken = || value("broken").map(|why| Wheel::Broken(text(why)));
    let version = value("version").map(text);
    Some(Answer {
        python: path(value("python")?),
        minor: version.and_then(|version| version.strip_prefix("3.")?.parse().ok()),
        wheel: loader.or_else(refused).or_else(broken),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Instant;

    /// A program that stands for a Python.
    fn script(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("python3");
        crate::testing::program(&program, text);
        (dir, program)
    }

    #[test]
    fn the_answer_is_found_among_other_lines() {
        let answer = parse(b"hello\npython=/v/bin/python\nengine=/v/l\xff.so\nbye").unwrap();
        assert_eq!(answer.python, Path::new("/v/bin/python"));
        let engine = PathBuf::from(OsString::from_vec(b"/v/l\xff.so".to_vec()));
        assert_eq!(answer.wheel, Some(Wheel::Loader(engine)));
        let versions = parse(b"python=/p\nversion=3.12\n").unwrap();
        assert_eq!((versions.minor, versions.wheel), (Some(12), None));
        assert_eq!(parse(b"python=/p\nversion=2.7\n").unwrap().minor, None);
        assert_eq!(
            parse(b"python=/p\nbroken=no folder lib\n").unwrap().wheel,
            Some(Wheel::Broken("no folder lib".to_owned()))
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
    fn the_last_error_of_a_program_is_told_and_version_managers_have_a_remedy() {
        for (text, end) in [
            (
                "echo one >&2; echo two >&2; exit 1",
                "did not answer (\"two\")",
            ),
            (
                "echo 'pyenv: python3: command not found' >&2; echo 'at the same time.' >&2",
                "`pyenv local 3.X`",
            ),
            (
                "echo 'No version is set for command python3' >&2",
                "`asdf set python 3.X.Y`",
            ),
        ] {
            let (_dir, python) = script(text);
            let reason = ask(&python, PATIENCE).unwrap_err();
            assert!(reason.ends_with(end), "{reason}");
        }
    }
}
