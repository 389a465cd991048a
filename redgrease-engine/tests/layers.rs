//! The floors of the engine: which folder may name which.
//!
//! The table is the architecture. The test reads the sources and fails with the line that climbs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every folder (or file) of `src`, bottom first, with the folders that it may name.
const FLOORS: &[(&str, &[&str])] = &[
    ("encoding", &[]),
    ("order", &[]),
    ("requirements", &[]),
    ("config", &[]),
    ("redis", &[]),
    ("id", &["redis"]),
    ("python", &["redis", "config"]),
    ("scope", &["python", "id", "redis"]),
    ("steps", &["python", "order", "encoding"]),
    ("plan", &["steps", "python", "redis"]),
    ("readers", &["plan", "python", "redis", "order"]),
    (
        "execution",
        &[
            "readers", "plan", "steps", "scope", "python", "id", "redis", "config", "order",
        ],
    ),
    // Comes with clusters: ("cluster", ["execution", ..]).
    (
        "registration",
        &[
            "execution", "plan", "steps", "scope", "python", "id", "redis", "config", "order",
            "encoding",
        ],
    ),
    (
        "gears",
        &[
            "registration",
            "execution",
            "plan",
            "steps",
            "scope",
            "python",
            "id",
            "redis",
            "config",
            "encoding",
            "requirements",
        ],
    ),
    (
        "commands",
        &[
            "gears",
            "registration",
            "execution",
            "plan",
            "steps",
            "scope",
            "python",
            "id",
            "redis",
            "config",
            "requirements",
        ],
    ),
    (
        "engine",
        &[
            "commands",
            "gears",
            "registration",
            "execution",
            "python",
            "redis",
            "config",
            "requirements",
        ],
    ),
];

/// A path `crate::folder` in a source.
#[derive(Debug, PartialEq, Eq)]
struct Naming {
    line: usize,
    folder: String,
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All source files below `directory`, without those of unit tests.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().unwrap() != "tests" {
                files(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !["tests.rs", "testing.rs"].contains(&path.file_name().unwrap().to_str().unwrap())
        {
            found.push(path);
        }
    }
}

/// The source without comments and without the unit tests at its end.
fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = source.find("#[cfg(test)]\nmod tests {");
    let source = &source[..end.unwrap_or(source.len())];
    source
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()))
}

/// The folders that a source names: `crate::folder` anywhere, also inside of `use crate::{a::x, b}`.
fn namings(source: &str) -> Vec<Naming> {
    let mut found = Vec::new();
    // How deep the line is inside of `use crate::{..}`, if it is.
    let mut depth = 0_usize;
    for (line, text) in code(source) {
        let mut rest = text;
        if depth == 0 {
            while let Some(place) = rest.find("crate::") {
                let before = rest[..place].chars().next_back();
                rest = &rest[place + "crate::".len()..];
                if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                    continue;
                }
                if let Some(list) = rest.strip_prefix('{') {
                    depth = 1;
                    rest = list;
                    break;
                }
                found.push(Naming {
                    line,
                    folder: first_name(rest),
                });
            }
        }
        if depth > 0 {
            depth = in_list(rest, line, depth, &mut found);
        }
    }
    found.retain(|naming| !naming.folder.is_empty());
    found
}

/// Reads a part of a list of a `use`. Returns the depth behind it.
fn in_list(text: &str, line: usize, mut depth: usize, found: &mut Vec<Naming>) -> usize {
    let mut name = String::new();
    let mut push = |name: &mut String, depth: usize| {
        if depth == 1 && !name.is_empty() {
            found.push(Naming {
                line,
                folder: first_name(name),
            });
        }
        name.clear();
    };
    for c in text.chars() {
        match c {
            '{' => {
                push(&mut name, depth);
                depth += 1;
            }
            '}' => {
                push(&mut name, depth);
                depth -= 1;
                if depth == 0 {
                    return 0;
                }
            }
            ',' => push(&mut name, depth),
            c if c.is_whitespace() => {}
            c => name.push(c),
        }
    }
    push(&mut name, depth);
    depth
}

fn first_name(path: &str) -> String {
    let name = path.trim_start();
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
    name[..end.unwrap_or(name.len())].to_owned()
}

/// The folder of `src` that a file belongs to.
fn folder(file: &Path) -> String {
    let relative = file.strip_prefix(sources()).unwrap();
    let first = relative.components().next().unwrap();
    let name = Path::new(first.as_os_str());
    name.file_stem().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn no_line_climbs() {
    let mut all = Vec::new();
    files(&sources(), &mut all);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in &all {
        let own = folder(file);
        if own == "lib" {
            continue;
        }
        seen.insert(own.clone());
        let Some((_, below)) = FLOORS.iter().find(|(name, _)| *name == own) else {
            wrong.push(format!("{}: the folder is not in the table", file.display()));
            continue;
        };
        let source = fs::read_to_string(file).unwrap();
        for Naming { line, folder } in namings(&source) {
            if folder != own && !below.contains(&folder.as_str()) {
                let file = file.strip_prefix(sources()).unwrap().display();
                wrong.push(format!("src/{file}:{line}: `{own}` must not name `{folder}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed: BTreeSet<String> = FLOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(seen, listed, "the table lists a folder that does not exist");
}

/// A folder only names folders above it in the table, so the table itself has no circle.
#[test]
fn the_table_has_no_circle() {
    let place: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .map(|(place, (name, _))| (*name, place))
        .collect();
    for (name, below) in FLOORS {
        for other in *below {
            assert!(place[other] < place[name], "`{name}` names `{other}`, which is above it");
        }
    }
}

#[test]
fn every_way_to_name_a_folder_is_seen() {
    let source = "
use crate::redis::{self, Context};
use crate::{
    plan::{Mode, Plan}, steps,
};
use crate::{id::Id, order};
// crate::comments
fn f() { crate::execution::pool(); let x = super::other(); }
pub(crate) fn g(x: crate::scope::Scope) {}
#[cfg(test)]
mod tests {
    use crate::testing;
}
";
    let found: Vec<(usize, String)> = namings(source)
        .into_iter()
        .map(|naming| (naming.line, naming.folder))
        .collect();
    let expected = [
        (2, "redis"),
        (4, "plan"),
        (4, "steps"),
        (6, "id"),
        (6, "order"),
        (8, "execution"),
        (9, "scope"),
    ];
    let expected: Vec<(usize, String)> = expected
        .iter()
        .map(|(line, name)| (*line, (*name).to_owned()))
        .collect();
    assert_eq!(found, expected);
}
