//! The layers of this crate: a folder of `src` names only folders below it.
//!
//! The test reads the sources. It finds `use crate::folder`, inline paths such as `crate::folder::name`, and names that
//! `lib.rs` re-exports, such as `crate::Error`. Tests inside the crate are free to name anything.

#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each folder (or file) of `src`, and the folders that it may name. A folder stands below the folders it names.
const LAYERS: &[(&str, &[&str])] = &[
    ("location", &[]),
    ("prelude", &[]),
    ("error", &["location"]),
    ("keyword", &["error"]),
    ("convert", &["error"]),
    ("event", &["convert"]),
    ("requirement", &["error"]),
    ("gear", &["convert", "error", "keyword", "location"]),
    ("profile", &["error", "gear"]),
    ("connection", &["error", "profile"]),
    ("trace", &["error", "gear", "profile"]),
    ("request", &["convert", "error", "gear", "profile"]),
    (
        "commands",
        &[
            "connection",
            "error",
            "gear",
            "keyword",
            "request",
            "requirement",
        ],
    ),
    (
        "builder",
        &[
            "commands",
            "connection",
            "convert",
            "error",
            "gear",
            "keyword",
            "prelude",
            "profile",
            "requirement",
            "trace",
        ],
    ),
    (
        "registry",
        &[
            "builder",
            "commands",
            "connection",
            "convert",
            "error",
            "gear",
            "prelude",
            "profile",
            "requirement",
            "trace",
        ],
    ),
    (
        "call",
        &[
            "connection",
            "error",
            "profile",
            "registry",
            "request",
            "trace",
        ],
    ),
];

#[test]
fn the_table_goes_down_only() {
    let mut seen = BTreeSet::new();
    for (folder, below) in LAYERS {
        for other in *below {
            assert!(
                seen.contains(other),
                "`{folder}` names `{other}`, which is not below it"
            );
        }
        assert!(seen.insert(folder), "`{folder}` stands in the table twice");
    }
}

#[test]
fn no_folder_names_a_folder_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let exports = exports(&fs::read_to_string(src.join("lib.rs")).unwrap());
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in sources(&src) {
        let relative = file.strip_prefix(&src).unwrap();
        let folder = relative.iter().next().unwrap().to_str().unwrap();
        let folder = folder.trim_end_matches(".rs");
        let Some(below) = layers.get(folder) else {
            panic!("{}: `{folder}` is not in the table", relative.display());
        };
        let source = fs::read_to_string(&file).unwrap();
        for line in paths_to_the_root(&source, depth(relative)) {
            wrong.push(format!(
                "src/{}:{line}: write `crate::` for a path that leaves the folder",
                relative.display()
            ));
        }
        for (line, name) in names(&source) {
            let named = exports.get(&name).unwrap_or(&name);
            if named != folder && !below.contains(&named.as_str()) {
                wrong.push(format!(
                    "src/{}:{line}: `{folder}` names `{named}`",
                    relative.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "these lines climb:\n{}", wrong.join("\n"));
}

/// The Rust files of the crate, without `lib.rs` and tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs")
            && !["lib.rs", "tests.rs", "misuse.rs"].contains(&name)
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The number of modules from the root of the crate to a file.
fn depth(file: &Path) -> usize {
    let is_folder = file.ends_with("mod.rs");
    file.iter().count() - usize::from(is_folder)
}

/// The lines with so many `super::` that the path reaches the root of the crate.
fn paths_to_the_root(source: &str, depth: usize) -> Vec<usize> {
    let climb = "super::".repeat(depth);
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let lines = code(source).lines().enumerate();
    lines
        .filter(|(_, line)| is_code(line) && line.contains(&climb))
        .map(|(index, _)| index + 1)
        .collect()
}

/// A source without its unit tests, which stand at the end of a file.
fn code(source: &str) -> &str {
    let end = source.find("#[cfg(test)]\nmod tests {");
    &source[..end.unwrap_or(source.len())]
}

/// The folder of each name that `lib.rs` re-exports.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for statement in lib
        .split(';')
        .filter_map(|text| text.split_once("pub use "))
    {
        let Some((folder, names)) = statement.1.split_once("::") else {
            continue;
        };
        for name in words(names) {
            exports.insert(name.to_owned(), folder.to_owned());
        }
    }
    exports
}

/// The first name of each path that begins with `crate::`, with its line. `$crate::` in macros is not such a path: it
/// names what users of the crate see.
fn names(source: &str) -> Vec<(usize, String)> {
    let source = code(source);
    let mut found = Vec::new();
    for (at, _) in source.match_indices("crate::") {
        let (before, path) = (&source[..at], &source[at + "crate::".len()..]);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        if before.ends_with('$') || before[line_start..].contains("//") {
            continue;
        }
        let line = before.matches('\n').count() + 1;
        match path.strip_prefix('{') {
            // Only the first segment of each path in the braces matters.
            Some(list) => {
                let list = list.split(';').next().unwrap_or_default();
                let first = |path: &str| words(path).next().map(str::to_owned);
                found.extend(list.split(',').filter_map(first).map(|name| (line, name)));
            }
            None => found.extend(words(path).next().map(|name| (line, name.to_owned()))),
        }
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

#[test]
fn paths_are_found_in_every_form() {
    let source = "use crate::error::{Error, Result};\n\
        use crate::{Call, gear};\n\
        fn f() -> crate::Result<()> { $crate::call::x() }\n\
        // crate::comment\n\
        #[cfg(test)]\nmod tests {\n use crate::registry; }";
    let found: Vec<_> = names(source);
    let expected = [(1, "error"), (2, "Call"), (2, "gear"), (3, "Result")];
    assert_eq!(found, expected.map(|(line, name)| (line, name.to_owned())));
    let lib = "mod a;\npub use error::{Error,\n    Result};\n#[cfg(x)]\npub use call::pipe;";
    let exports = exports(lib);
    assert_eq!(exports["Result"], "error");
    assert_eq!(exports["pipe"], "call");
}
