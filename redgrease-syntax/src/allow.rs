//! The diagnostics that a gear can allow, with the key `allow` or with a comment.

/// The kinds of diagnostics that a gear can allow: those about the server, which the check cannot see. Sorted.
pub const ALLOWABLE: &[&str] = &[
    "atomic-alone",
    "blocking-command",
    "command-arguments",
    "function-arguments",
    "log-level",
    "method-arguments",
    "no-command",
    "no-return",
    "no-such-command",
    "no-such-event",
    "not-asynchronous",
    "not-intercepted",
    "plain-pattern",
    "refused-command",
    "refused-method",
    "relative-import",
    "unknown-command",
    "unknown-import",
    "unknown-method",
    "whole-name",
    "words-in-one-string",
];

/// The names in [`ALLOWABLE`], as a message lists them.
#[must_use]
pub fn allowable_names() -> String {
    format!("`{}`", ALLOWABLE.join("`, `"))
}

#[cfg(test)]
mod tests {
    use super::ALLOWABLE;
    use crate::diagnostics;

    #[test]
    fn the_kinds_exist() {
        let all = diagnostics();
        for code in ALLOWABLE {
            assert!(all.iter().any(|one| one.code == *code), "{code}");
        }
        assert!(ALLOWABLE.is_sorted());
    }
}
