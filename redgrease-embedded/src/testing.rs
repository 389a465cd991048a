//! Programs that tests make and then run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Makes a shell script.
///
/// A child process writes the file. If this process did, a child that another test starts at that moment would inherit the open
/// file, and the system refuses to run a file that is open for writing ("text file busy").
pub(crate) fn program(path: &Path, text: &str) {
    let written = Command::new("/bin/sh")
        .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\"", "sh"])
        .arg(path)
        .arg(text)
        .status();
    assert!(written.unwrap().success(), "{}", path.display());
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
