//! The list of all public items, with the pages that name them.

use crate::api::Api;
use crate::{Problems, blocks};
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

/// Pages that name items, and explain none.
const NO_EXPLANATION: [&str; 4] = [
    "architecture.md",
    "changelog.md",
    "contributing.md",
    "items.md",
];

/// A page of the book: its file, its title and the text.
pub(crate) type Page = (String, String, String);

/// The list. An item that no page names is a problem.
pub(crate) fn list(api: &Api, pages: &[Page], problems: &mut Problems) -> String {
    let codes: Vec<String> = pages.iter().map(|(_, _, text)| code(text)).collect();
    let mut kinds: BTreeMap<usize, String> = BTreeMap::new();
    for (name, address) in api.items() {
        let file = address.rsplit('/').next().unwrap_or_default();
        let prefix = file.split('.').next().unwrap_or_default();
        if prefix == "index" {
            continue;
        }
        let kind = KINDS.iter().position(|(it, _)| *it == prefix);
        let wanted = written(prefix, name);
        let mut is_named = false;
        let mut links = Vec::new();
        for ((page, title, _), code) in pages.iter().zip(&codes) {
            if wanted.iter().any(|name| self::is_named(code, name)) {
                is_named = true;
                if !NO_EXPLANATION.contains(&page.as_str()) {
                    links.push(format!("[{title}]({page})"));
                }
            }
        }
        if !is_named {
            problems.add(format!(
                "no page of the book names {name}: say in a page, or in items.md, what it is for"
            ));
        }
        let rows = kinds.entry(kind.unwrap_or(KINDS.len())).or_default();
        let _ = writeln!(rows, "| [`{name}`]({address}) | {} |", links.join(", "));
    }
    kinds
        .into_iter()
        .fold(String::new(), |mut list, (kind, rows)| {
            let title = KINDS.get(kind).map_or("Others", |(_, title)| title);
            let _ = write!(list, "\n## {title}\n\n| item | pages |\n|---|---|\n{rows}");
            list
        })
}

/// How pages write an item. Names of attributes and macros may be words of the language.
fn written(kind: &str, name: &str) -> Vec<String> {
    let last = name.rsplit("::").next().unwrap_or(name);
    match kind {
        "attr" => vec![format!("#[{last}"), format!("macro@{last}")],
        "macro" => vec![format!("{last}!")],
        _ => vec![last.to_owned()],
    }
}

/// What a page has in backquotes, in the targets of links, and in blocks of Rust.
fn code(page: &str) -> String {
    let blocks = blocks::of(page).into_iter();
    let mut code: String = blocks
        .filter(|block| block.language == "rust")
        .map(|block| block.text)
        .collect();
    let mut in_block = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        if in_block {
            continue;
        }
        for span in line.split('`').skip(1).step_by(2) {
            code.push_str(span);
            code.push('\n');
        }
        for target in line.split("](").skip(1) {
            code.push_str(target.split(')').next().unwrap_or(target));
            code.push('\n');
        }
    }
    code
}

/// Whether a text has a name that is no part of a longer one.
fn is_named(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let may_follow = !name.ends_with(is_part);
    text.match_indices(name).any(|(at, _)| {
        let begins = !name.starts_with(is_part) || !text[..at].ends_with(is_part);
        begins && (may_follow || !text[at + name.len()..].starts_with(is_part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_words_of_code() {
        let code =
            code("a gear, a `Pool` of\n```rust\nlet b: BlockingPool;\n```\n[x](macro@gear_keys)\n");
        assert!(is_named(&code, "Pool") && is_named(&code, "BlockingPool"));
        assert!(!is_named(&code, "Block") && !is_named(&code, "gear"));
        let is_written = |kind, name| written(kind, name).iter().any(|it| is_named(&code, it));
        assert!(is_written("attr", "gear_keys"));
        assert!(!is_written("attr", "gear"));
        assert!(is_named("#[gear]", "#[gear") && !is_named("#[gear_keys]", "#[gear"));
    }
}
