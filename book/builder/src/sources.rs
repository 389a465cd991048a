//! Pages of the source files that the book links to, so that the book is whole without a network.

use crate::pages::root;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of these pages inside of the book.
const FOLDER: &str = "source";

/// The files and folders that pages link to, from the root of the project.
#[derive(Debug, Default)]
pub(crate) struct Sources(BTreeSet<PathBuf>);

impl Sources {
    /// The address of a file or folder from a page of the book.
    pub(crate) fn address(&mut self, path: &Path) -> Option<String> {
        if !root().join(path).exists() {
            return None;
        }
        self.0.insert(path.to_owned());
        Some(format!("{FOLDER}/{}", name(&path.to_string_lossy())))
    }

    /// Writes the pages into the folder of the finished book.
    pub(crate) fn write(self, out: &Path) -> io::Result<()> {
        let mut wanted: Vec<PathBuf> = self.0.into_iter().collect();
        while let Some(path) = wanted.pop() {
            let place = out.join(FOLDER).join(name(&path.to_string_lossy()));
            fs::create_dir_all(place.parent().unwrap_or(out))?;
            let whole = root().join(&path);
            let body = if whole.is_dir() {
                let inside = inside(&whole)?;
                let list = list(&path, &inside);
                wanted.extend(inside.iter().map(|name| path.join(name)));
                list
            } else {
                let text = String::from_utf8_lossy(&fs::read(&whole)?).into_owned();
                format!("<pre>{}</pre>", escaped(&text))
            };
            fs::write(place, page(&path, &body))?;
        }
        Ok(())
    }
}

/// The names in a folder. What builds leave behind is no source.
fn inside(folder: &Path) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && name != "target" && name != "__pycache__" {
            names.insert(name);
        }
    }
    Ok(names)
}

fn list(folder: &Path, names: &BTreeSet<String>) -> String {
    let last = folder.file_name().unwrap_or_default().to_string_lossy();
    names.iter().fold(String::new(), |mut list, name| {
        let file = escaped(&self::name(name));
        let _ = writeln!(
            list,
            "<p><a href=\"{last}/{file}\">{}</a></p>",
            escaped(name)
        );
        list
    })
}

/// The file of a page. mdBook takes a link with `.md` in it for one to a page of the book.
fn name(path: &str) -> String {
    format!("{}.html", path.replace(".md", "_md"))
}

fn page(path: &Path, body: &str) -> String {
    let path = escaped(&path.display().to_string());
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{path}</title>\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <style>body {{ margin: 2rem; font-family: sans-serif }} pre {{ font-size: 14px; tab-size: 4 }}</style>\
         </head><body><h1>{path}</h1>\n{body}\n</body></html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

    use super::*;

    #[test]
    fn files_and_folders_become_pages() {
        let dir = tempfile::tempdir().unwrap();
        let mut sources = Sources::default();
        assert_eq!(
            sources.address(Path::new("book/builder")).unwrap(),
            "source/book/builder.html"
        );
        assert_eq!(sources.address(Path::new("no/such/file")), None);
        sources.write(dir.path()).unwrap();
        let read = |path: &str| fs::read_to_string(dir.path().join(path)).unwrap();
        assert!(read("source/book/builder.html").contains("builder/Cargo.toml.html"));
        assert!(
            read("source/book/builder/src/lib.rs.html").contains("-&gt;")
                || read("source/book/builder/src/lib.rs.html").contains("&lt;")
        );
    }
}
