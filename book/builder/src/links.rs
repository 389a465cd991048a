//! The links of a page, and where they lead.

use crate::pages::{has_extension, joined, root};
use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser, Tag};
use std::path::Path;

/// Where a link leads, as the page has it.
pub(crate) enum Kind {
    /// `[text](target)`, and pictures.
    Target,
    /// A name in brackets, ``[`Pool`]``, as rustdoc reads it.
    Name,
}

/// Replaces the targets of all links. `new` gives the target, or `None` to leave the link as it is.
pub(crate) fn replaced(page: &str, mut new: impl FnMut(Kind, &str) -> Option<String>) -> String {
    let mut whole = String::with_capacity(page.len());
    let mut done = 0;
    for (range, link_type, target) in found(page) {
        if range.start < done {
            continue;
        }
        let text = &page[range.clone()];
        let is_inline = link_type == LinkType::Inline;
        let kind = if is_inline { Kind::Target } else { Kind::Name };
        let end = if is_inline {
            text.rfind("](")
        } else {
            text.find(']')
        };
        let Some((end, target)) = end.zip(new(kind, &target)) else {
            continue;
        };
        let shown = format!("{}]({target})", &text[..end]);
        whole.push_str(&page[done..range.start]);
        whole.push_str(&shown);
        done = range.end;
    }
    whole.push_str(&page[done..]);
    whole
}

/// The links of a Markdown file of the project that lead to no file and no heading.
#[must_use]
pub fn broken(file: &Path, text: &str) -> Vec<String> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let targets = found(text).into_iter().filter_map(|(_, kind, target)| {
        (kind == LinkType::Inline && !target.contains(':')).then_some(target)
    });
    targets
        .filter(|target| {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let to = if path.is_empty() {
                file.to_owned()
            } else {
                joined(folder, path)
            };
            !root().join(&to).exists() || !has_heading(&to, anchor)
        })
        .collect()
}

/// Whether a Markdown file of the project has a heading with this anchor. Other files have none.
pub(crate) fn has_heading(file: &Path, anchor: &str) -> bool {
    let is_markdown = has_extension(&file.to_string_lossy(), "md");
    if anchor.is_empty() || !is_markdown {
        return anchor.is_empty();
    }
    let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
    let headings = text
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
    headings.map(anchor_of).any(|it| it == anchor)
}

fn anchor_of(heading: &str) -> String {
    let heading = heading.trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The links, with their places. Names in brackets have the name as target.
fn found(page: &str) -> Vec<(std::ops::Range<usize>, LinkType, String)> {
    let name = |link: BrokenLink<'_>| {
        let label = link.reference.into_string();
        Some((CowStr::from(label), CowStr::from("")))
    };
    let events = Parser::new_with_broken_link_callback(page, options(), Some(name));
    events
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(
                Tag::Link {
                    link_type,
                    dest_url,
                    ..
                }
                | Tag::Image {
                    link_type,
                    dest_url,
                    ..
                },
            ) => {
                let is_text = matches!(link_type, LinkType::Autolink | LinkType::Email);
                (!is_text).then(|| (range, link_type, dest_url.into_string()))
            }
            _ => None,
        })
        .collect()
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_headings_are_looked_for() {
        let told = broken(
            Path::new("README.md"),
            "[a](CONTRIBUTING.md#a-first-change) [b](CONTRIBUTING.md#no) [c](NO.md) [d](#no) [e](https://x.y)",
        );
        assert_eq!(told, ["CONTRIBUTING.md#no", "NO.md", "#no"]);
        assert_eq!(anchor_of("Chains: `#[gear]`"), "chains-gear");
    }

    #[test]
    fn targets_and_names_are_replaced_outside_of_code() {
        let page =
            "[a](b.md#c), [`Pool`], `[x](y)`, [1] and ![p](q.svg)\n\n```text\n[a](b.md)\n```\n";
        let new = replaced(page, |kind, target| match kind {
            Kind::Target => Some(target.to_uppercase()),
            Kind::Name => target.starts_with('`').then(|| "pool.html".to_owned()),
        });
        assert_eq!(
            new,
            "[a](B.MD#C), [`Pool`](pool.html), `[x](y)`, [1] and ![p](Q.SVG)\n\n```text\n[a](b.md)\n```\n"
        );
    }
}
