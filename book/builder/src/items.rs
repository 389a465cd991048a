//! The list of all public items, with the pages that name them.

use crate::Problems;
use crate::api::Api;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The line of the page that the list replaces.
pub(crate) const PLACE: &str = "<!-- all items -->";

/// The kinds of items, by the beginning of rustdoc's file names.
const KINDS: [(&str, &str); 9] = [
    ("attr", "Attributes"),
    ("macro", "Macros"),
    ("derive", "Derive macros"),
    ("fn", "Functions"),
    ("struct", "Structs"),
    ("enum", "Enums"),
    ("trait", "Traits"),
    ("type", "Types"),
    ("constant", "Constants"),
];

/// The list. `pages` are the names, titles and texts of the pages of the book. An item that no page names is a problem.
pub(crate) fn list(
    api: &Api,
    pages: &[(String, String, String)],
    problems: &mut Problems,
) -> String {
    let mut kinds: BTreeMap<usize, String> = BTreeMap::new();
    for (name, address) in api.items() {
        let file = address.rsplit('/').next().unwrap_or_default();
        let prefix = file.split('.').next().unwrap_or_default();
        if prefix == "index" {
            continue;
        }
        let kind = KINDS.iter().position(|(it, _)| *it == prefix);
        let rows = kinds.entry(kind.unwrap_or(KINDS.len())).or_default();
        let last = name.rsplit("::").next().unwrap_or(name);
        let named: Vec<String> = pages
            .iter()
            .filter(|(_, _, text)| is_named(text, last))
            .map(|(page, title, _)| format!("[{title}]({page})"))
            .collect();
        if named.is_empty() {
            problems.add(format!(
                "no page of the book names {name}: say in a page, or in items.md, what it is for"
            ));
        }
        let _ = writeln!(rows, "| [`{name}`]({address}) | {} |", named.join(", "));
    }
    kinds
        .into_iter()
        .fold(String::new(), |mut list, (kind, rows)| {
            let title = KINDS.get(kind).map_or("Others", |(_, title)| title);
            let _ = write!(list, "\n## {title}\n\n| item | pages |\n|---|---|\n{rows}");
            list
        })
}

/// Whether a text has the name of an item as a whole word.
fn is_named(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_words() {
        assert!(is_named("a `Pool` of", "Pool"));
        assert!(!is_named("a `BlockingPool` or `Pools`", "Pool"));
    }
}
