//! The Python in the directory of a virtual environment.

use crate::failure::Failure;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Whether a directory is a virtual environment.
pub(crate) fn is_environment(directory: &Path) -> bool {
    directory.join("pyvenv.cfg").exists()
}

/// The Python in a virtual environment or prefix. Whether it runs is not asked here. The reason of a failure begins with a verb.
pub(crate) fn python_in(directory: &Path) -> Result<PathBuf, Failure> {
    let programs = programs_in(&directory.join("bin"));
    for program in &programs {
        match program.symlink_metadata() {
            Err(error) if is_missing(error.kind()) => {}
            // A program that cannot be looked at is told when it is run.
            _ => return Ok(program.clone()),
        }
    }
    if is_environment(directory) {
        return Err(Failure::new(
            "has neither bin/python nor bin/python3",
            "make the virtual environment again",
        ));
    }
    let reason = if directory.exists() {
        "is no virtual environment: it has neither bin/python nor bin/python3"
    } else {
        "does not exist"
    };
    Err(Failure::new(
        reason,
        "name the directory of a virtual environment, or the program of a Python",
    ))
}

/// The names of the Python in a directory of programs.
pub(crate) fn programs_in(bin: &Path) -> [PathBuf; 2] {
    [bin.join("python"), bin.join("python3")]
}

fn is_missing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_program_counts_also_if_it_is_a_link_that_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        symlink("/no/such/python", bin.join("python3")).unwrap();
        assert_eq!(python_in(dir.path()), Ok(bin.join("python3")));
        symlink("python3", bin.join("python")).unwrap();
        assert_eq!(python_in(dir.path()), Ok(bin.join("python")));
    }

    #[test]
    fn a_directory_without_a_python_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let reason = |path: &Path| python_in(path).unwrap_err().reason;
        assert!(reason(dir.path()).starts_with("is no virtual environment"));
        assert_eq!(reason(&dir.path().join("absent")), "does not exist");
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(reason(&dir.path().join("file")).starts_with("is no virtual"));
        fs::write(dir.path().join("pyvenv.cfg"), "").unwrap();
        assert!(reason(dir.path()).starts_with("has neither"));
    }
}
