//! Runs other programs and shows their progress.

use crate::say::note;
use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

/// The error of a command: what failed, and how to fix it.
#[derive(Debug)]
pub(crate) struct Failed(String);

pub(crate) type Outcome<T = ()> = Result<T, Failed>;

impl Failed {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Failed(message.into())
    }

    /// Both errors, on a line each.
    pub(crate) fn and(&self, other: &Failed) -> Self {
        Failed(format!("{self}\n  {other}"))
    }

    /// A file or folder could not be read, written, created, copied, removed or renamed.
    pub(crate) fn file(path: &Path, done: &str, error: &io::Error) -> Self {
        Failed(format!(
            "{} could not be {done}: {error}; check the path, the permissions and the space of the disk, \
             then run this command again",
            path.display()
        ))
    }

    fn start(headline: &str, command: &Command, error: &io::Error) -> Self {
        let name = name(command);
        Failed(format!(
            "{headline}: {name} could not be started: {error}; install {name}, or put it on PATH"
        ))
    }

    fn end(headline: &str, line: &str, status: ExitStatus) -> Self {
        Failed(format!(
            "{headline}: {line} failed ({status}): the lines above tell the reason"
        ))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<redgrease_embedded::Error> for Failed {
    fn from(error: redgrease_embedded::Error) -> Self {
        Failed(error.to_string())
    }
}

/// Runs a program under a headline, with its output visible.
pub(crate) fn step(headline: &str, command: &mut Command) -> Outcome {
    note!("\n==> {headline}");
    let begin = Instant::now();
    let status = command
        .status()
        .map_err(|e| Failed::start(headline, command, &e))?;
    if !status.success() {
        return Err(Failed::end(headline, &line(command), status));
    }
    note!("    done in {:.1} s", begin.elapsed().as_secs_f64());
    Ok(())
}

/// Like [`step`], but the output is visible only if the program fails.
pub(crate) fn quiet_step(headline: &str, command: &mut Command) -> Outcome {
    note!("\n==> {headline}");
    let begin = Instant::now();
    let ended = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| Failed::start(headline, command, &e))?;
    if !ended.status.success() {
        // The error behind it is the important line: it is told even if these cannot be written.
        let _ = io::stderr().write_all(&ended.stdout);
        let _ = io::stderr().write_all(&ended.stderr);
        return Err(Failed::end(headline, &line(command), ended.status));
    }
    note!("    done in {:.1} s", begin.elapsed().as_secs_f64());
    Ok(())
}

/// A program that runs while other steps do. It is stopped when the value is dropped before its end.
pub(crate) struct Background {
    headline: &'static str,
    line: String,
    running: Child,
}

impl Background {
    pub(crate) fn start(headline: &'static str, mut command: Command) -> Outcome<Self> {
        let line = line(&command);
        let running = command
            .stdin(Stdio::null())
            .spawn()
            .map_err(|e| Failed::start(headline, &command, &e))?;
        Ok(Background {
            headline,
            line,
            running,
        })
    }

    /// Waits for the end of the program.
    pub(crate) fn end(mut self) -> Outcome {
        let status = self.running.wait();
        let Background { headline, line, .. } = &self;
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failed::end(headline, line, status)),
            Err(e) => Err(Failed::new(format!(
                "{headline}: {line} is lost: {e}; run this command again"
            ))),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Both fail if the program has ended.
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

/// Runs a program without visible output. Returns its trimmed output if it succeeds.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program runs and succeeds.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    output(command).is_some()
}

/// The cargo that started this program, in the workspace.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(crate::workspace::root());
    // Examples and tests start local web servers, which a proxy cannot reach.
    for name in ["no_proxy", "NO_PROXY"] {
        let others = std::env::var(name).unwrap_or_default();
        cargo.env(name, format!("{others},127.0.0.1").trim_start_matches(','));
    }
    cargo
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// The command line, for messages.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    format!("`{}`", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{Background, Failed, name, quiet_step, step};
    use std::path::Path;
    use std::process::Command;

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn the_end_of_a_program_in_the_background_is_told() {
        let start = |script| Background::start("trying", shell(script)).unwrap();
        start("exit 0").end().unwrap();
        let failed = start("exit 3").end().unwrap_err().to_string();
        assert!(
            failed.starts_with("trying: `sh -c exit 3` failed"),
            "{failed}"
        );
    }

    #[test]
    fn a_program_in_the_background_that_does_not_start_is_told() {
        let none = Command::new("/no/such/program");
        assert_eq!(name(&none), "/no/such/program");
        let failed = Background::start("trying", none).err().unwrap().to_string();
        assert!(
            failed.contains("/no/such/program could not be started")
                && failed.ends_with("or put it on PATH"),
            "{failed}"
        );
    }

    #[test]
    fn errors_of_steps_end_with_what_to_do() {
        for run in [step, quiet_step] {
            let failed = run("trying", &mut shell("exit 3")).unwrap_err().to_string();
            assert!(failed.contains("failed (exit status: 3)"), "{failed}");
            assert!(
                failed.ends_with("the lines above tell the reason"),
                "{failed}"
            );
            let failed = run("trying", &mut Command::new("/no/such/program"));
            let failed = failed.unwrap_err().to_string();
            assert!(failed.ends_with("or put it on PATH"), "{failed}");
            run("trying", &mut shell("exit 0")).unwrap();
        }
        let error = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let failed = Failed::file(Path::new("/a/b"), "read", &error).to_string();
        assert!(failed.starts_with("/a/b could not be read: "), "{failed}");
        assert!(failed.ends_with("then run this command again"), "{failed}");
    }

    #[test]
    fn a_program_in_the_background_is_stopped_when_it_is_dropped() {
        let mut long = Command::new("sleep");
        long.arg("600");
        let program = Background::start("trying", long).unwrap();
        let id = program.running.id();
        drop(program);
        assert!(!super::succeeds(
            Command::new("kill").args(["-0", &id.to_string()])
        ));
    }
}
