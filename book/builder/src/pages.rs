//! The pages of the book, with the files that they include.

use crate::Problems;
use std::fs;
use std::path::{Path, PathBuf};

/// A page that is a file of the project begins with this word and the path of the file, and has nothing else.
const INCLUDE: &str = "{{#include ";

/// A page of the book.
#[derive(Debug, Clone)]
pub struct Page {
    /// The name of its file in `book/src`.
    pub name: String,
    /// The file of its text, from the root of the project: that of the page, or the one that it includes.
    pub origin: PathBuf,
    /// The text.
    pub text: String,
}

/// The folder of the project.
#[must_use]
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The folder of the pages, from the root of the project.
pub(crate) const SOURCE: &str = "book/src";

/// All pages, by their names.
///
/// # Errors
/// A page, or the file that it includes, cannot be read.
pub fn all() -> Result<Vec<Page>, Problems> {
    let folder = root().join(SOURCE);
    let entries = fs::read_dir(&folder).map_err(|e| unreadable(&folder, &e))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| has_extension(name, "md") && name != "SUMMARY.md")
        .collect();
    names.sort();
    names.iter().map(|name| read(name)).collect()
}

/// One page.
///
/// # Errors
/// The page, or the file that it includes, cannot be read.
pub fn read(name: &str) -> Result<Page, Problems> {
    let file = Path::new(SOURCE).join(name);
    let text = text(&file)?;
    let included = text
        .trim()
        .strip_prefix(INCLUDE)
        .and_then(|rest| rest.strip_suffix("}}"));
    let (origin, text) = match included {
        Some(path) => {
            let origin = joined(Path::new(SOURCE), path);
            let text = self::text(&origin)?;
            (origin, text)
        }
        None => (file, text),
    };
    Ok(Page {
        name: name.to_owned(),
        origin,
        text,
    })
}

fn text(file: &Path) -> Result<String, Problems> {
    fs::read_to_string(root().join(file)).map_err(|e| unreadable(file, &e))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problems {
    Problems::one(format!(
        "{} could not be read: {error}; write the page, or take it out of book/src/SUMMARY.md",
        path.display()
    ))
}

/// A path from a folder, without `.` and `..` in it.
pub(crate) fn joined(folder: &Path, path: &str) -> PathBuf {
    let mut whole = folder.to_owned();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                whole.pop();
            }
            part => whole.push(part),
        }
    }
    whole
}

pub(crate) fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|it| it == extension)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

    use super::*;

    #[test]
    fn a_page_may_be_a_file_of_the_project() {
        let page = read("architecture.md").unwrap();
        assert_eq!(page.origin, Path::new("ARCHITECTURE.md"));
        assert!(page.text.starts_with("# Architecture\n"));
    }

    #[test]
    fn paths_are_joined() {
        let from = |path| joined(Path::new("book/src"), path);
        assert_eq!(from("../../a/b.rs"), Path::new("a/b.rs"));
        assert_eq!(from("./engine.md"), Path::new("book/src/engine.md"));
    }
}
