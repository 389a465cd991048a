//! Reading the sources of a crate for paths between its folders. The tests `layers` of the engine and of the client share
//! this file; each of them holds the table of its crate.

#![allow(clippy::unwrap_used, reason = "a test fails, as it should")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each folder (or file) of `src`, with the folders that it may name. A folder stands below the folders that name it.
pub(crate) type Layers = [(&'static str, &'static [&'static str])];

/// Fails if a folder names a folder above it in the table: so the table has no circle.
pub(crate) fn assert_table_goes_down(layers: &Layers) {
    let mut seen = BTreeSet::new();
    for (folder, below) in layers {
        for other in *below {
            assert!(
                seen.contains(other),
                "`{folder}` names `{other}`, which is not below it"
            );
        }
        assert!(seen.insert(folder), "`{folder}` stands in the table twice");
    }
}

/// Fails with the lines of `src` that name a folder which the table does not allow. Files named in `without`, unit tests and
/// `lib.rs` may name anything.
pub(crate) fn assert_no_line_climbs(src: &Path, layers: &Layers, without: &[&str]) {
    let exports = exports(&fs::read_to_string(src.join("lib.rs")).unwrap());
    let table: BTreeMap<&str, &[&str]> = layers.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in sources(src, without) {
        let relative = file.strip_prefix(src).unwrap();
        let folder = relative.iter().next().unwrap().to_str().unwrap();
        let folder = folder.trim_end_matches(".rs");
        let Some(below) = table.get(folder) else {
            panic!("{}: `{folder}` is not in the table", relative.display());
        };
        seen.insert(folder.to_owned());
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
                    "src/{}:{line}: `{folder}` must not name `{named}`",
                    relative.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "these lines climb:\n{}", wrong.join("\n"));
    for (folder, _) in layers {
        assert!(seen.contains(*folder), "there is no folder `{folder}`");
    }
}

/// The Rust files below a folder, without `lib.rs` and tests.
fn sources(folder: &Path, without: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path, without));
        } else if path.extension().is_some_and(|e| e == "rs")
            && !["lib.rs", "tests.rs"].contains(&name)
            && !without.contains(&name)
        {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The number of modules from the root of the crate to a file.
fn depth(file: &Path) -> usize {
    file.iter().count() - usize::from(file.ends_with("mod.rs"))
}

/// A source without its unit tests, which stand at the end of a file, and without comments.
fn code(source: &str) -> String {
    let end = source.find("#[cfg(test)]\nmod tests {");
    let source = &source[..end.unwrap_or(source.len())];
    let lines = source.lines();
    lines
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The lines with so many `super::` that the path reaches the root of the crate.
fn paths_to_the_root(source: &str, depth: usize) -> Vec<usize> {
    let climb = "super::".repeat(depth);
    code(source)
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(&climb))
        .map(|(index, _)| index + 1)
        .collect()
}

/// The folder of each name that `lib.rs` re-exports.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for (_, statement) in lib
        .split(';')
        .filter_map(|text| text.split_once("pub use "))
    {
        let statement = statement.strip_prefix("crate::").unwrap_or(statement);
        if let Some((folder, names)) = statement.split_once("::") {
            exports.extend(words(names).map(|name| (name.to_owned(), folder.to_owned())));
        }
    }
    exports
}

/// The first name of each path that begins with `crate::`, with its line. `$crate::` in macros is not such a path: users of
/// the crate see it.
fn names(source: &str) -> Vec<(usize, String)> {
    let source = code(source);
    let mut found = Vec::new();
    for (at, _) in source.match_indices("crate::") {
        let (before, path) = (&source[..at], &source[at + "crate::".len()..]);
        let inside_a_name = |c: char| c.is_alphanumeric() || "$_:".contains(c);
        if before.chars().next_back().is_some_and(inside_a_name) {
            continue;
        }
        let line = before.matches('\n').count() + 1;
        let paths = match path.strip_prefix('{') {
            Some(list) => paths_of(list),
            None => vec![path],
        };
        let first = |path: &str| words(path).next().map(str::to_owned);
        found.extend(paths.into_iter().filter_map(first).map(|name| (line, name)));
    }
    found
}

/// The paths of a list such as `a::b, c::{d, e}}`, up to its closing brace.
fn paths_of(list: &str) -> Vec<&str> {
    let (mut paths, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                paths.push(&list[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                paths.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    paths
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

#[test]
fn paths_are_found_in_every_form() {
    let source = "use crate::error::{Error, Result};\n\
        use crate::{\n  Call::{a, b},\n  gear,\n};\n\
        fn f() -> crate::Result<()> { $crate::call::x(); my_crate::y() }\n\
        // crate::comment\n\
        #[cfg(test)]\nmod tests {\n use crate::registry; }";
    let expected = [(1, "error"), (2, "Call"), (2, "gear"), (6, "Result")];
    let expected = expected.map(|(line, name)| (line, name.to_owned()));
    assert_eq!(names(source), expected);
    let lib = "mod a;\npub use error::{Error,\n    Result};\n#[cfg(x)]\npub use call::pipe;";
    let exports = exports(lib);
    assert_eq!(exports["Result"], "error");
    assert_eq!(exports["pipe"], "call");
}

#[test]
fn a_path_out_of_the_folder_is_found() {
    let source = "use super::a;\nuse super::super::b;\nuse super::super::super::c;\n";
    assert_eq!(paths_to_the_root(source, 2), [2, 3]);
    assert_eq!(depth(Path::new("a/b.rs")), 2);
    assert_eq!(depth(Path::new("a/mod.rs")), 1);
}
