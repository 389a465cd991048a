//! Files of requirements, and the packages that they name.

use super::files;
use super::mistake::{Mistake, Place};
use crate::failure::Failure;
use redgrease_syntax::check_requirement;
use std::path::{Path, PathBuf};

/// The packages that scripts may import.
#[derive(Debug, Clone)]
pub(super) struct Packages(Vec<String>);

impl Packages {
    /// The packages that the command line names.
    pub(super) fn new(named: &[String]) -> Result<Self, Failure> {
        for name in named {
            check_requirement(name).map_err(|e| Failure::usage(e.to_string()))?;
        }
        Ok(Packages(named.to_owned()))
    }

    /// These packages and those of files. A file that cannot be read has its own message.
    pub(super) fn with_files(&self, files: &[PathBuf]) -> Self {
        let mut names = self.0.clone();
        for file in files {
            let bytes = files::read(file).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let own = lines(&text).filter(|(_, line)| check_requirement(line).is_ok());
            names.extend(own.map(|(_, line)| line.to_owned()));
        }
        Packages(names)
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

/// The mistakes of a file of requirements.
pub(super) fn mistakes(file: &Path) -> Result<Vec<Mistake>, Failure> {
    let bytes = files::read(file)?;
    Ok(of_text(
        &file.to_string_lossy(),
        &String::from_utf8_lossy(&bytes),
    ))
}

fn of_text(file: &str, text: &str) -> Vec<Mistake> {
    let mistake = |(number, line): (usize, &str)| {
        let message = check_requirement(line).err()?.to_string();
        let source = text.lines().nth(number - 1).unwrap_or_default();
        Some(Mistake {
            file: file.to_owned(),
            place: Place::line(number, source.trim_end()),
            code: "requirement".to_owned(),
            message,
        })
    };
    lines(text).filter_map(mistake).collect()
}

/// The lines with requirements, with their numbers. Lines with options are for pip, or include other files.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.trim_start_matches('\u{feff}');
    let numbered = text.lines().enumerate().map(|(at, line)| {
        let comment = line.match_indices('#').map(|(at, _)| at);
        let begin = comment
            .filter(|&at| {
                line[..at]
                    .chars()
                    .next_back()
                    .is_none_or(char::is_whitespace)
            })
            .min();
        (at + 1, line[..begin.unwrap_or(line.len())].trim())
    });
    numbered.filter(|(_, line)| {
        !line.is_empty() && !line.starts_with("-r") && !line.starts_with("--requirement")
    })
}

#[cfg(test)]
mod tests {
    use super::{lines, of_text};

    #[test]
    fn lines_without_comments() {
        let text = "\u{feff}# all\nsix  # old\n\n-r other.txt\nx @ https://e.org/a#b\n";
        let found: Vec<(usize, &str)> = lines(text).collect();
        assert_eq!(found, [(2, "six"), (5, "x @ https://e.org/a#b")]);
    }

    #[test]
    fn mistakes_have_their_line() {
        let found = of_text("requirements.txt", "six\nrequests=2.0\n--index-url x\n");
        let places: Vec<usize> = found.iter().map(|one| one.place.line).collect();
        assert_eq!(places, [2, 3]);
        assert!(found[0].message.contains("write `requests==2.0`"));
        assert_eq!(found[0].place.end_column, 13);
    }
}
