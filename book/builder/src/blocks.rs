//! The blocks of code of a page.
//!
//! The words behind the language say what is done with a block: `rust,no_run`, `python file=count.py`. A block that is not run
//! has the reason in brackets, `console (not run: installs a package of the system)`, and one that a test of its own runs names
//! that, `rust,ignore (run by tests/recipes/leaderboard.rs)`. `text (shown in FILE)` has lines of a file. Readers of the book do not see the brackets.

/// A block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The line where it begins, from 1.
    pub line: usize,
    /// The first word behind the fence; empty for a bare fence.
    pub language: String,
    /// The other words.
    pub words: Vec<String>,
    /// Why it is not run.
    pub not_run: Option<String>,
    /// The file of the test that runs it.
    pub run_by: Option<String>,
    /// A file of the project that has the same lines.
    pub shown_in: Option<String>,
    /// The text, without the indentation of the fence.
    pub text: String,
}

impl Block {
    /// The value of a word `name=value`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut words = self.words.iter();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether it has this word.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|it| it == word)
    }
}

/// The blocks of a page, also those in its comments.
#[must_use]
pub fn of(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let Some(fence) = Fence::of(line) else {
            continue;
        };
        let inside = lines.by_ref().map(|(_, line)| line);
        let text: String = inside
            .take_while(|line| !fence.is_closed_by(line))
            .flat_map(|line| [line.get(fence.indent..).unwrap_or(line.trim_start()), "\n"])
            .collect();
        let (words, note) = note(fence.info);
        let after = |begin: &str| Some(note?.strip_prefix(begin)?.to_owned());
        let mut words = words
            .split([',', ' '])
            .filter(|word| !word.is_empty())
            .map(str::to_owned);
        blocks.push(Block {
            line: index + 1,
            language: words.next().unwrap_or_default(),
            words: words.collect(),
            not_run: after("not run: "),
            run_by: after("run by "),
            shown_in: after("shown in "),
            text,
        });
    }
    blocks
}

/// The page without the brackets, for the renderer.
pub(crate) fn without_notes(page: &str) -> String {
    let mut whole = String::with_capacity(page.len());
    let mut open: Option<Fence<'_>> = None;
    for line in page.lines() {
        let mut shown = line;
        match &open {
            Some(fence) if fence.is_closed_by(line) => open = None,
            Some(_) => {}
            None => {
                open = Fence::of(line);
                if open.is_some() {
                    shown = note(line).0.trim_end();
                }
            }
        }
        whole.push_str(shown);
        whole.push('\n');
    }
    whole
}

/// What stands before the brackets, and in them.
fn note(info: &str) -> (&str, Option<&str>) {
    let parts = info
        .trim_end()
        .strip_suffix(')')
        .and_then(|rest| rest.split_once(" ("));
    parts.map_or((info, None), |(words, note)| (words, Some(note)))
}

struct Fence<'a> {
    indent: usize,
    marks: &'a str,
    info: &'a str,
}

impl<'a> Fence<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let info = text.trim_start_matches('`');
        let marks = &text[..text.len() - info.len()];
        let opens = marks.len() >= 3 && !info.contains('`');
        opens.then_some(Fence {
            indent,
            marks,
            info: info.trim(),
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.starts_with(self.marks) && line.chars().all(|c| c == '`')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_a_language_words_and_a_reason() {
        let page = "one\n```rust,no_run\nlet a;\n```\n- item\n  ```console file=a.py (not run: no network)\n  $ ls\n  ```\n";
        let blocks = of(page);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].language, "rust");
        assert!(blocks[0].has("no_run") && blocks[0].not_run.is_none());
        assert_eq!(blocks[0].text, "let a;\n");
        assert_eq!(blocks[1].line, 6);
        assert_eq!(blocks[1].value("file"), Some("a.py"));
        assert_eq!(blocks[1].not_run.as_deref(), Some("no network"));
        assert_eq!(blocks[1].text, "$ ls\n");
    }

    #[test]
    fn a_longer_fence_holds_a_shorter_one() {
        let blocks = of("````md\n```rust\n```\n````\n");
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].text, "```rust\n```\n");
    }

    #[test]
    fn notes_are_not_rendered() {
        let page = "```console (not run: x)\n$ a (not run: y)\n```\n";
        assert_eq!(
            of("```rust,ignore (run by a/b.rs)\n```\n")[0]
                .run_by
                .as_deref(),
            Some("a/b.rs")
        );
        assert_eq!(without_notes(page), "```console\n$ a (not run: y)\n```\n");
    }
}
