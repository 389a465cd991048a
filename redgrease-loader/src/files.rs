//! Opening files that may be anything: a pipe would block the server for good, and reading a device may have effects.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The bytes that are read of a file at most. An engine with everything that a debugger needs has half of that.
const MOST: u64 = 256 << 20;

/// Opens a regular file for reading, without waiting.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // Before the file is opened, because opening a device may have effects, and behind it, because another file may have
    // taken the path.
    regular(&fs::metadata(path)?)?;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

/// Reads a regular file of limited size.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    if file.metadata()?.len() <= MOST {
        file.take(MOST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 <= MOST {
            return Ok(bytes);
        }
    }
    Err(io::Error::new(
        ErrorKind::FileTooLarge,
        format!("it is larger than {} MB", MOST >> 20),
    ))
}

fn regular(metadata: &fs::Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(io::Error::new(
        ErrorKind::InvalidInput,
        "it is not a regular file",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    #[test]
    fn only_regular_files_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert!(
            Command::new("mkfifo")
                .arg(at("pipe"))
                .status()
                .unwrap()
                .success()
        );
        let _socket = UnixListener::bind(at("socket")).unwrap();
        fs::create_dir(at("directory")).unwrap();
        std::os::unix::fs::symlink(at("pipe"), at("link")).unwrap();
        for path in [
            at("pipe"),
            at("socket"),
            at("directory"),
            at("link"),
            "/dev/zero".into(),
            "/dev/tty".into(),
        ] {
            let error = open(&path).unwrap_err();
            assert_eq!(error.to_string(), "it is not a regular file", "{path:?}");
            assert!(read(&path).is_err());
        }
        assert_eq!(open(&at("absent")).unwrap_err().kind(), ErrorKind::NotFound);
        fs::write(at("file"), "text").unwrap();
        assert_eq!(read(&at("file")).unwrap(), b"text");
    }

    #[test]
    fn a_huge_file_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("huge");
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(
            read(&path).unwrap_err().to_string(),
            "it is larger than 256 MB"
        );
        assert!(open(&path).is_ok());
    }
}
