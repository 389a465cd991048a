//! Looks for the words of the table in the comments and pages of the project.

use super::prose::{self, Line};
use super::words::{ALLOWED, WORDS, Word};
use crate::say::note;
use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Files that repeat texts of servers and of other projects word for word.
const RECORDED: [&str; 2] = ["tests/conformance/recorded/", "CHANGELOG.md"];

pub(super) fn check() -> Outcome {
    note!("\n==> spelling");
    let root = workspace::root();
    let mut list = Command::new("git");
    let tracked =
        steps::output(list.current_dir(root).args(["ls-files", "-z"])).ok_or_else(|| {
            Failed::new("spelling: `git ls-files` failed: run the check in a clone of the project")
        })?;
    let mut count = 0;
    for path in tracked.split('\0').filter(|path| !is_recorded(path)) {
        // A tracked file may have been removed.
        let Ok(source) = fs::read_to_string(root.join(path)) else {
            continue;
        };
        let Some(lines) = prose::lines(Path::new(path), &source) else {
            continue;
        };
        for (number, word) in misspelled(&lines) {
            note!("{path}:{number}: {} -> {}", word.wrong, word.right);
            count += 1;
        }
    }
    match count {
        0 => Ok(()),
        count => Err(Failed::new(format!(
            "spelling: {count} words to replace, listed above (table: xtask/src/check/words.rs)"
        ))),
    }
}

fn is_recorded(path: &str) -> bool {
    RECORDED.iter().any(|recorded| path.starts_with(recorded))
}

/// The words of the table that the lines contain, with the numbers of the lines.
fn misspelled(lines: &[Line<'_>]) -> Vec<(usize, Word)> {
    lines
        .chunk_by(|line, next| line.number + 1 == next.number)
        .map(Paragraph::new)
        .flat_map(|paragraph| {
            let mut found: Vec<(usize, Word)> = WORDS
                .iter()
                .flat_map(|word| {
                    paragraph
                        .find(word.wrong)
                        .into_iter()
                        .map(|number| (number, *word))
                })
                .collect();
            found.sort_by_key(|(number, _)| *number);
            found
        })
        .collect()
}

/// Neighbouring lines as one text, so that phrases are found across line ends.
struct Paragraph {
    text: String,
    /// Where each line begins in the text, with its number.
    begins: Vec<(usize, usize)>,
}

impl Paragraph {
    fn new(lines: &[Line<'_>]) -> Self {
        let mut text = String::new();
        let mut begins = Vec::new();
        for line in lines {
            begins.push((text.len(), line.number));
            for word in line.text.split_whitespace() {
                text.push_str(word);
                text.push(' ');
            }
            if line.text.trim().is_empty() {
                // An empty line separates sentences.
                text.push_str(". ");
            }
        }
        let mut text = without_code(&text);
        for allowed in ALLOWED {
            text = text.replace(allowed, &blank(allowed.len()));
        }
        Paragraph { text, begins }
    }

    /// The numbers of the lines where a word or phrase begins.
    fn find(&self, wrong: &str) -> Vec<usize> {
        let mut capital = wrong.to_owned();
        if let Some(first) = capital.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let mut forms = vec![wrong];
        if capital != wrong {
            forms.push(&capital);
        }
        forms
            .into_iter()
            .flat_map(|form| self.text.match_indices(form))
            .filter(|(at, form)| self.is_whole_word(*at, form.len()))
            .map(|(at, _)| self.line_at(at))
            .collect()
    }

    fn is_whole_word(&self, at: usize, length: usize) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        !self.text[..at].ends_with(is_part) && !self.text[at + length..].starts_with(is_part)
    }

    fn line_at(&self, at: usize) -> usize {
        let after = self.begins.partition_point(|(begin, _)| *begin <= at);
        self.begins
            .get(after.saturating_sub(1))
            .map_or(0, |(_, number)| *number)
    }
}

/// The text with the same length and `code` in backquotes blanked out.
fn without_code(text: &str) -> String {
    let mut parts = text.split('`');
    let mut result = parts.next().unwrap_or_default().to_owned();
    let mut is_code = true;
    for part in parts {
        result.push('`');
        if is_code {
            result.push_str(&blank(part.len()));
        } else {
            result.push_str(part);
        }
        is_code = !is_code;
    }
    result
}

/// Text without words, which keeps the offsets of the text behind it.
fn blank(length: usize) -> String {
    ".".repeat(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: &[&str]) -> Vec<(usize, &'static str)> {
        let lines: Vec<Line<'_>> = lines
            .iter()
            .enumerate()
            .map(|(index, text)| Line {
                number: index + 1,
                text,
            })
            .collect();
        misspelled(&lines)
            .into_iter()
            .map(|(number, word)| (number, word.right))
            .collect()
    }

    #[test]
    fn words_are_found_whole_and_with_a_capital_letter() {
        assert_eq!(found(&["a Github page"]), [(1, "GitHub")]);
        assert_eq!(found(&["Recieve it"]), [(1, "receive")]);
        assert_eq!(found(&["Githubs, my_seperate"]), []);
        assert_eq!(found(&["an error has occured."]), [(1, "occurred")]);
    }

    #[test]
    fn phrases_are_found_across_lines() {
        assert_eq!(found(&["all", "of the", "the keys"]), [(2, "the")]);
        assert_eq!(found(&["ends with the", "", "the keys"]), []);
    }

    #[test]
    fn code_in_backquotes_is_skipped() {
        assert_eq!(found(&["`Redgrease` and Redgrease"]), [(1, "RedGrease")]);
        assert_eq!(found(&["`the", "the`"]), []);
    }

    #[test]
    fn allowed_texts_are_skipped() {
        assert_eq!(found(&["There is", "none."]), []);
        assert_eq!(found(&["there is none, and this is none"]).len(), 1);
    }

    #[test]
    fn the_table_is_sound() {
        for word in WORDS {
            assert_ne!(word.wrong, word.right);
            let words: Vec<&str> = word.wrong.split_whitespace().collect();
            assert_eq!(words.join(" "), word.wrong, "single spaces between words");
            let same = WORDS.iter().filter(|other| other.wrong == word.wrong);
            assert_eq!(same.count(), 1, "{} stands twice", word.wrong);
        }
    }
}
