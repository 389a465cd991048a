//! Follows every link of the finished book.

use crate::Problems;
use crate::pages::joined;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Pages that mdBook makes of the others: their links are checked there.
const MADE: [&str; 3] = ["print.html", "404.html", "toc.html"];

/// The links of the pages in a folder that lead nowhere. Folders in it are followed, and not read.
pub(crate) fn check(folder: &Path, problems: &mut Problems) -> std::io::Result<()> {
    let mut anchors = Anchors::default();
    let mut pages: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        pages.push(entry?.path());
    }
    pages.sort();
    for page in pages {
        let name = page
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !crate::pages::has_extension(&name, "html") || MADE.contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&page)?;
        let links: HashSet<&str> = links(&text).collect();
        let mut wrong: Vec<&str> = links
            .into_iter()
            .filter(|link| !leads_somewhere(folder, &page, link, &mut anchors))
            .collect();
        wrong.sort_unstable();
        for link in wrong {
            problems.add(format!(
                "{name}: the link {link} leads nowhere: correct it in the page"
            ));
        }
    }
    Ok(())
}

fn leads_somewhere(folder: &Path, page: &Path, link: &str, anchors: &mut Anchors) -> bool {
    // Other sites, and data in the address itself.
    if link.contains(':') || link.starts_with("//") {
        return true;
    }
    let link = link.split('?').next().unwrap_or(link);
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let file = if path.is_empty() {
        page.to_owned()
    } else {
        joined(folder, path)
    };
    let is_there = file.is_file() || (path.ends_with('/') && file.join("index.html").is_file());
    is_there && (anchor.is_empty() || anchors.has(&file, anchor))
}

/// The anchors of the pages that were read.
#[derive(Default)]
struct Anchors(HashMap<PathBuf, HashSet<String>>);

impl Anchors {
    fn has(&mut self, file: &Path, anchor: &str) -> bool {
        let known = self.0.entry(file.to_owned()).or_insert_with(|| {
            let text = fs::read_to_string(file).unwrap_or_default();
            ids(&text).map(str::to_owned).collect()
        });
        known.contains(anchor)
    }
}

/// The values of all `id`.
pub(crate) fn ids(html: &str) -> impl Iterator<Item = &str> {
    values(html, " id=\"")
}

fn links(html: &str) -> impl Iterator<Item = &str> {
    values(html, " href=\"").chain(values(html, " src=\""))
}

fn values<'a>(html: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let parts = html.split(name).skip(1);
    parts.filter_map(|rest| Some(rest.split_once('"')?.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

    use super::*;

    fn problems(page: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.html"), page).unwrap();
        fs::write(dir.path().join("b.html"), "<h2 id=\"there\">x</h2>").unwrap();
        let mut problems = Problems::default();
        check(dir.path(), &mut problems).unwrap();
        problems.to_string()
    }

    #[test]
    fn links_to_pages_and_anchors_are_followed() {
        assert_eq!(
            problems("<a href=\"b.html#there\">, <a href=\"https://x.y/z\">"),
            ""
        );
        for link in ["c.html", "b.html#where", "#here"] {
            let told = problems(&format!("<a href=\"{link}\">"));
            assert!(told.contains(link), "{told}");
        }
        assert!(problems("<img src=\"p.png\">").contains("p.png"));
    }
}
