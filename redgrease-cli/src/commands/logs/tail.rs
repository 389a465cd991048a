//! The end of a log file, and what is added to it.

use super::line::{Line, Selection};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A log file that is followed, also when it is renamed, cut or removed.
pub(crate) struct Tail {
    path: PathBuf,
    /// `None` while there is no file.
    file: Option<Open>,
    selection: Selection,
}

struct Open {
    file: File,
    id: (u64, u64),
    position: u64,
    /// A line that has no end yet.
    partial: Vec<u8>,
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        Ok(Open {
            id: (meta.dev(), meta.ino()),
            file,
            position: 0,
            partial: Vec::new(),
        })
    }

    /// What stands behind the position.
    fn read(&mut self) -> io::Result<Vec<Line>> {
        self.file.seek(SeekFrom::Start(self.position))?;
        let mut bytes = std::mem::take(&mut self.partial);
        self.position += self.file.read_to_end(&mut bytes)? as u64;
        let end = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        self.partial = bytes.split_off(end);
        Ok(lines(&bytes))
    }
}

fn lines(bytes: &[u8]) -> Vec<Line> {
    String::from_utf8_lossy(bytes)
        .lines()
        .map(Line::parse)
        .collect()
}

/// The part of a file that is read first. It grows if it has too few lines.
const WINDOW: u64 = 256 * 1024;

impl Tail {
    /// The last lines of the file, and the file to be followed.
    pub(crate) fn open(path: &Path, count: usize, is_all: bool) -> io::Result<(Vec<Line>, Self)> {
        let mut open = Open::at(path)?;
        let length = open.file.metadata()?.len();
        let mut window = WINDOW;
        loop {
            let begin = length.saturating_sub(window);
            open.position = begin;
            open.partial.clear();
            let mut found = open.read()?;
            // The first line may have lost its beginning.
            if begin > 0 && !found.is_empty() {
                found.remove(0);
            }
            let mut selection = Selection::new(is_all);
            found.retain(|line| selection.selects(line));
            if found.len() >= count || begin == 0 {
                let lines = found.split_off(found.len().saturating_sub(count));
                let path = path.to_owned();
                let file = Some(open);
                return Ok((
                    lines,
                    Tail {
                        path,
                        file,
                        selection,
                    },
                ));
            }
            window = window.saturating_mul(4);
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The lines that were added.
    pub(crate) fn more(&mut self) -> io::Result<Vec<Line>> {
        let mut found = Vec::new();
        if let Some(open) = &mut self.file {
            // A log that was cut begins anew.
            if open.file.metadata()?.len() < open.position {
                open.position = 0;
                open.partial.clear();
            }
            found.extend(open.read()?);
        }
        let current = std::fs::metadata(&self.path)
            .ok()
            .map(|meta| (meta.dev(), meta.ino()));
        let followed = self.file.as_ref().map(|open| open.id);
        // A log that was renamed is read to its end before the new one begins.
        if current.is_some() && current != followed {
            match Open::at(&self.path) {
                Ok(mut open) => {
                    found.extend(open.read()?);
                    self.file = Some(open);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        found.retain(|line| self.selection.selects(line));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::io::Write as _;

    fn add(path: &Path, text: &str) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn messages(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.message.as_str()).collect()
    }

    #[test]
    fn a_log_is_followed_through_rotation() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("redis.log");
        add(&path, "a\nb\nc\nd");
        let (last, mut tail) = Tail::open(&path, 2, true).unwrap();
        assert_eq!(messages(&last), ["b", "c"]);
        add(&path, "d\ne\n");
        assert_eq!(messages(&tail.more().unwrap()), ["dd", "e"]);
        assert!(tail.more().unwrap().is_empty());

        add(&path, "f\n");
        std::fs::rename(&path, dir.path().join("redis.log.1")).unwrap();
        assert_eq!(messages(&tail.more().unwrap()), ["f"]);
        add(&dir.path().join("redis.log.1"), "g\n");
        add(&path, "h\n");
        assert_eq!(messages(&tail.more().unwrap()), ["g", "h"]);

        std::fs::write(&path, "").unwrap();
        assert!(tail.more().unwrap().is_empty());
        add(&path, "i\n");
        assert_eq!(messages(&tail.more().unwrap()), ["i"]);
    }

    #[test]
    fn the_last_lines_are_found_far_from_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("redis.log");
        add(&path, "1:M 30 Nov 2026 14:51:29.886 * <rg> one\n");
        let other = "1:M 30 Nov 2026 14:51:29.886 * other\n".repeat(20_000);
        add(&path, &other);
        let (last, _) = Tail::open(&path, 5, false).unwrap();
        assert_eq!(messages(&last), ["<rg> one"]);
    }
}
