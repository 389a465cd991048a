//! A process that ends the server when this program ends without doing so.
//!
//! The kernel's own way (a signal on the death of the parent) is tied to the *thread* that started
//! the child, and a test runner ends threads all the time; it also does not exist on macOS. So a
//! small shell waits on a pipe whose other end only this process holds: however this process ends,
//! the pipe closes.

use crate::{Error, Result};
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `$1`: process id of the server; `$2`: a directory to remove, or empty.
const SCRIPT: &str = r#"
while read -r _; do :; done
kill -TERM "$1" 2>/dev/null
turns=0
while kill -0 "$1" 2>/dev/null && [ "$turns" -lt 50 ]; do sleep 0.1; turns=$((turns + 1)); done
kill -KILL "$1" 2>/dev/null
if [ -n "$2" ]; then rm -rf -- "$2"; fi
"#;

/// The guard of one server. Dropped, it is called off: the server lives on.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    /// Watches over the process `server`; `remove` is the directory that goes with it.
    pub(crate) fn start(server: u32, remove: Option<&Path>) -> Result<Self> {
        Command::new("sh")
            .args(["-c", SCRIPT, "redgrease-guard", &server.to_string()])
            .arg(remove.map_or(OsStr::new(""), Path::as_os_str))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal reaches the whole process group: the guard has to survive it.
            .process_group(0)
            .spawn()
            .map(Guard)
            .map_err(|e| Error::io("the guard of the server (a `sh`) could not be started", e))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Killed before its pipe is closed, so that it cannot act any more.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
