//! What differs from run to run in the output of a command.

use regex_lite::Regex;
use std::sync::LazyLock;

/// Patterns, and what stands for them.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        // Ids of executions, registrations and servers.
        (r"\b[0-9a-f]{40}\b(-\d+)?", "ID"),
        (r"\b[0-9a-f]{32,64}\b", "ID"),
        (r"-[0-9a-f]{16}\b", "-ID"),
        (r"\b[0-9a-f]{12}\b", "ID"),
        (r"\b0{40}-\d+\b", "ID"),
        // Dates and times.
        (r"\b\d{4}-\d{2}-\d{2}[T ]?", "DATE "),
        (r"\b\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?", "TIME"),
        // Durations, sizes, rates, versions.
        (
            r"\b\d+(\.\d+)?\s?(ns|us|µs|ms|s|m|min|h|d|B|kB|KB|KiB|MB|MiB|GB|GiB|%|/s)(\b|$)",
            "N",
        ),
        (r"\b\d+(\.\d+)+\b", "N"),
        (r"\b(pid|process|port) \d+", "P"),
        // The server of this machine.
        (r"\b(Redis|Valkey) N\b", "SERVER"),
        // Tables are as wide as their words.
        (r"[ \t]+", " "),
        (r"[─━═-]{3,}", "-"),
    ]
    .into_iter()
    .map(|(pattern, name)| (Regex::new(pattern).unwrap(), name))
    .collect()
});

static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+").unwrap());

/// The output without what differs from run to run.
pub(crate) fn masked(output: &[String], about: bool) -> Vec<String> {
    let lines = output.iter().map(|line| {
        let mut line = line.trim().to_owned();
        for (pattern, name) in PATTERNS.iter() {
            line = pattern.replace_all(&line, *name).into_owned();
        }
        if about {
            line = NUMBER.replace_all(&line, "N").into_owned();
        }
        line
    });
    lines.filter(|line| !line.is_empty()).collect()
}

#[test]
fn words_and_counts_are_compared() {
    let masked = |line: &str| masked(&[line.to_owned()], false).join("\n");
    assert_eq!(masked("took 12 ms"), masked("took  3.5 ms"));
    assert_eq!(
        masked("at 2024-01-02 10:11:12"),
        masked("at 2025-03-04 01:02:03")
    );
    assert_eq!(masked("----- x"), masked("------- x"));
    assert_eq!(masked("Redis 7.0.15"), masked("Valkey 9.1.0"));
    assert_ne!(masked("3 gears"), masked("4 gears"));
    assert_ne!(masked("OK"), masked("FAILED"));
    assert_eq!(
        masked("0000000000000000000000000000000000000000-7"),
        masked("0000000000000000000000000000000000000000-123")
    );
}
