//! Checks wheels that came from another server.

use std::ffi::OsString;
use std::path::PathBuf;

use super::attempts::Work;
use super::environment::run_error;
use super::error::{InstallError, InstallErrorKind};

/// Python program that fails if a file is not a zip archive or has a wrong checksum.
const CHECK: &str = "\
import sys, zipfile
for file in sys.argv[1:]:
    if zipfile.ZipFile(file).testzip():
        sys.exit('%s is damaged' % file)
";

/// Fails if a wheel is not a zip archive or has a wrong checksum.
pub(super) fn check_wheels(
    work: Work<'_>,
    wheels: impl Iterator<Item = PathBuf>,
) -> Result<(), InstallError> {
    let interpreter = work.environment.interpreter();
    let mut args: Vec<OsString> = ["-I", "-c", CHECK].map(OsString::from).into();
    args.extend(wheels.map(OsString::from));
    let outcome = work
        .runner
        .run(&interpreter, &args, &[])
        .map_err(|error| run_error(&interpreter, &error))?;
    if outcome.success {
        Ok(())
    } else {
        let line = "a wheel is damaged: export the requirement again";
        Err(InstallError::line(InstallErrorKind::Failed, line))
    }
}
