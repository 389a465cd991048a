//! Counts the results that test programs print.

/// The results of one row of the matrix.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) ignored: usize,
    /// The names of the failed tests.
    pub(super) failures: Vec<String>,
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

    pub(super) fn add(&mut self, other: Counts) {
        self.passed += other.passed;
        self.ignored += other.ignored;
        self.failures.extend(other.failures);
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
}
