//! Counts the results that test programs print.

use std::collections::{BTreeMap, BTreeSet};

/// The results of one row of the matrix.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) ignored: usize,
    /// The names of the failed tests.
    pub(super) failures: Vec<String>,
    /// Number of tests that do not apply to this server, by the reason. They are not among `passed`.
    pub(super) not_applicable: BTreeMap<String, usize>,
}

impl Counts {
    /// The result of a row whose tests could not be started.
    pub(super) fn of_a_failure(why: &str) -> Self {
        Counts {
            failures: vec![why.to_owned()],
            ..Counts::default()
        }
    }

    /// Counts one line of a test program's output.
    pub(super) fn read(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            // test result: ok. 12 passed; 0 failed; 1 ignored; ..
            [
                "test",
                "result:",
                _,
                passed,
                "passed;",
                _,
                "failed;",
                ignored,
                "ignored;",
                ..,
            ] => {
                self.passed += passed.parse::<usize>().unwrap_or(0);
                self.ignored += ignored.parse::<usize>().unwrap_or(0);
            }
            ["test", name, .., "FAILED"] => self.failures.push((*name).to_owned()),
            _ => {}
        }
    }

    /// Moves tests from `passed` to `not_applicable`. A line has the program, the test and the reason, separated by tabs; a test may
    /// have several lines, and its first reason counts. A test that failed stays a failure.
    pub(super) fn read_not_applicable(&mut self, lines: &str) {
        let mut seen = BTreeSet::new();
        for line in lines.lines() {
            let mut parts = line.split('\t');
            let (Some(program), Some(test), Some(reason)) =
                (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let has_failed = self.failures.iter().any(|failed| failed == test);
            if !has_failed && seen.insert((program, test)) {
                self.passed = self.passed.saturating_sub(1);
                *self.not_applicable.entry(reason.to_owned()).or_default() += 1;
            }
        }
    }

    pub(super) fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.ignored += other.ignored;
        self.failures.extend(other.failures);
        for (reason, count) in other.not_applicable {
            *self.not_applicable.entry(reason).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test one ... ok",
            "test two ... FAILED",
            "test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out",
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            counts.read(line);
        }
        assert_eq!((counts.passed, counts.ignored), (5, 1));
        assert_eq!(counts.failures, ["two"]);
    }

    #[test]
    fn tests_that_do_not_apply_have_not_passed() {
        let mut counts = Counts::default();
        counts.read("test broken ... FAILED");
        counts.read("test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured");
        counts.read_not_applicable(
            "a\tone\tno users\na\tone\tno users\nb\tone\tno users\na\ttwo\tno slots\na\tbroken\tno slots\nhalf a line",
        );
        assert_eq!(counts.passed, 1);
        assert_eq!(counts.not_applicable["no users"], 2);
        assert_eq!(counts.not_applicable["no slots"], 1);
        assert_eq!(counts.failures, ["broken"]);
    }
}
