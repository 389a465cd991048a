//! The text of a failure: what failed, and what to do about it.

use std::fmt;

/// The server cuts an entry of its log at a kilobyte, with its own words in it.
const LONGEST: usize = 900;

/// The words at the beginning of every failure.
const HEADLINE: &str = "could not load the RedGrease engine: ";

/// Why something cannot be used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

impl Failure {
    pub(crate) fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Failure {
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }

    /// The same failure, with the subject of the reason in front. A subject with a blank at its begin or end, which a reader would
    /// not see, is quoted.
    pub(crate) fn of(self, subject: impl fmt::Display) -> Self {
        let subject = subject.to_string();
        let quote = if subject.trim() == subject { "" } else { "\"" };
        Failure {
            reason: format!("{quote}{subject}{quote} {}", self.reason),
            ..self
        }
    }

    /// The entry of the log: one line that ends with the remedy, however long the reason is.
    pub(crate) fn line(&self) -> String {
        let remedy = cut(&one_line(&self.remedy), LONGEST / 2);
        let room = LONGEST.saturating_sub(HEADLINE.len() + remedy.len() + 2);
        let reason = cut(&one_line(&self.reason), room);
        format!("{HEADLINE}{reason}: {remedy}")
    }
}

/// Replaces control characters, which a path or a message of the system may contain.
fn one_line(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

/// At most `room` bytes of a text, with two dots in place of the rest.
fn cut(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(room.saturating_sub(2));
    format!("{}..", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_what_failed_and_ends_with_the_remedy() {
        let failure = Failure::new("has no engine", "install one").of("Python 3.14");
        let line = "could not load the RedGrease engine: Python 3.14 has no engine: install one";
        assert_eq!(failure.line(), line);
    }

    #[test]
    fn a_blank_at_the_end_of_a_path_is_seen() {
        let failure = Failure::new("is missing", "make it").of(" /x").of("HOME:");
        assert_eq!(failure.reason, "HOME: \" /x\" is missing");
    }

    #[test]
    fn a_long_reason_leaves_room_for_the_remedy() {
        let failure = Failure::new("ä".repeat(5000), "install\none\0");
        let line = failure.line();
        assert!(line.len() <= LONGEST, "{}", line.len());
        assert!(line.ends_with("..: install?one?"), "{line}");
        let failure = Failure::new("x", "ö".repeat(5000));
        assert!(failure.line().len() <= LONGEST);
    }
}
