//! Opens the browser.

use std::env;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::{Builder, NamedTempFile};

/// Opens a page. The address of the page is a secret, and all users of the machine see the words of a command line, so the
/// browser gets a file that leads there, which only this user can read.
pub(super) fn open(address: &str) -> io::Result<NamedTempFile> {
    let dir = env::var_os("XDG_RUNTIME_DIR").map_or_else(env::temp_dir, PathBuf::from);
    let mut file = Builder::new()
        .prefix("redgrease-ui-")
        .suffix(".html")
        .tempfile_in(dir)?;
    writeln!(
        file,
        "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0; url={address}\">\
         <title>redgrease</title><a href=\"{address}\">the page of redgrease</a>"
    )?;
    file.flush()?;
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    Command::new(program)
        .arg(file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(file)
}
