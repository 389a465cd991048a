//! Parser of pip's requirement files.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Reads a requirement file and the files that it includes. Returns each requirement with its file and line.
pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    include(path, &mut Vec::new(), &mut found)?;
    Ok(found)
}

fn include(
    path: &Path,
    including: &mut Vec<PathBuf>,
    found: &mut Vec<(String, String)>,
) -> Result<()> {
    let unreadable = |e: std::io::Error| {
        Error::config(format!(
            "the requirement file {} could not be read: {e}",
            path.display()
        ))
    };
    let real = path.canonicalize().map_err(unreadable)?;
    if including.contains(&real) {
        return Err(Error::config(format!(
            "the requirement file {} includes itself: remove one of the `-r` lines",
            path.display()
        )));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    including.push(real);
    for (number, line) in logical_lines(&text) {
        let place = format!("{}:{number}", path.display());
        if let Some(other) = included(&line) {
            let other = path.parent().unwrap_or(Path::new("")).join(other);
            include(&other, including, found)
                .map_err(|e| Error::config(format!("{e} (included by {place})")))?;
        } else if line.starts_with('-') {
            return Err(Error::config(refused(&line, &place)));
        } else {
            found.push((without_hashes(&line, &place)?, place));
        }
    }
    including.pop();
    Ok(())
}

/// Splits a file into numbered lines. Lines that end with `\` are joined; comments and empty lines are removed.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut continued = false;
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let (part, more) = match line.strip_suffix('\\') {
            Some(part) => (part, true),
            None => (line, false),
        };
        match lines.last_mut().filter(|_| continued) {
            Some((_, begun)) => begun.push_str(part),
            None => lines.push((i + 1, part.to_owned())),
        }
        continued = more;
    }
    for (_, line) in &mut lines {
        *line = without_comment(line).trim().to_owned();
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines
}

/// Removes a comment. A `#` inside a word does not begin a comment: it can be part of a URL.
fn without_comment(line: &str) -> &str {
    let begins = line.char_indices().find(|(at, c)| {
        *c == '#'
            && line[..*at]
                .chars()
                .next_back()
                .is_none_or(char::is_whitespace)
    });
    begins.map_or(line, |(at, _)| &line[..at])
}

/// The file named by an `-r` option.
fn included(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("--requirement")
        .or_else(|| line.strip_prefix("-r"))?;
    let file = rest.trim_start_matches([' ', '\t', '=']);
    (!file.is_empty()).then_some(file)
}

/// Error message for a pip option. The server runs pip with its own options.
fn refused(line: &str, place: &str) -> String {
    let option = line.split([' ', '=', '\t']).next().unwrap_or(line);
    let advice = match option {
        "-c" | "--constraint" => "add the versions to the requirements",
        "-e" | "--editable" => "build a package of it, and require that package",
        "-i" | "--index-url" | "--extra-index-url" | "--no-index" | "-f" | "--find-links"
        | "--trusted-host" => {
            "set the package index on the server, in the configuration of its pip"
        }
        _ => "leave it out",
    };
    format!("{place}: `{option}` is an option for pip, which runs on the server: {advice}")
}

/// Refuses the options that pip allows after a requirement, such as `--hash`.
fn without_hashes(line: &str, place: &str) -> Result<String> {
    match line.split_once(" --") {
        None => Ok(line.to_owned()),
        Some((_, options)) => {
            let option = options.split(['=', ' ']).next().unwrap_or_default();
            Err(Error::config(refused(&format!("--{option}"), place)))
        }
    }
}
