//! Reads a log while it grows.

use crate::output::clean;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

pub(super) struct Follow {
    file: BufReader<File>,
    /// The begin of a line that is not complete.
    begun: Vec<u8>,
}

impl Follow {
    pub(super) fn new(log: &Path) -> io::Result<Self> {
        Ok(Follow {
            file: BufReader::new(File::open(log)?),
            begun: Vec::new(),
        })
    }

    /// The next whole line, without its end and without what moves the cursor of a terminal.
    pub(super) fn next_line(&mut self) -> Option<String> {
        self.file.read_until(b'\n', &mut self.begun).ok()?;
        self.begun.pop_if(|last| *last == b'\n')?;
        let line = String::from_utf8_lossy(&self.begun);
        let line = clean(&line).into_owned();
        self.begun.clear();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::Follow;
    use std::fs::File;
    use std::io::Write as _;

    #[test]
    fn lines_are_read_as_they_are_completed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = File::create(&path).unwrap();
        let mut follow = Follow::new(&path).unwrap();
        log.write_all(b"one\ntw").unwrap();
        assert_eq!(follow.next_line().as_deref(), Some("one"));
        assert_eq!(follow.next_line(), None);
        log.write_all(b"o\x1b[2J\t\xff\n").unwrap();
        assert_eq!(follow.next_line().as_deref(), Some("two\\x1b[2J\t\u{fffd}"));
        assert_eq!(follow.next_line(), None);
    }
}
