//! [`Guard`]: a process that ends the server if this program ends without doing so.
//!
//! Linux can signal a child when its parent dies, but the signal is tied to the *thread* that
//! started the child, and test runners end threads all the time; macOS has no such signal. Instead,
//! a small shell waits on a pipe whose other end only this process holds: the pipe closes however
//! this process ends.

use crate::{Error, ErrorKind, Result};
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Every Unix has it there. `PATH` belongs to the program, and may be empty.
const SHELL: &str = "/bin/sh";

/// `$1` is the process id of the server, `$2` a directory to remove, or empty, `$3` how many tenths of a second the server has to end.
const SCRIPT: &str = r#"
while read -r _; do :; done
kill -TERM "$1" 2>/dev/null
turns=0
while kill -0 "$1" 2>/dev/null && [ "$turns" -lt "$3" ]; do sleep 0.1; turns=$((turns + 1)); done
kill -KILL "$1" 2>/dev/null
if [ -n "$2" ]; then rm -rf -- "$2"; fi
"#;

/// The guard of one server. Dropping it disables the guard; the server continues to run.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    /// Starts a guard for the process `server`, which kills it if it does not end within `grace`. The guard also removes the
    /// directory `remove`.
    pub(crate) fn start(server: u32, remove: Option<&Path>, grace: Duration) -> Result<Self> {
        Command::new(SHELL)
            .args(["-c", SCRIPT, "redgrease-guard", &server.to_string()])
            .arg(remove.map_or(OsStr::new(""), Path::as_os_str))
            .arg((grace.as_millis() / 100).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal signals the whole process group, but the guard must survive it.
            .process_group(0)
            .spawn()
            .map(Guard)
            .map_err(|e| not_started(&e))
    }
}

fn not_started(e: &io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        format!(
            "the guard that ends the server with this program could not be started ({SHELL}: {e}): \
             check that there is a shell {SHELL}, and that this user may run it and start processes"
        ),
    )
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Kill the guard before its pipe closes, so that it does not end the server.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
