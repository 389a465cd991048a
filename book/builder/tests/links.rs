//! The links between the files of the project. Those of the finished book are followed when it is built.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use redgrease_book::links::broken;
use redgrease_book::pages::{all, root};
use std::path::{Path, PathBuf};

/// The Markdown files of the project, without those of the book.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = folder.join(&name);
        let is_made = name.starts_with('.') || ["target", "node_modules"].contains(&&*name);
        if entry.file_type().unwrap().is_dir() {
            if !is_made && path != Path::new("book/src") {
                files(&path, found);
            }
        } else if path.extension().is_some_and(|it| it == "md") {
            found.push(path);
        }
    }
}

#[test]
fn links_between_files_lead_somewhere() {
    let mut found = Vec::new();
    files(Path::new(""), &mut found);
    assert!(found.len() > 10, "{found:?}");
    let read = |path: &PathBuf| std::fs::read_to_string(root().join(path)).unwrap();
    let mut all_files: Vec<(PathBuf, String)> =
        found.iter().map(|it| (it.clone(), read(it))).collect();
    let pages = all().unwrap();
    // Names of items are for rustdoc and for the book.
    all_files.extend(pages.into_iter().map(|page| (page.origin, page.text)));
    let wrong: Vec<String> = all_files
        .iter()
        .flat_map(|(path, text)| {
            let links = broken(path, text).into_iter();
            links
                .filter(|link| link.contains(['/', '.', '#']))
                .map(move |link| format!("{}: {link}", path.display()))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "these lead nowhere:\n{}",
        wrong.join("\n")
    );
}
