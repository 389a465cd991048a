//! A child process whose exit code cannot be lost.
//!
//! While the server saves, it calls `waitpid(-1)`, which can collect a child of the engine and its
//! exit code. Therefore a small wrapper runs the command and writes its exit code to a file.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::level::{Level, Log};
use super::lock::Lock;
use super::shown::{is_error, without_control, without_credentials};

/// Python program that runs the command and writes the exit code to a file, atomically.
///
/// It first closes the files that it inherits from the server: sockets and the append-only file.
/// Its standard input is the lock file, so that the lock is held until the command has ended. The
/// standard input of the command is empty.
///
/// Its standard error is a pipe whose other end the server holds. When the server has ended, however
/// it ended, the pipe ends, and the wrapper kills the command and itself: an installer that hangs
/// would hold the lock for ever.
const WRAPPER: &str = "
import _thread, os, signal, subprocess, sys
server = os.dup(2)
os.dup2(1, 2)
def watch():
    try:
        while os.read(server, 1):
            pass
    finally:
        os.killpg(0, signal.SIGKILL)
try:
    numbers = [int(name) for name in os.listdir('/dev/fd')]
except OSError:
    numbers = range(3, 1024)
for number in numbers:
    if number > 2 and number != server:
        try:
            os.close(number)
        except OSError:
            pass
_thread.start_new_thread(watch, ())
code = subprocess.call(sys.argv[2:], stdin=subprocess.DEVNULL)
try:
    with open(sys.argv[1] + '.part', 'w') as file:
        file.write(str(code))
    os.replace(sys.argv[1] + '.part', sys.argv[1])
except OSError as error:
    sys.exit('ERROR: could not write the exit code: %s' % error)
";

/// Environment variables that would make the child use another Python, or pip or uv another directory.
const REMOVED: [&str; 18] = [
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONINSPECT",
    "PYTHONEXECUTABLE",
    "PYTHONUSERBASE",
    "__PYVENV_LAUNCHER__",
    "VIRTUAL_ENV",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_PYTHON",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_PROJECT",
    "UV_WORKING_DIR",
    "UV_VENV_SEED",
];

/// Number of output lines that are kept to find the cause of a failure.
const KEPT_LINES: usize = 400;
/// Longest line in bytes. Longer ones are split.
const LONGEST_LINE: u64 = 64 * 1024;

/// Time in which output may still arrive after the command has ended. It is limited, because a
/// background process of the command may keep the pipe open.
const DRAIN: Duration = Duration::from_millis(500);
/// After this time without output, the log says how to end the child.
const SILENCE: Duration = Duration::from_mins(1);

/// Time between two checks whether the command has ended.
const POLL: Duration = Duration::from_millis(50);

/// The outcome of a command.
pub(super) struct Outcome {
    /// Whether the exit code was 0.
    pub(super) success: bool,
    /// The last lines of its output.
    pub(super) lines: Vec<String>,
    /// The signal that has ended the command.
    pub(super) signal: Option<i32>,
    /// The command was killed because it took longer than its time limit.
    pub(super) is_too_slow: bool,
}

/// Runs commands while the lock is held.
pub(super) struct Runner<'a> {
    /// The interpreter that runs the wrapper.
    pub(super) python: &'a Path,
    /// The file that the exit code is written to. Only the holder of the lock uses it.
    pub(super) status: &'a Path,
    pub(super) lock: &'a Lock,
    pub(super) log: &'a Log,
}

impl Runner<'_> {
    /// Runs `program` with `args` until it ends, with `variables` beside those of the server. Every line of its output goes to
    /// the log.
    pub(super) fn run(
        &self,
        program: &Path,
        args: &[OsString],
        variables: &[(&'static str, OsString)],
    ) -> io::Result<Outcome> {
        self.run_within(None, program, args, variables)
    }

    /// The same. The command is killed when it takes longer than `limit`.
    pub(super) fn run_within(
        &self,
        limit: Option<Duration>,
        program: &Path,
        args: &[OsString],
        variables: &[(&'static str, OsString)],
    ) -> io::Result<Outcome> {
        self.announce(program, args);
        match fs::remove_file(self.status) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (watched, alive) = io::pipe()?;
        let mut child = self.spawn(program, args, variables, watched)?;
        self.lock.name_installer(child.id());
        let mut limit = TimeLimit {
            at: limit.and_then(|limit| Instant::now().checked_add(limit)),
            alive: Some(alive),
        };
        let lines = child.stdout.take().map(read_lines).transpose()?;
        let kept = lines
            .map(|lines| self.follow(&mut child, &lines, &mut limit))
            .unwrap_or_default();
        // The child may have been collected already, by `follow` or by the server.
        let wrapper = child.wait().ok();
        let code = fs::read_to_string(self.status).unwrap_or_default();
        let _ = fs::remove_file(self.status);
        let code = code.trim();
        // The wrapper writes the number of a signal as a negative code. It can be killed itself.
        let signal = code.parse().ok().filter(|code: &i32| *code < 0);
        let signal = signal.map(i32::saturating_neg);
        Ok(Outcome {
            success: code == "0",
            lines: kept.into(),
            signal: signal.or_else(|| wrapper?.signal()),
            is_too_slow: limit.alive.is_none(),
        })
    }

    /// Says how to end an installation that waits: for an index that does not answer, or in the build of a package.
    fn report_silence(&self, group: u32) {
        let silence = SILENCE.as_secs();
        (self.log)(
            Level::Warning,
            &format!(
                "requirements: the installation has said nothing for {silence} s, and other installations wait for it: if it \
                 hangs, end it with `kill -9 -- -{group}`"
            ),
        );
    }

    fn announce(&self, program: &Path, args: &[OsString]) {
        let mut line = format!("requirements: running {}", program.display());
        for arg in args {
            let arg = arg.to_string_lossy();
            let mut lines = arg.lines();
            line.push(' ');
            line.push_str(lines.next().unwrap_or_default());
            // The text of a program.
            if lines.next().is_some() {
                line.push_str(" ..");
            }
        }
        (self.log)(Level::Notice, &without_control(&without_credentials(&line)));
    }

    fn spawn(
        &self,
        program: &Path,
        args: &[OsString],
        variables: &[(&'static str, OsString)],
        watched: PipeReader,
    ) -> io::Result<Child> {
        let mut command = Command::new(self.python);
        command
            .args(["-I", "-S", "-c", WRAPPER])
            .arg(self.status)
            .arg(program)
            .args(args);
        for name in REMOVED {
            command.env_remove(name);
        }
        // pip's `--user` option, which may be a user's default, fails in a virtual environment.
        command.env("PIP_USER", "0");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command
            .stdin(self.lock.share()?)
            .stdout(Stdio::piped())
            .stderr(watched);
        // With its own process group, a Ctrl-C for the server does not interrupt an installation.
        command.process_group(0).spawn()
    }

    /// Logs and collects the output until the command has ended.
    fn follow(
        &self,
        child: &mut Child,
        lines: &Receiver<String>,
        limit: &mut TimeLimit,
    ) -> VecDeque<String> {
        let mut kept = VecDeque::new();
        let mut ended: Option<Instant> = None;
        let mut heard = Instant::now();
        loop {
            match lines.recv_timeout(POLL) {
                Ok(line) => {
                    heard = Instant::now();
                    let line = without_control(&without_credentials(&line));
                    if !line.trim().is_empty() {
                        (self.log)(level_of(&line), &format!("requirements: {line}"));
                    }
                    if kept.len() == KEPT_LINES {
                        kept.pop_front();
                    }
                    kept.push_back(line);
                }
                Err(RecvTimeoutError::Disconnected) => return kept,
                Err(RecvTimeoutError::Timeout) if heard.elapsed() >= SILENCE => {
                    heard = Instant::now();
                    self.report_silence(child.id());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            limit.check();
            // An error means that the server has collected the child, so the child has ended.
            if ended.is_none() && !matches!(child.try_wait(), Ok(None)) {
                ended = Some(Instant::now());
            }
            if ended.is_some_and(|at| at.elapsed() > DRAIN) {
                return kept;
            }
        }
    }
}

/// The time that a command has, and the end of the pipe that keeps it alive.
struct TimeLimit {
    at: Option<Instant>,
    /// `None` when the time was over.
    alive: Option<PipeWriter>,
}

impl TimeLimit {
    /// Lets the wrapper kill the command if the time is over.
    fn check(&mut self) {
        if self.at.is_some_and(|at| Instant::now() >= at) {
            self.alive = None;
        }
    }
}

fn level_of(line: &str) -> Level {
    let line = line.trim_start();
    if is_error(line) || line.starts_with("WARNING:") {
        Level::Warning
    } else {
        Level::Notice
    }
}

/// Reads lines on another thread, so that the caller can also check whether the child has ended.
fn read_lines(output: impl Read + Send + 'static) -> io::Result<Receiver<String>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name("rg-installer".to_owned())
        .spawn(move || {
            let mut output = BufReader::new(output);
            let mut bytes = Vec::new();
            loop {
                bytes.clear();
                match output
                    .by_ref()
                    .take(LONGEST_LINE)
                    .read_until(b'\n', &mut bytes)
                {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
                let line = String::from_utf8_lossy(&bytes);
                if sender
                    .send(line.trim_end_matches(['\r', '\n']).to_owned())
                    .is_err()
                {
                    return;
                }
            }
        })?;
    Ok(receiver)
}
