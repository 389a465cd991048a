//! Requirement files, as pip reads them.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The requirements of a file and of those it includes, each with its file and line.
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
    let unreadable =
        |e: std::io::Error| Error::config(format!("the requirement file {}: {e}", path.display()));
    let real = path.canonicalize().map_err(unreadable)?;
    if including.contains(&real) {
        return Err(Error::config(format!(
            "the requirement file {} includes itself",
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

/// Lines with their numbers; those that end with `\` go on, comments and empty ones are left out.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let (part, more) = match line.strip_suffix('\\') {
            Some(part) => (part, true),
            None => (line, false),
        };
        match lines.last_mut().filter(|_| goes_on) {
            Some((_, begun)) => begun.push_str(part),
            None => lines.push((i + 1, part.to_owned())),
        }
        goes_on = more;
    }
    for (_, line) in &mut lines {
        *line = without_comment(line).trim().to_owned();
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines
}

/// A `#` begins a comment where a word could begin: in an address it is none.
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

/// The file behind `-r`.
fn included(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("--requirement")
        .or_else(|| line.strip_prefix("-r"))?;
    let file = rest.trim_start_matches([' ', '\t', '=']);
    (!file.is_empty()).then_some(file)
}

/// Options for pip, which the server calls on its own terms.
fn refused(line: &str, place: &str) -> String {
    let option = line.split([' ', '=', '\t']).next().unwrap_or(line);
    let advice = match option {
        "-c" | "--constraint" => "write the versions at the requirements themselves",
        "-e" | "--editable" => "build a package of it, and name that",
        "-i" | "--index-url" | "--extra-index-url" | "--no-index" | "-f" | "--find-links"
        | "--trusted-host" => {
            "where packages come from is set on the server, in the configuration of its pip"
        }
        _ => "leave it out",
    };
    format!(
        "{place}: `{option}` is an option for pip, which the server calls, not this program: {advice}"
    )
}

/// A requirement without the options pip allows behind it.
fn without_hashes(line: &str, place: &str) -> Result<String> {
    match line.split_once(" --") {
        None => Ok(line.to_owned()),
        Some((_, options)) => {
            let option = options.split(['=', ' ']).next().unwrap_or_default();
            Err(Error::config(refused(&format!("--{option}"), place)))
        }
    }
}
