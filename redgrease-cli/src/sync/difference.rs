//! The difference of two texts, as `diff -u` writes it.

use crate::output::{BAD, DIM, GOOD, clean};
use similar::TextDiff;
use std::time::Duration;

/// Lines around a change.
const AROUND: usize = 3;
/// After this time, the lines that are left are all replaced: to find the fewest changes of long texts takes minutes.
const PATIENCE: Duration = Duration::from_secs(1);

/// The unified difference of two texts; empty if they are the same.
pub(super) fn unified(old: &str, new: &str, old_name: &str, new_name: &str) -> String {
    let difference = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let mut unified = difference.unified_diff();
    unified
        .context_radius(AROUND)
        .header(old_name, new_name)
        .to_string()
}

/// The difference with colours, for a terminal.
pub(super) fn styled(unified: &str) -> String {
    let lines = unified.lines().map(|line| {
        let style = match line.as_bytes().first() {
            Some(b'+') => GOOD,
            Some(b'-') => BAD,
            Some(b'@') => DIM,
            _ => return clean(line).into_owned(),
        };
        format!("{style}{}{style:#}", clean(line))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_in_lines() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = "a\nb\nc\nd\ne\nF\ng\nh\n";
        assert_eq!(
            unified(old, new, "server", "a.py"),
            "--- server\n+++ a.py\n@@ -3,6 +3,6 @@\n c\n d\n e\n-f\n+F\n g\n h\n"
        );
        assert_eq!(unified(old, old, "server", "a.py"), "");
        let added = unified("", "x\n", "/dev/null", "a.py");
        assert_eq!(added, "--- /dev/null\n+++ a.py\n@@ -0,0 +1 @@\n+x\n");
        assert!(unified("x", "x\n", "a", "b").contains("No newline at end of file"));
    }

    #[test]
    fn long_texts_that_differ_everywhere_take_no_minutes() {
        let text = |word: &str| {
            let lines: Vec<String> = (0..30_000).map(|n| format!("{word}{n}\n")).collect();
            lines.concat()
        };
        let begun = std::time::Instant::now();
        let difference = unified(&text("a"), &text("b"), "a", "b");
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(
            difference
                .lines()
                .filter(|line| line.starts_with("+b"))
                .count(),
            30_000
        );
        assert_eq!(
            difference
                .lines()
                .filter(|line| line.starts_with("-a"))
                .count(),
            30_000
        );
    }

    #[test]
    fn lines_of_servers_move_no_cursor() {
        assert_eq!(styled(" a\u{1b}[2J"), " a\\x1b[2J");
        assert!(styled("+x").contains("+x"));
    }
}
