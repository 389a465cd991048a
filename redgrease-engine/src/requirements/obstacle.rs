//! Obstacles on this machine that make a child process fail: a full disk, a directory without rights, no memory, a kill.

use super::child::Outcome;
use std::path::Path;

/// Words of the system, of Python and of compilers, and the obstacle that they tell of.
const WORDS: [(&[&str], Obstacle); 4] = [
    (
        &[
            "No space left on device",
            "[Errno 28]",
            "Disk quota exceeded",
        ],
        Obstacle::Full,
    ),
    (&["Read-only file system", "[Errno 30]"], Obstacle::ReadOnly),
    (
        &["PermissionError: [Errno 13]", "OSError: [Errno 13]"],
        Obstacle::ReadOnly,
    ),
    (
        &[
            "MemoryError",
            "Cannot allocate memory",
            "Killed signal terminated program",
            "virtual memory exhausted",
        ],
        Obstacle::Memory,
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Obstacle {
    Full,
    ReadOnly,
    Memory,
}

/// The sentence for the obstacle that has made a process fail, which works for `directory`. `None` if no obstacle is known.
pub(super) fn obstacle(outcome: &Outcome, directory: &Path) -> Option<String> {
    let directory = directory.display();
    let says = |words: &[&str]| {
        let mut lines = outcome.lines.iter();
        lines.any(|line| words.iter().any(|word| line.contains(word)))
    };
    let found = WORDS.iter().find(|(words, _)| says(words));
    Some(match (found, outcome.signal) {
        (Some((_, Obstacle::Full)), _) => format!(
            "the disk is full: free space for {directory} and for temporary files (TMPDIR or /tmp), and try again"
        ),
        (Some((_, Obstacle::ReadOnly)), _) => format!(
            "a directory cannot be written: let the server write to {directory} and to the directory of temporary files, \
             and try again"
        ),
        (Some((_, Obstacle::Memory)), _) => {
            "the machine has no memory for the installation: free memory and try again".to_owned()
        }
        (None, Some(signal)) => format!(
            "the installation was killed by signal {signal} (the system sends 9 when it has no memory): free memory and try \
             again"
        ),
        (None, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str, signal: Option<i32>) -> Option<String> {
        let outcome = Outcome {
            success: false,
            lines: vec!["Collecting six".to_owned(), line.to_owned()],
            signal,
            is_too_slow: false,
        };
        obstacle(&outcome, Path::new("/packages"))
    }

    #[test]
    fn obstacles_are_recognised() {
        for (line, start) in [
            (
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
                "the disk is full: ",
            ),
            (
                "OSError: [Errno 122] Disk quota exceeded: '/x'",
                "the disk is full: ",
            ),
            (
                "ERROR: Could not install packages due to an OSError: [Errno 30] Read-only file system: '/x'",
                "a directory cannot",
            ),
            (
                "PermissionError: [Errno 13] Permission denied: '/x'",
                "a directory cannot",
            ),
            (
                "g++: fatal error: Killed signal terminated program cc1plus",
                "the machine has no memory",
            ),
            ("MemoryError", "the machine has no memory"),
        ] {
            let told = told(line, None).unwrap();
            assert!(told.starts_with(start), "{told}");
            assert!(told.ends_with("try again"), "{told}");
        }
        let killed = told("Collecting numpy", Some(9)).unwrap();
        assert!(
            killed.starts_with("the installation was killed by signal 9"),
            "{killed}"
        );
        assert_eq!(told("ERROR: No matching distribution found", None), None);
    }
}
