//! Runs other programs and shows their progress.

use std::ffi::OsStr;
use std::fmt;
use std::process::{Command, Stdio};
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
    eprintln!("\n==> {headline}");
    let begin = Instant::now();
    let status = command.status().map_err(|e| {
        Failed::new(format!(
            "{headline}: {} could not be started: {e}",
            name(command)
        ))
    })?;
    if !status.success() {
        return Err(Failed::new(format!(
            "{headline}: {} failed ({status})",
            line(command)
        )));
    }
    eprintln!("    done in {:.1} s", begin.elapsed().as_secs_f64());
    Ok(())
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
